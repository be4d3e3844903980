"""The functions of the package: the same options as the commands, and what a notebook shows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import report_samples
from distilling import teacher_of
from shared import Shared

import edgekit
from edgekit.api.notebook import ReportView
from edgekit.bundle import Bundle
from edgekit.cli.main import cli
from edgekit.errors import EdgekitError
from edgekit.postprocess.labels import Classification
from edgekit.reporting import build

COMMANDS = {"app": "make_app", "eval": "evaluate"} | {
    name: name
    for name in (
        *("bench", "buckets", "check", "convert", "distill"),
        *("inspect", "report", "run", "verify"),
    )
}
OF_TERMINALS = {"json", "quiet", "debug", "dry_run", "init"}  # the last two: plan, write_budget
OF_APK = {"apk", "key", "aar", "install", "test"}  # of the command alone
OF_PYTHON = {"progress", "debug"}


def options_of(command: str) -> dict[str, click.Option]:
    """A command's options by their names in Python."""
    return {
        parameter.opts[-1].removeprefix("--").replace("-", "_"): parameter
        for parameter in cli.commands[command].params
        if isinstance(parameter, click.Option)
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_function_has_the_options_of_its_command(command: str) -> None:
    options = options_of(command)
    function = inspect.signature(getattr(edgekit, COMMANDS[command])).parameters
    named = {
        name for name, each in function.items() if each.kind is each.KEYWORD_ONLY or name in options
    }
    assert named - OF_PYTHON == options.keys() - OF_TERMINALS - OF_APK
    described = inspect.getdoc(getattr(edgekit, COMMANDS[command])) or ""
    assert all(re.search(rf"^ +\*?{name}: ", described, re.M) for name in function)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_function_has_the_defaults_of_its_command(command: str) -> None:
    untyped = cli.commands[command].make_context(command, [], resilient_parsing=True).params
    function = inspect.signature(getattr(edgekit, COMMANDS[command])).parameters
    for name, option in options_of(command).items():
        if name in function and function[name].default is not inspect.Parameter.empty:
            assert (untyped[str(option.name)] or None) == (function[name].default or None), name


def test_a_text_is_one_name(classifier: Path, shared: Shared, tmp_path: Path) -> None:
    with pytest.raises(EdgekitError, match="unknown format 'onix'"):
        edgekit.convert(str(classifier), to="onix", out=tmp_path / "out")
    asked = {"layers": 1, "objective": "mlm", "texts": "nowhere"}
    with pytest.raises(EdgekitError, match="nowhere"):
        edgekit.distill(str(teacher_of(shared, "fill-mask")), tmp_path / "student", **asked)
    with pytest.raises(EdgekitError, match="unknown recipe 'int3'"):
        edgekit.bench(tmp_path, recipe="int3", out=tmp_path / "out")


def test_a_plan_is_what_a_conversion_would_do(classifier: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    planned = edgekit.plan(str(classifier), to="onnx", recipe="int8", buckets=32, out=out)
    assert [row.file for row in planned.artifacts] == ["model-int8.onnx"]
    assert planned.buckets == (32,)
    assert len(repr(planned)) < 200
    assert "<td>model-int8.onnx</td>" in planned._repr_html_()
    with pytest.raises(EdgekitError, match="--opset is for ONNX files"):
        edgekit.plan(str(classifier), to="tflite", opset=17, out=out)
    assert not out.exists()


def test_results_are_short_texts_and_tables_in_a_notebook(
    small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    bundle = small("text-classification")
    assert edgekit.inspect(bundle) == bundle
    assert len(repr(bundle)) < 200
    assert "<td>model-fp32.onnx</td>" in bundle._repr_html_()
    file = edgekit.inspect(bundle.artifacts[0].path)
    assert len(repr(file)) < 200
    assert "<td>attention_mask</td>" in file._repr_html_()
    said: list[str] = []
    rows = edgekit.verify(bundle, artifact="fp32", progress=said.append)
    assert all(row.passed for row in rows)
    assert repr(rows) == f"<{len(rows)} rows of Verified>"
    assert f"<td>{rows[0].runtime}</td>" in rows._repr_html_()
    assert any("model-fp32.onnx in onnxruntime" in line for line in said)
    assert isinstance(edgekit.run(bundle, "good", top=2), Classification)
    budget = tmp_path / "budget.toml"
    budget.write_text('[[budget]]\nsize = "0.01 MB"\n')
    (broken,) = edgekit.check(bundle, budget=budget)
    assert not broken.met


def test_a_report_is_a_table_with_names_that_are_no_html(tmp_path: Path) -> None:
    rows = report_samples.everything()
    found = ReportView.of(build(rows, None, [report_samples.evaluation()]))
    assert found.failed
    assert len(repr(found)) < 200
    shown = found._repr_html_()
    assert "<td>87.90% (84.90% to 90.90%)</td>" in shown
    assert "<b>" not in shown
    assert "87.9" not in repr(report_samples.evaluation())
    assert "<td>0.8790</td>" in report_samples.evaluation()._repr_html_()
