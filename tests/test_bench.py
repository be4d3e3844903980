"""The benchmark on this machine: real runtimes in processes of their own, measured interleaved."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from measuring import launch, no_model
from msgspec import structs
from msgspec.structs import asdict
from test_bundle import edit

from edgekit import formats, stats
from edgekit.benchmarks import bench, interleaved, prepare, results, session, spec
from edgekit.benchmarks.devices import runtimes, warnings
from edgekit.benchmarks.devices.arm64.parts import WHEELS
from edgekit.benchmarks.devices.cooling import CoolPhone, PhoneState
from edgekit.benchmarks.devices.host import runner
from edgekit.benchmarks.devices.host.device import Host
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.devices.runtimes import PYTORCH, RUNTIMES, Platform, runtimes_of
from edgekit.benchmarks.devices.warnings import Load
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import entry
from edgekit.errors import BundleError, EdgekitError, PlanError
from edgekit.stats import Samples

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


def run(suite: Suite, folder: Path, texts: Path | None = None) -> list[Measurement]:
    return session.run(suite, folder, texts=texts, force=False, say=print, tick=print)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lengths": (10, 65)}, "takes at most 64 tokens, not 65: measure shorter texts"),
        ({"runtimes": ("foo",)}, "unknown runtime 'foo': choose from onnxruntime"),
        ({"runtimes": ("coreml",)}, "host: no file of these bundles is of the recipes"),
        ({"devices": ("phone",)}, "unknown device 'phone': choose from host"),
        ({"devices": ("host:x",)}, "host has no 'x': say just --device host"),
        ({"devices": ("arm64:",)}, "device 'arm64:' names none after the colon"),
        ({"devices": ("ios",), "via": "app:"}, "names no app after the colon"),
        ({"memory_limit_bytes": 2**20}, "limits an emulated device only: add --device arm64"),
        ({"against": "nope"}, "compares with 'nope', which is none of its models"),
        ({"models": (Model(bundle=Path("gone")),)}, "gone does not exist"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line_and_leaves_no_result(
    changed: dict[str, Any], message: str, bundle: Bundle, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(EdgekitError, match=message):
        run(suite_of(bundle.path, **changed), out)
    assert not out.exists()


def test_a_model_that_cannot_be_converted_leaves_no_folder_and_keeps_what_was_there(
    tmp_path: Path,
) -> None:
    model = Model(name="new", config={"model_type": "gpt2", "vocab_size": 9})
    with pytest.raises(EdgekitError):
        run(structs.replace(suite_of(), models=(model,)), tmp_path / "a" / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(EdgekitError):
        run(structs.replace(suite_of(), models=(model,)), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["empty"]


def test_an_output_folder_that_cannot_be_made_is_named(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.touch()
    with pytest.raises(EdgekitError, match=r"out cannot be written to: File exists"):
        run(suite_of(bundle.path), out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no text: give one text a line"),
        (b" \n\n", "has no text: give one text a line"),
        (b"\xff\xfe\x00a", "cannot be read as UTF-8 text, one text a line: it is in another"),
        (None, "cannot be read as UTF-8 text, one text a line: No such file"),
    ],
)
def test_texts_that_are_none_are_one_clear_line(
    content: bytes | None, message: str, bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError, match=message):
        run(suite_of(bundle.path), tmp_path / "out", path)


def test_own_texts_choose_buckets_as_an_app_would(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("ab\n\nabcdefghij klmnopqrst\nabc\n" + "long " * 60 + "\n", encoding="utf-8")
    suite = suite_of(bundle.path)
    found = prepare.with_texts(suite, prepare.bundles(suite, tmp_path, print), path)
    assert found.lengths == (16, 64)
    assert found.texts is not None
    assert found.texts.lengths == {16: 2, 64: 2}
    assert found.texts.cut == 1


class Scripted(Runner):
    """Answers from a list of latencies and fails where there are no more."""

    def __init__(self, latency_ms: list[float], log: list[str], name: str) -> None:
        self._latency_ms, self._log, self._name = iter(latency_ms), log, name

    def run(self, count: int = 1) -> list[float]:
        self._log.append(self._name)
        try:
            return [next(self._latency_ms) for _ in range(count)]
        except StopIteration:
            raise RunnerError("unplugged") from None


def test_runners_take_turns_whose_first_inference_does_not_count() -> None:
    log: list[str] = []
    turn = [9.0, 1.0, 1.0]  # the first is cold
    runners = [Scripted(turn * 2, log, "a"), Scripted([2.0] * 99, log, "b")]
    limits = Limits(min_samples=5, max_samples=5, warm_up=2, block=2)
    a, b = interleaved.sample(runners, limits)
    assert sorted(log[:2]) == sorted(log[2:4]) == ["a", "b"]
    assert (str(a.failure), b.failure) == ("unplugged", None)
    assert a.latency_ms == [1.0] * 2
    assert b.latency_ms == [2.0] * 5


def test_no_runner_always_comes_after_the_same_other_one() -> None:
    log: list[str] = []
    runners = [Scripted([1.0] * 99, log, name) for name in "abc"]
    interleaved.sample(runners, Limits(min_samples=20, max_samples=20, warm_up=0, block=2))
    turns = {"".join(log[place : place + 3]) for place in range(0, len(log), 3)}
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert len(turns) > 2


def test_sampling_ends_when_every_median_is_known_well_enough() -> None:
    noise = random.Random(0)
    steady = Scripted([10.0] * 500, [], "steady")
    noisy = Scripted([noise.uniform(7, 13) for _ in range(500)], [], "noisy")
    limits = Limits(min_samples=10, max_samples=300, precision=0.05, warm_up=0)
    (alone,) = interleaved.sample([steady], limits)
    assert len(alone.latency_ms) == 10
    both = interleaved.sample([Scripted([10.0] * 500, [], "steady"), noisy], limits)
    assert 10 < len(both[1].latency_ms) < 300
    assert len(both[0].latency_ms) == len(both[1].latency_ms)
    assert stats.median(Samples(both[1].latency_ms, limits.block)).half_width <= 0.05


def test_pairs_narrow_the_interval_of_a_ratio_on_a_drifting_machine() -> None:
    drift = np.linspace(1.0, 2.0, 60)
    slow, fast = Samples(20 * drift), Samples(10 * drift)
    paired, loose = stats.ratio(slow, fast, paired=True), stats.ratio(slow, fast)
    assert paired.value == loose.value == pytest.approx(2.0)
    assert paired.high - paired.low < 0.001 < loose.high - loose.low
    assert paired.low <= paired.value <= paired.high


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


@pytest.mark.parametrize(
    ("code", "latency_ms", "load"),
    [
        ("few-samples", [10.0] * 4, Load()),
        ("wide-interval", [*([10.0] * 10), *([20.0] * 10)], Load()),
        ("outliers", [*([10.0] * 16), *([50.0] * 4)], Load()),
        ("drift", [10 + 0.2 * step for step in range(30)], Load()),
        ("few-processes", [10.0] * 20, Load()),
        ("busy", [10.0] * 20, Load(others_cores=0.6)),
        ("stolen", [10.0] * 20, Load(stolen_share=0.1)),
        ("throttled", [10.0] * 20, Load(clock_share=0.7)),
    ],
)
def test_each_warning_comes_when_it_should(code: str, latency_ms: list[float], load: Load) -> None:
    assert code in set(warnings.of(Samples(latency_ms), [Load(), load], {}))
    assert code in warnings.TABLE
    steady = Samples([10.0, 10.1] * 9 + [10.2, 10.3] * 9, processes=(12, 12, 12))
    assert list(warnings.of(steady, [Load(0.05, 0.0, 1.0)] * 3, {})) == []


def test_a_runner_says_why_it_cannot_open_a_file(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="cannot be opened"):
        Host().start(launch("onnxruntime", no_model(tmp_path, ".onnx")))


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("sys.exit(7)", r"ended with exit code 7 instead of 'loaded'"),
        (
            "os.kill(os.getpid(), 9)",
            r"was ended by SIGKILL \(out of memory\?\) instead",
        ),
    ],
)
def test_a_runner_that_dies_is_one_line(end: str, message: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"print('noise'); import os, sys; {end}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(RunnerError, match=message):
        ProcessRunner(process)


def test_the_one_table_of_runtimes_agrees_with_what_opens_files() -> None:
    assert {row.format for row in RUNTIMES} == {*formats.FORMATS, PYTORCH}
    assert {row.launched_as for row in runtimes_of(Platform.PYTHON)} <= set(runner.RUNTIMES)
    assert {row.launched_as for row in runtimes_of(Platform.AARCH64_LINUX)} == set(WHEELS)


@pytest.mark.parametrize("name", spec.SUITES)
def test_shipped_suites_are_valid(name: str) -> None:
    suite = spec.read(name)
    assert suite.name == name
    assert suite.models


def test_the_documented_suite_shows_the_defaults(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "suites.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0])
    suite = spec.read(str(path))
    default = Suite("mine", suite.models)
    assert suite.limits == default.limits
    for key in ("title", "devices", "threads", "lengths", "profile", "name"):
        assert getattr(suite, key) == getattr(default, key)


def test_a_checkpoint_beside_the_suite_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    path = tmp_path / "suite.toml"
    path.write_text("".join(f"[[models]]\nconvert.model = '{name}'\n" for name in ("mine", "a/b")))
    models = [model.convert["model"] for model in spec.read(str(path)).models]
    assert models == [str(tmp_path / "mine"), "a/b"]


def test_a_bundle_named_twice_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle.path, tmp_path / "copy.edgekit"))
    with pytest.raises(PlanError, match="the same bundle is named twice"):
        prepare.bundles(suite_of(bundle.path, copy), tmp_path, print)


MODEL = "[[models]]\nbundle = 'a'\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lengths = [", "is not TOML"),
        ("lengths = [32]", r"names no \[\[models\]\]"),
        ("models = 3", "models has to be a list, not a whole number"),
        (f"lenghts = [32]\n{MODEL}", "unknown key 'lenghts'"),
        (f"lengths = 32\n{MODEL}", "lengths has to be a list, not a whole number"),
        (f"lengths = [true]\n{MODEL}", r"lengths\[0\] has to be a whole number, not true or false"),
        (f"lengths = [0]\n{MODEL}", r"lengths has to be numbers from 1, not \[0\]"),
        (f"threads = [1000]\n{MODEL}", "threads has to be numbers to 128, not 1000"),
        (f"lengths = []\n{MODEL}", "lengths is an empty list"),
        (f"threads = [1, 1]\n{MODEL}", "threads names something twice"),
        (f"devices = 'host'\n{MODEL}", "devices has to be a list, not a text"),
        (f"recipes = ['int3']\n{MODEL}", "unknown recipe 'int3'"),
        (f"profile = 'no'\n{MODEL}", "profile has to be true or false"),
        (f"limits = 3\n{MODEL}", r"limits has to be a table"),
        (f"[limits]\nseconds = 'a'\n{MODEL}", r"limits\.seconds has to be a number, not a text"),
        (f"[limits]\nseconds = nan\n{MODEL}", "seconds has to be a number above 0, not nan"),
        (f"[limits]\nseconds = inf\n{MODEL}", "seconds has to be a number above 0, not inf"),
        (f"[limits]\ncool_seconds = nan\n{MODEL}", "--cool. has to be 0 or more, not nan"),
        (f"[limits]\nmin_samples = 1\n{MODEL}", "min_samples has to be at least 2"),
        (f"[paper]\nphone_bytes = 'a'\n{MODEL}", "phone_bytes has to be a number"),
        ("[[models]]\nname = 'a'", "needs either bundle, config or convert.model"),
        ("[[models]]\nbundle = 3", "bundle has to be a path, not a whole number"),
        ("[[models]]\nname = '../a'\nbundle = 'a'", "'../a' is no name: leave / out"),
        ("[[models]]\nconfig = { model_type = 'bert' }", "a model with a config needs a name"),
        ("[[models]]\nconvert = { model = 'demo', out = 'a' }", "convert: unknown key 'out'"),
        ("[[models]]\nconvert = { model = 3 }", "convert: model has to be a text"),
    ],
)
def test_a_wrong_suite_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    with pytest.raises(EdgekitError, match=message):
        spec.read(str(path))
