"""The emulated phone: real files in AArch64 runtimes under qemu."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from measuring import launch, no_model
from msgspec import structs
from msgspec.structs import asdict
from test_bench import FAST, spoil
from test_bundle import edit

from edgekit.benchmarks import bench, prepare
from edgekit.benchmarks.devices.arm64.device import Arm64, BudgetError
from edgekit.benchmarks.devices.protocol import RunnerError
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import entry
from edgekit.errors import UnsupportedError

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
