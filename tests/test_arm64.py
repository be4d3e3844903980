"""The emulated phone: real files in AArch64 runtimes under qemu, and the setup that gets both."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from command import edgekit_process
from measuring import launch, no_model
from msgspec import structs
from msgspec.structs import asdict
from test_bench import FAST, spoil
from test_bundle import edit

from edgekit.benchmarks import bench, prepare
from edgekit.benchmarks.devices.arm64.device import Arm64, BudgetError
from edgekit.benchmarks.devices.arm64.parts import SETUP as ARM64
from edgekit.benchmarks.devices.protocol import RunnerError
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import entry
from edgekit.errors import UnsupportedError
from edgekit.toolchains.setup import READY, SetupError

Key = tuple[str, str]


def measure(folder: Path, *devices: Arm64, **changed: Any) -> list[Measurement]:
    kept: list[Measurement] = []
    suite = Suite("phone", (Model(bundle=folder),), lengths=(10,), limits=FAST)
    suite = structs.replace(suite, **changed)
    bench.Bench(suite, prepare.bundles(suite, folder, print), kept.append).run(devices)
    return kept


def by_file(rows: list[Measurement], device: str) -> dict[Key, Measurement]:
    return {
        (row.subject.file, row.subject.runtime): row
        for row in rows
        if row.conditions.device == device and not row.unmeasured
    }


@pytest.fixture(scope="module")
def measured(bundle: Bundle, emulator: Path) -> list[Measurement]:
    return measure(bundle.path, Arm64("cortex-a53"), Arm64("cortex-a76"))


@pytest.mark.parametrize("device", ["arm64:cortex-a53", "arm64:cortex-a76"])
def test_every_file_answers_like_pytorch_on_a_phone_and_has_no_latency(
    measured: list[Measurement], device: str
) -> None:
    found = by_file(measured, device)
    assert set(found) == {
        (f"model-{recipe}.{suffix}", runtime)
        for recipe in ("fp32", "int8")
        for suffix, runtime in (
            ("onnx", "onnxruntime"),
            ("tflite", "LiteRT"),
            ("tflite", "LiteRT cached"),
        )
    }
    for row in found.values():
        assert row.failure is None
        assert row.parity is not None
        assert row.parity.passed
        assert row.parity.cases == 4
        assert row.instructions == sorted(row.instructions_each[1:])[1]
        assert row.peak_memory_bytes is not None
        assert 10_000 < row.peak_memory_bytes < 100_000_000
        times = (row.latency_ms, row.load_ms, row.load_evicted_ms, row.first_ms, row.tokenizer_ms)
        assert times == ((), (), (), (), ())
        assert row.environment["cpu"] == device.removeprefix("arm64:")
        assert str(row.environment["runtime"]).split()[0] == row.subject.runtime.split()[0]


def test_counts_of_two_runs_are_equal_to_the_instruction(
    measured: list[Measurement], bundle: Bundle
) -> None:
    again = by_file(
        measure(bundle.path, Arm64("cortex-a76"), runtimes=("litert",)), "arm64:cortex-a76"
    )
    first = by_file(measured, "arm64:cortex-a76")
    assert len(again) == 2
    for key, row in again.items():
        assert row.instructions_each == first[key].instructions_each
        assert row.instructions


def test_a_dot_product_takes_fewer_instructions(measured: list[Measurement]) -> None:
    a53, a76 = (by_file(measured, f"arm64:{cpu}") for cpu in ("cortex-a53", "cortex-a76"))
    for key in (("model-int8.onnx", "onnxruntime"), ("model-int8.tflite", "LiteRT")):
        without, with_it = a53[key].instructions, a76[key].instructions
        assert without is not None
        assert with_it is not None
        assert without > 1.03 * with_it


def test_with_two_threads_nothing_is_counted(bundle: Bundle, emulator: Path) -> None:
    rows = measure(bundle.path, Arm64(), threads=(2,), runtimes=("litert",))
    assert [row.instructions for row in rows] == [None, None]
    assert all(row.peak_memory_bytes and row.failure is None for row in rows)


@pytest.mark.parametrize(
    ("cpu", "message"),
    [("max", "qemu 7.2, like all before 10, computes int8"), ("cortex-a99", "choose from cortex")],
)
def test_a_cpu_that_would_compute_wrongly_is_refused(cpu: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        Arm64(cpu)


def test_a_memory_budget_is_enough_or_named_in_the_failure(bundle: Bundle, emulator: Path) -> None:
    enough = measure(bundle.path, Arm64(memory_bytes=256 * 2**20), runtimes=("litert",))
    assert all(row.instructions and row.failure is None for row in enough)
    tight = measure(bundle.path, Arm64(memory_bytes=40 * 2**20), runtimes=("litert",))
    for row in tight:
        assert row.failure is not None
        assert row.failure.startswith("does not run within a memory budget of 40 MiB: ")
        assert (row.instructions, row.peak_memory_bytes, row.parity) == (None, None, None)


def test_a_budget_is_not_blamed_for_a_file_that_opens_nowhere(
    tmp_path: Path, emulator: Path
) -> None:
    with pytest.raises(RunnerError) as caught:
        Arm64(memory_bytes=2**30).start(launch("litert", no_model(tmp_path, ".tflite")))
    assert not isinstance(caught.value, BudgetError)
    assert "LiteRT" in str(caught.value)


def cut(folder: Path) -> None:
    """The fp32 ONNX file without its end, and the manifest signed for it."""
    path = folder / "model-fp32.onnx"
    path.write_bytes(path.read_bytes()[:-1000])
    edit(folder, lambda manifest: manifest["artifacts"][0].update(asdict(entry(folder, path))))


@pytest.mark.parametrize(("harm", "message"), [(spoil, "wrong answers on"), (cut, "onnxruntime: ")])
def test_a_corrupted_or_wrong_file_is_a_failure_without_numbers(
    harm: object, message: str, bundle: Bundle, tmp_path: Path, emulator: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "harmed.edgekit"))
    assert callable(harm)
    harm(folder)
    (harmed,) = measure(folder, Arm64(), runtimes=("onnxruntime",), recipes=("fp32",))
    assert harmed.failure is not None
    assert message in harmed.failure
    assert (harmed.instructions, harmed.instructions_each) == (None, ())
    assert harmed.peak_memory_bytes is None


class Tools:
    """apt, dpkg, pip and the compiler, as far as the setup sees; ``stop`` fails at a tool."""

    def __init__(self, stop: str = "", error: BaseException | None = None) -> None:
        self.calls: list[str] = []
        self._stop, self._error = stop, error

    def __call__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        line = " ".join(arguments)
        self.calls.append(line)
        if self._error and self._stop in line:
            raise self._error
        if "--target" in arguments:
            Path(arguments[arguments.index("--target") + 1]).mkdir()
        if "apt-get download" in line:
            Path(arguments[3], "package.deb").touch()
        if arguments[0] == "dpkg" and "-x" in arguments:
            for file in ("usr/bin/qemu-aarch64", "lib/ld-linux-x.so.2", "lib/x86_64-linux-gnu/c"):
                path = Path(arguments[-1]) / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return "amd64\n"


def test_setup_happens_once_and_an_older_one_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    first = Tools()
    said: list[str] = []
    assert ARM64.make(said.append, first, target) == target
    assert [line.split()[0] for line in said] == [f"[{part}/5]" for part in range(1, 6)]
    assert ARM64.missing(target) is None
    assert not (target / "compiler").exists()
    second = Tools()
    ARM64.make(run=second, target=target)
    assert second.calls == []
    (target / READY).write_text("{}")
    assert ARM64.missing(target) == "set up for another edgekit or other versions"
    (target / "old").touch()
    ARM64.make(run=second, target=target)
    assert len(second.calls) == len(first.calls)
    assert not (target / "old").exists()


KILLED = """
import sys, time
from pathlib import Path
from edgekit.benchmarks.devices.arm64.parts import SETUP as ARM64

def hang(arguments, environment):
    print("fetching", flush=True)
    time.sleep(60)

ARM64.make(run=hang, target=Path(sys.argv[1]))
"""


def test_a_setup_killed_in_the_middle_is_not_used_and_mended_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(target)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"fetching\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = tmp_path.glob("arm64-unfinished-*")
    assert any(left.rglob("sources.list"))
    assert ARM64.missing(target) == "not set up"
    ARM64.make(run=Tools(), target=target)
    assert ARM64.missing(target) is None
    assert not left.exists()


def test_of_two_setups_at_once_one_works_and_the_other_waits(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    fetching, waiting = threading.Event(), threading.Event()
    first, second = Tools(), Tools()

    def slow(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        fetching.set()
        waiting.wait(timeout=30)
        return first(arguments, environment)

    def say(text: str) -> None:
        said.append(text)
        waiting.set()

    said: list[str] = []
    other = threading.Thread(target=ARM64.make, kwargs={"run": slow, "target": target})
    other.start()
    assert fetching.wait(timeout=30)
    ARM64.make(say, second, target)
    other.join(timeout=30)
    assert said == ["another process is setting it up: waiting for it"]
    assert first.calls
    assert second.calls == []


@pytest.mark.parametrize(
    ("tool", "error", "message"),
    [
        ("apt-get", FileNotFoundError(), "C libraries, 3 MB: apt-get is not installed; this needs"),
        (
            "onnxruntime",
            subprocess.CalledProcessError(1, "pip", stderr="WARNING: Retrying\nERROR: no network"),
            "for arm64, 30 MB: ERROR: no network; check the network and pip's settings",
        ),
        (
            "ziglang cc",
            subprocess.CalledProcessError(1, "cc", stderr="runner.c:1: error: oh\n1 error"),
            "cannot build the runner: runner.c:1: error: oh; ",
        ),
    ],
)
def test_a_failed_step_says_which_and_why_and_leaves_nothing(
    tool: str, error: BaseException, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SetupError) as caught:
        ARM64.make(run=Tools(tool, error), target=tmp_path / "arm64")
    assert message in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["arm64.lock"])


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is not installed")
def test_without_a_network_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    started = time.monotonic()
    result = edgekit_process(
        *("devices", "setup", "arm64"),
        cwd=tmp_path,
        EDGEKIT_CACHE=str(tmp_path / "cache"),
        http_proxy=nowhere,
        https_proxy=nowhere,
    )
    assert result.returncode == 2
    (line,) = [row for row in result.stderr.splitlines() if row.startswith("error: ")]
    assert "cannot fetch arm64 C libraries" in line
    assert "this needs the network" in line
    assert "Traceback" not in result.stderr
    assert time.monotonic() - started < 60
