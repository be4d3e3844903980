"""Budgets met, broken and nonsensical, and what cannot be measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_meter import INT8, QUALITY, WRONG, Scripted, check

from edgekit.benchmarks import results
from edgekit.budget import junit, limits, render, verdict
from edgekit.budget.baseline import Baseline
from edgekit.budget.limits import DeviceSetting
from edgekit.budget.quantities import DATA, TABLE
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.evaluation.result import BundleEvaluation, Evaluation
from edgekit.files import file_sha256


@pytest.mark.parametrize(
    ("limit", "broken", "met", "measured"),
    [
        ("size", "1 kB", "1 MB", "kB"),
        ("load", "99 ms", "0.1 s", "100 ms"),
        ("p90", "11.9 ms", "12.1 ms", "12.0 ms"),
        ("memory", "47.68 MiB", "50 MB", "50"),
        ("parity", 0.019, 0.02, "0.0200"),
        ("metric", 0.91, 0.9, "0.900"),
        ("drop", 0.009, 0.01, "0.0100"),
        ("class_drop", 0.04, 0.05, "0.0500 (good)"),
        ("agreement", 0.98, 0.97, "0.970"),
        ("rmse", 0.029, 0.03, "0.0300"),
    ],
)
def test_a_budget_is_met_or_broken_by_what_was_measured(
    limit: str, broken: str | float, met: str | float, measured: str, bundle: Bundle, tmp_path: Path
) -> None:
    data = "data = 'dev.tsv'" if TABLE[limit].needs == DATA else ""
    for value, expected in ((broken, False), (met, True)):
        text = f"[[budget]]\nfiles = '{INT8}'\n{data}\n{limit} = {json.dumps(value)}"
        (found,) = check(bundle, tmp_path, text)
        assert found.met is expected, found.sentence
        assert found.sentence.startswith(f"{INT8}: ")
        assert len(set(found.texts())) == 2 or expected
        if limit != "size":
            assert measured in found.texts()[0]


def test_instructions_are_counted_on_an_emulated_device(bundle: Bundle, tmp_path: Path) -> None:
    text = "[[budget]]\nfiles = '*.onnx'\ndevice = 'arm64'\ninstructions = '799.99 M'"
    found = check(bundle, tmp_path, text)
    assert [row.met for row in found] == [False, False]
    assert "instructions 800.00 M, budget ≤ 799.99 M" in found[0].sentence
    assert check(bundle, tmp_path, text.replace("799.99 M", "0.8 G"))[0].met


def test_only_what_is_asked_for_is_measured_once_for_each_setting(
    bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "budget.toml"
    path.write_text(
        f"[[budget]]\nsize = '1 MB'\n[[budget]]\nfiles = ['{INT8}', '*.tflite']\np90 = '1 s'\n"
        f"[[budget]]\nfiles = '{INT8}'\nmemory = '1 GB'\n"
        f"[[budget]]\nfiles = '{INT8}'\nlength = 32\nload = '1 s'"
    )
    meter = Scripted()
    found = verdict.check(bundle, limits.read(path), None, meter)
    assert len(found) == 6 + 3 + 1 + 1
    assert all(row.met for row in found)
    tflite = {f"model-{recipe}.tflite": {"p90"} for recipe in ("fp32", "int8")}
    assert meter.asked == [
        (DeviceSetting(), {INT8: {"p90", "memory"}, **tflite}),
        (DeviceSetting(length=32), {INT8: {"load"}}),
    ]


def test_pytorch_is_asked_only_for_what_it_is_compared_in(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "budget.toml"
    (tmp_path / "dev.tsv").write_text("text\tlabel\ngood\tgood\n")
    text = f"[[budget]]\nfiles = '{INT8}'\ndata = 'dev.tsv'\nmetric = 0.1\n"
    others = f"[[budget]]\nfiles = '*.tflite'\n{text.split(chr(10), 2)[2]}"
    for more, compared in (
        ("", False),
        ("drop = 0.5", True),
        ("class_drop = 0.5", True),
        ("agreement = 0.5", True),
        ("rmse = 0.5", True),
        (f"drop = 0.5\n{others}", True),
    ):
        path.write_text(text + more)
        meter = Scripted()
        assert all(row.met for row in verdict.check(bundle, limits.read(path), None, meter))
        assert meter.compared == [compared]


def test_what_was_not_measured_is_broken_and_comes_first(bundle: Bundle, tmp_path: Path) -> None:
    text = "[[budget]]\nfiles = '*-int8.*'\np90 = '1 s'"
    (lost, *_) = check(bundle, tmp_path, f"{text}\nmetric = 0.1\ndata = 'dev.tsv'")[1:]
    assert "metric not measured, budget ≥ 0.100 (host, dev.tsv): host cannot run" in lost.sentence
    found = check(bundle, tmp_path, text)
    assert [row.met for row in found] == [False, True, True]
    assert "p90 latency not measured" in found[0].sentence
    assert "host has no runtime for Core ML" in found[0].sentence
    page = render.to_markdown("name", found)
    assert page.index("mlpackage") < page.index(".onnx")
    assert "1 of 3 budgets broken" in page


def test_wrong_answers_break_parity_and_leave_speed_unmeasured(
    bundle: Bundle, tmp_path: Path
) -> None:
    text = f"[[budget]]\nfiles = '{INT8}'\np90 = '1 s'\nparity = true"
    p90, parity = check(bundle, tmp_path, text, **WRONG)
    assert "p90 latency not measured" in p90.sentence
    assert "wrong answers" in p90.sentence
    assert not parity.met
    assert "cosine is 0.900000 and has to be 0.96" in parity.sentence
    (at_bound,) = check(bundle, tmp_path, f"[[budget]]\nfiles = '{INT8}'\nparity = 0.02", **WRONG)
    assert "cosine is 0.900000" in at_bound.sentence


def test_warnings_are_of_what_was_timed(bundle: Bundle, tmp_path: Path) -> None:
    text = f"[[budget]]\nfiles = '{INT8}'\np90 = '1 s'\nsize = '1 MB'"
    found = check(bundle, tmp_path, text, warnings=("busy",))
    told = {row.quantity.key: row.warnings for row in found}
    assert told == {"p90": ("busy",), "size": ()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[budget]]\nsize = ", "is not TOML"),
        ("", r"has no \[\[budget\]\]"),
        ("[budget]\nsize = '1 MB'", "budget has to be a list, not a table"),
        ("size = '1 MB'", r"unknown key 'size': choose from budget"),
        ("[[budget]]\nfiles = '*'", "limits nothing"),
        ("[[budget]]\nsise = '1 MB'", "unknown key 'sise': did you mean size?"),
        ("[[budget]]\nzzz = '1 MB'", "unknown key 'zzz': choose from files, device"),
        ("[[budget]]\nsize = '-1 MB'", 'size cannot be "-1 MB": write it like "25 MB"'),
        ("[[budget]]\nsize = '0 MB'", 'size cannot be "0 MB"'),
        ("[[budget]]\nsize = 25", "size cannot be 25"),
        ("[[budget]]\nsize = '25'", 'size cannot be "25"'),
        ("[[budget]]\nsize = '25 ms'", 'size cannot be "25 ms"'),
        ("[[budget]]\nsize = true", "size cannot be true"),
        ("[[budget]]\np90 = '40 MB'", "p90 cannot be"),
        ("[[budget]]\nparity = false", "parity cannot be false"),
        ("[[budget]]\nparity = nan", "parity cannot be nan"),
        ("[[budget]]\nparity = -0.1", "parity cannot be -0.1"),
        ("[[budget]]\nparity = '0.1 ms'", "parity cannot be"),
        ("[[budget]]\nsize = '-100%'", "size cannot be"),
        ("[[budget]]\nthreads = 0\nsize = '1 MB'", "threads has to be a whole number"),
        ("[[budget]]\nlength = true\nsize = '1 MB'", "length has to be a whole number"),
        ("[[budget]]\nfiles = []\nsize = '1 MB'", "files has to be a list of length >= 1"),
        ("[[budget]]\nfiles = '*-int4.*'\nsize = '1 MB'", r"'\*-int4.\*' fits no file of"),
        ("[[budget]]\nfiles = ['*', 'x']\nsize = '1 MB'", "'x' fits no file of"),
        ("[[budget]]\nmetric = 0.9", 'metric needs labelled data: data = "FILE"'),
        ("[[budget]]\ndata = 'dev.tsv'\nsize = '1 MB'", "nothing asks for the data"),
        ("[[budget]]\ndata = 'no.tsv'\nmetric = 0.9", r"no\.tsv is no file"),
        ("[[budget]]\ndata = 3\nmetric = 0.9", "data has to be a text or a table"),
        ("[[budget]]\ndata = {file = 'dev.tsv', rows = 1}\ndrop = 0.1", "unknown key 'rows'"),
        ("[[budget]]\ndata = {file = 'dev.tsv', limit = 0}\ndrop = 0.1", "limit has to be a whole"),
        (
            "[[budget]]\ndata = {file = 'dev.tsv', labels = 1}\ndrop = 0.1",
            "labels has to be a table",
        ),
        ("[[budget]]\ndata = 'dev.tsv'\nmetric = 90", "metric cannot be 90: write it like 0.9"),
        ("[[budget]]\ndata = 'dev.tsv'\ndrop = -0.1", "drop cannot be -0.1"),
        ("[[budget]]\ndata = 'dev.tsv'\ndrop = '+5%'", 'drop cannot be "\\+5%"'),
        ("[[budget]]\nsize = '+5%'", "relative to a baseline: name one with --baseline"),
        ("[[budget]]\ninstructions = '1 G'", 'say device = "arm64"'),
        ("[[budget]]\ndevice = 'arm64'\nthreads = 2\ninstructions = '1 G'", "in one thread"),
        ("[[budget]]\ndevice = 'arm64'\np90 = '1 s'", "p90 cannot be measured on arm64"),
        ("[[budget]]\ndevice = 'arm64'\nload = '1 s'", "load cannot be measured on arm64"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    text: str, message: str, bundle: Bundle, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=message):
        check(bundle, tmp_path, text)


def baseline(bundle: Bundle, folder: Path, setting: DeviceSetting, **changed: Any) -> Baseline:
    """A stored run in which every file was as it is now."""
    wanted = {artifact.path.name: frozenset(("p90",)) for artifact in bundle.artifacts}
    store = results.Store(folder)
    for row in Scripted(**changed).measure(bundle, setting, wanted).values():
        store.append(row)
    return Baseline.read([folder])


def test_a_limit_is_relative_to_a_stored_report(bundle: Bundle, tmp_path: Path) -> None:
    stored = baseline(bundle, tmp_path, DeviceSetting(), peak_memory_bytes=49_000_000)
    text = f"[[budget]]\nfiles = '{INT8}'\nsize = '+0%'\np90 = '-20%'\nmemory = '+3%'"
    found = {row.quantity.key: row for row in check(bundle, tmp_path, text, stored)}
    assert {key: row.met for key, row in found.items()} == {
        **{"size": True, "p90": False, "memory": True}
    }
    assert "p90 latency 12.0 ms, budget ≤ 9.60 ms (-20% of 12.0 ms)" in found["p90"].sentence


def test_a_metric_is_relative_to_a_stored_evaluation(bundle: Bundle, tmp_path: Path) -> None:
    text = f"[[budget]]\nfiles = '{INT8}'\ndata = 'dev.tsv'\nmetric = '-2%'"
    data = tmp_path / "dev.tsv"
    data.write_text("text\tlabel\ngood\tgood\n")
    facts = {"file": data.name, "sha256": file_sha256(data), "limit": None}
    for accuracy, met in ((0.91, True), (0.93, False)):
        better = replace(QUALITY.metrics[0], value=accuracy)
        former = replace(QUALITY, file=INT8, metrics=(better,))
        report = BundleEvaluation(
            bundle.name, "old", "text-classification", 60, None, "no PyTorch", (former,)
        )
        Evaluation(facts, (report,)).save(tmp_path)
        (found,) = check(bundle, tmp_path, text, Baseline.read([tmp_path / "eval.json"]))
        assert found.met is met, found.sentence
    assert "accuracy 0.900, budget ≥ 0.911 (-2% of 0.930)" in found.sentence
    stored = Baseline.read([tmp_path])
    limited = text.replace("'dev.tsv'", "{file = 'dev.tsv', limit = 1}")
    with pytest.raises(PlanError, match=r"differ in limit \(1 and None\)"):
        check(bundle, tmp_path, limited, stored)
    emulated = text.replace("data =", "device = 'arm64:cortex-a53'\ndata =")
    with pytest.raises(PlanError, match=r"differ in device \(arm64:cortex-a53 and host\)"):
        check(bundle, tmp_path, emulated, stored)
    data.write_text("text\tlabel\nbad\tbad\n")
    other = tmp_path / "other.toml"
    other.write_text(text)
    with pytest.raises(PlanError, match=r"differ in data \(\w{12} and \w{12}\)"):
        verdict.check(bundle, limits.read(other), stored, Scripted())
    with pytest.raises(PlanError, match=r"has no metric of model-fp32.onnx"):
        check(bundle, tmp_path, text.replace("int8", "fp32"), stored)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("threads = 2\np90 = '+5%'", r"differ in threads \(2 and 1\)"),
        ("length = 64\nmemory = '+5%'", r"differ in length \(64 and 128\)"),
        ("load = '+5%'\nlength = 64\nthreads = 2", r"threads \(2 and 1\); length \(64 and 128\)"),
        ("device = 'arm64'\ninstructions = '+5%'", "has no instructions of model-int8.onnx"),
    ],
)
def test_an_unlike_baseline_is_refused(
    limit: str, message: str, bundle: Bundle, tmp_path: Path
) -> None:
    stored = baseline(bundle, tmp_path, DeviceSetting())
    with pytest.raises(PlanError, match=message):
        check(bundle, tmp_path, f"[[budget]]\nfiles = '{INT8}'\n{limit}", stored)


def test_junit_says_what_is_broken_and_what_was_not_measured(
    bundle: Bundle, tmp_path: Path
) -> None:
    from junitparser import Error, Failure, JUnitXml

    text = "[[budget]]\nfiles = '*-int8.*'\np90 = '11 ms'\nsize = '1 MB'"
    found = check(bundle, tmp_path, text)
    suites = list(JUnitXml.fromstring(junit.to_xml("<model>", found).encode()))
    assert [suite.name for suite in suites] == [
        *("model-int8.mlpackage", "model-int8.onnx", "model-int8.tflite")
    ]
    cases = {(case.classname, case.name): case.result for suite in suites for case in suite}
    assert len(cases) == len(found)
    ((failure,),) = [
        rows for key, rows in cases.items() if "onnx" in key[0] and key[1].startswith("p90")
    ]
    assert isinstance(failure, Failure)
    assert "p90 latency 12.0 ms, budget ≤ 11.0 ms" in failure.message
    errors = [row for rows in cases.values() for row in rows if isinstance(row, Error)]
    assert len(errors) == 1
    coloured = replace(found[0], value=None, reason="\x1b[31mboom")  # as runtimes write it
    JUnitXml.fromstring(junit.to_xml("<model>", [coloured]).encode())
