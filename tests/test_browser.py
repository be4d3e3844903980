"""onnxruntime-web in a real headless Chromium: measured, checked, killed, made to hang."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import onnx
import psutil
import pytest
from measuring import launch
from msgspec.structs import asdict, replace
from onnx import TensorProto, helper
from test_bench import FAST, spoil, suite_of
from test_bundle import edit

from edgekit import reporting as report
from edgekit.benchmarks import bench, prepare
from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser import setup as browser_setup
from edgekit.benchmarks.devices.browser.device import Browser
from edgekit.benchmarks.devices.host.device import Host
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import (
    Launch,
    Runner,
    RunnerError,
    Target,
)
from edgekit.benchmarks.measurement import Measurement
from edgekit.bundle import Bundle
from edgekit.contents import entry

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
QUICK = replace(FAST, processes=1, min_samples=3, max_samples=4)
NAMES = ("onnxruntime", "onnxruntime-web")


@pytest.fixture(scope="module")
def bundle(classifier: Path, converted: Callable[..., Bundle]) -> Bundle:
    """What a page can open of the classifier."""
    return converted("web", classifier, to=("onnx",))


@pytest.fixture(scope="module")
def browser() -> Browser:
    return Browser()


def measure(folder: Path, out: Path, targets: list[Target], **changed: Any) -> list[Measurement]:
    suite = suite_of(folder, **{"runtimes": NAMES, "limits": QUICK, **changed})
    kept: list[Measurement] = []
    bench.Bench(suite, prepare.bundles(suite, out, print), kept.append).run(targets)
    return kept


@pytest.fixture(scope="module")
def measured(
    bundle: Bundle, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> list[Measurement]:
    return measure(bundle.path, tmp_path_factory.mktemp("web"), [Host(), browser])


def test_onnx_files_are_measured_in_the_page_and_agree_with_pytorch(
    measured: list[Measurement], bundle: Bundle
) -> None:
    found = {row.subject.file: row for row in measured if row.conditions.device == "browser"}
    assert set(found) == {"model-fp32.onnx", "model-int8.onnx"}
    for row in found.values():
        assert row.failure is None
        assert row.parity is not None
        assert row.parity.passed
        assert row.parity.cases == len(bundle.golden().cases)
        assert 3 <= len(row.latency_ms) <= 4
        assert min(*row.latency_ms, *row.load_ms, *row.load_evicted_ms, *row.first_ms) > 0
        assert row.peak_memory_bytes is not None
        assert 100_000 < row.peak_memory_bytes < 500_000_000
        assert row.environment["runtime"] == f"onnxruntime-web {browser_setup.VERSION}"
        assert row.environment["cross_origin_isolated"]
        assert row.environment["simd"]


def test_host_and_browser_stand_side_by_side_and_are_never_compared(
    measured: list[Measurement],
) -> None:
    assert {row.subject.runtime for row in measured} == set(NAMES)
    found = report.build(measured)
    assert len(found.settings) == 2
    assert len({setting.machine for setting in found.settings}) == 2


def test_a_thread_more_is_a_worker_of_the_page(bundle: Bundle, browser: Browser) -> None:
    for threads in (1, 2):
        with browser.start(launch("onnxruntime-web", bundle.path / "model-fp32.onnx", threads)):
            workers = [name for name in _threads() if name.startswith("DedicatedWorker")]
            assert len(workers) == threads - 1


def _threads() -> Iterator[str]:
    """Names of all threads of all pages."""
    for row in _chromiums():
        if "--type=renderer" in row.cmdline():
            for path in Path(f"/proc/{row.pid}/task").glob("*/comm"):
                yield path.read_text()


def test_a_spoiled_file_gets_no_numbers_and_a_damaged_one_is_one_line(
    bundle: Bundle, browser: Browser, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "wrong.edgekit"))
    spoil(folder)
    damage(folder, "model-int8.onnx", b"this is no model")
    wrong, damaged = measure(folder, tmp_path, [browser])
    assert wrong.failure is not None
    assert "wrong answers" in wrong.failure
    assert damaged.failure is not None
    assert damaged.failure.startswith("model-int8.onnx cannot be opened: ")
    assert "\n" not in damaged.failure
    assert not wrong.latency_ms + damaged.latency_ms


def damage(folder: Path, file: str, content: bytes) -> None:
    """Other content, and the manifest signed for it."""
    (folder / file).write_bytes(content)
    row = asdict(entry(folder, folder / file))

    def sign(manifest: dict[str, Any]) -> None:
        next(each for each in manifest["artifacts"] if each["file"] == file).update(row)

    edit(folder, sign)


class Dying(Browser):
    """Of the Chromiums it starts one, ``number``, is killed at its third inference."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = iter(range(number - 1, -1, -1))

    def start(self, launch: Launch) -> Runner:
        before = set(_chromiums())
        runner = super().start(launch)
        if next(self._left, None) == 0:
            return Doomed(runner, set(_chromiums()) - before)
        return runner


class Doomed(ProcessRunner):
    """Another runner's conversation, whose Chromium dies in the middle of it."""

    def __init__(self, runner: Runner, victims: set[psutil.Process]) -> None:
        vars(self).update(vars(runner))
        self._inferences, self._victims = 0, victims

    def run(self, count: int = 1) -> list[float]:
        self._inferences += 1
        if self._inferences == 3:
            for victim in self._victims:
                with suppress(psutil.NoSuchProcess):
                    victim.kill()
        return super().run(count)


def _chromiums() -> list[psutil.Process]:
    return [row for row in psutil.Process().children(recursive=True) if _is_chromium(row)]


def _is_chromium(process: psutil.Process) -> bool:
    try:
        return "chrom" in process.name()
    except psutil.NoSuchProcess:  # it ended since it was listed
        return False


def test_a_chromium_that_dies_loses_one_measurement_and_the_next_is_new(
    bundle: Bundle, tmp_path: Path
) -> None:
    lost, kept = measure(bundle.path, tmp_path, [Dying(3)])  # 1 and 2 run the golden texts
    assert lost.failure is not None
    assert "Chromium died during 'run'" in lost.failure
    assert kept.failure is None
    assert kept.latency_ms
    assert not _chromiums()


def test_a_page_that_hangs_is_stopped(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "endless.onnx"
    onnx.save(endless(), path)
    target = Browser(limit_seconds=15)
    (tmp_path / "feed.bin").write_bytes(bytes(8))
    with target.start(launch("onnxruntime-web", path)) as runner:
        runner.feed(2, str(tmp_path / "feed.bin"))
        with pytest.raises(RunnerError, match="took longer than 15 s for 'run' and was stopped"):
            runner.run()
    assert not _chromiums()


def endless() -> onnx.ModelProto:
    """A loop of 10^15 rounds."""
    values = [helper.make_tensor_value_info(name, TensorProto.INT32, [1, 2]) for name in "xyab"]
    condition = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in "cd"]
    number = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    body = helper.make_graph(
        [helper.make_node("Add", ["a", "a"], ["b"]), helper.make_node("Identity", ["c"], ["d"])],
        "body",
        [number, condition[0], values[2]],
        [condition[1], values[3]],
    )
    loop = helper.make_node("Loop", ["rounds", "", "x"], ["y"], body=body)
    rounds = helper.make_tensor("rounds", TensorProto.INT64, [], [10**15])
    graph = helper.make_graph([loop], "endless", values[:1], values[1:2], [rounds])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"PATH": "/nowhere"}, "no Chromium here: install it"),
        ({"EDGEKIT_CHROMIUM": "/nowhere/chromium"}, "/nowhere/chromium does not exist"),
        ({"EDGEKIT_CHROMIUM": "/bin/false"}, "cannot be used: Chromium ended while it started"),
    ],
)
def test_a_missing_chromium_is_one_line_with_a_remedy(
    environment: dict[str, str], message: str, bundle: Bundle, tmp_path: Path
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "edgekit", "bench", str(bundle.path), "--device", "browser"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
