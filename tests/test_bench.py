"""The benchmark on this machine: real runtimes in processes of their own, measured interleaved."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from msgspec import structs
from msgspec.structs import asdict
from test_bundle import edit

from edgekit import formats
from edgekit.benchmarks import bench, prepare, results
from edgekit.benchmarks.devices import runtimes
from edgekit.benchmarks.devices.arm64.wheels import WHEELS
from edgekit.benchmarks.devices.cooling import CoolPhone, PhoneState
from edgekit.benchmarks.devices.host import runner
from edgekit.benchmarks.devices.host.device import Host
from edgekit.benchmarks.devices.runtimes import PYTORCH, RUNTIMES, Platform, runtimes_of
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import entry
from edgekit.errors import BundleError

FAST = Limits(
    min_samples=5,
    max_samples=8,
    seconds=5.0,
    warm_up=1,
    block=3,
    cold=2,
    processes=2,
    profile_runs=2,
)


def suite_of(*folders: Path, **changed: object) -> Suite:
    models = tuple(Model(bundle=folder) for folder in folders)
    return structs.replace(Suite("test", models, lengths=(10,), limits=FAST), **changed)


def measure(suite: Suite, folder: Path, *targets: Host) -> list[Measurement]:
    kept: list[Measurement] = []
    bundles = prepare.bundles(suite, folder, print)
    bench.Bench(suite, bundles, kept.append).run(targets or [Host()])
    return kept


@pytest.fixture(scope="module")
def measured(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> list[Measurement]:
    suite = suite_of(bundle.path, profile=True)
    return measure(suite, tmp_path_factory.mktemp("bench"))


def test_every_file_is_measured_in_each_runtime_that_phones_have(
    measured: list[Measurement], bundle: Bundle
) -> None:
    found = {(row.subject.file, row.subject.runtime) for row in measured if row.latency_ms}
    assert found == {
        ("model-fp32.onnx", "onnxruntime"),
        ("model-int8.onnx", "onnxruntime"),
        *((f"model-{kind}.tflite", name) for kind in ("fp32", "int8") for name in TFLITE),
    }
    for row in measured:
        if not row.latency_ms:
            continue
        assert 6 <= len(row.latency_ms) <= 8
        assert len(row.load_ms) == len(row.first_ms) == len(row.processes) == FAST.processes
        assert sum(row.processes) == len(row.latency_ms)
        assert len(row.cold_ms) == FAST.cold
        times = (*row.load_ms, *row.first_ms, *row.latency_ms, *row.cold_ms, *row.tokenizer_ms)
        assert min(times) > 0
        assert row.parity is not None
        assert row.parity.passed
        assert row.parity.cases == len(bundle.golden().cases)
        assert row.peak_memory_bytes is not None
        assert 100_000 < row.peak_memory_bytes < 500_000_000
        assert row.padded_to == (16 if row.subject.format == "tflite" else 10)
        assert str(row.environment["runtime"]).split()[0] in row.subject.runtime
    assert len({row.round for row in measured if row.latency_ms}) == 1


@pytest.mark.slow
def test_several_texts_at_once_are_measured_where_a_file_takes_them(
    bundle: Bundle, tmp_path: Path
) -> None:
    suite = suite_of(bundle.path, recipes=("fp32",), batch=(1, 3), lengths=(10, 64))
    suite = structs.replace(suite, runtimes=("onnxruntime", "litert"))
    found = measure(suite, tmp_path)
    timed = {
        (row.subject.format, row.conditions.batch, row.conditions.length)
        for row in found
        if row.latency_ms
    }
    onnx = {("onnx", batch, length) for batch in (1, 3) for length in (10, 64)}
    assert timed == {*onnx, ("tflite", 1, 10), ("tflite", 1, 64)}
    alone = {row.unmeasured for row in found if not row.latency_ms}
    assert alone == {"model-fp32.tflite on host: LiteRT takes one text at a time"}


TFLITE = ("LiteRT", "LiteRT cached")


@pytest.mark.slow
def test_what_no_phone_has_is_measured_where_it_is_named(bundle: Bundle, tmp_path: Path) -> None:
    suite = suite_of(bundle.path, runtimes=("tensorflow", PYTORCH), recipes=("fp32",))
    found = {row.subject.runtime: row.latency_ms for row in measure(suite, tmp_path)}
    assert found.keys() == {"TensorFlow Lite", "PyTorch eager"}
    assert all(found.values())


def test_what_is_optional_is_measured_where_nothing_else_opens_a_format() -> None:
    rows = runtimes_of(Platform.PYTHON)
    without = [row for row in rows if row.launched_as != "litert"]
    assert [row.name for row in runtimes.asked(without, "tflite", None)] == ["tensorflow"]
    assert [row.name for row in runtimes.asked(rows, "tflite", ("tensorflow",))] == ["tensorflow"]


def test_what_no_runtime_opens_is_unmeasured_and_no_failure(measured: list[Measurement]) -> None:
    coreml = [row for row in measured if row.subject.format == "coreml"]
    if sys.platform == "darwin":
        pytest.skip("Core ML runs here")
    assert len(coreml) == 2
    assert all(row.unmeasured == "host has no runtime for Core ML" for row in coreml)
    assert not any(row.failure or row.latency_ms for row in coreml)


def test_profiles_name_the_operators_that_take_the_time(measured: list[Measurement]) -> None:
    profiles = {(row.subject.file, row.subject.runtime): row.profile for row in measured}
    products = {"model-fp32.onnx": "Gemm", "model-int8.onnx": "MatMulIntegerToFloat"}
    for file, name in products.items():
        calls = {row.name: row.calls for row in profiles[file, "onnxruntime"]}
        assert calls[name] >= 8  # of two blocks, with one for query, key and value each
    names = [row.name for row in profiles["model-fp32.tflite", "LiteRT"]]
    assert any(name.startswith("Fully Connected") for name in names)
    for rows in profiles.values():
        times = [row.time_ms for row in rows]
        assert times == sorted(times, reverse=True)


def test_a_measurement_survives_json(measured: list[Measurement]) -> None:
    for row in measured:
        assert results.read_line(results.line(row), "") == row


def spoil(folder: Path) -> None:
    """Weights of the fp32 ONNX file drawn anew, and the manifest signed for it."""
    path = folder / "model-fp32.onnx"
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim == 2:
            drawn = np.random.default_rng(0).permutation(values)
            tensor.CopyFrom(onnx.numpy_helper.from_array(drawn, tensor.name))
    onnx.save(model, path)
    row = asdict(entry(folder, path))
    edit(folder, lambda manifest: manifest["artifacts"][0].update(row))


def test_a_fast_wrong_answer_is_an_error_and_the_others_go_on(
    bundle: Bundle, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "wrong.edgekit"))
    spoil(folder)
    rows = measure(suite_of(folder, runtimes=("onnxruntime",)), tmp_path)
    wrong, right = sorted(rows, key=lambda row: row.subject.file)
    assert wrong.subject.file == "model-fp32.onnx"
    assert wrong.failure is not None
    assert "wrong answers" in wrong.failure
    assert wrong.latency_ms == ()
    assert right.failure is None
    assert right.latency_ms


def test_a_damaged_file_is_refused_before_anything_is_measured(
    bundle: Bundle, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "damaged.edgekit"))
    path = folder / "model-int8.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(BundleError, match=r"model-int8.onnx is not the file that was published"):
        measure(suite_of(folder), tmp_path)


class Elsewhere(Host):
    """A target whose processor is another machine's, which is hot and tells nothing else."""

    def watch(self, cool_seconds: float) -> CoolPhone:
        return CoolPhone(lambda: PhoneState("severe"), 0, print)


def test_a_remote_device_has_its_own_warnings_and_is_not_busy_because_this_machine_is(
    bundle: Bundle, tmp_path: Path
) -> None:
    suite = suite_of(bundle.path, runtimes=("onnxruntime",), recipes=("fp32",))
    (row,) = measure(suite, tmp_path, Elsewhere())
    assert row.latency_ms
    assert "hot" in row.warnings
    assert "busy" not in row.warnings


def test_the_one_table_of_runtimes_agrees_with_what_opens_files() -> None:
    assert {row.format for row in RUNTIMES} == {*formats.FORMATS, PYTORCH}
    assert {row.launched_as for row in runtimes_of(Platform.PYTHON)} <= set(runner.RUNTIMES)
    assert {row.launched_as for row in runtimes_of(Platform.AARCH64_LINUX)} == set(WHEELS)
