"""A diagonal of the support matrix, and that what is shipped is what was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from command import edgekit_cli

from edgekit import support
from edgekit.benchmarks.studies import matrix, matrix_rows
from edgekit.formats import DEFAULT, FORMATS
from edgekit.model.families import FAMILIES
from edgekit.model.tasks import TASKS
from edgekit.support import Cell, Support

ARCHITECTURES = list(FAMILIES)
TWINS = ("xlm-roberta", "camembert", "data2vec-text")  # RoBERTa's layers under other names
IN_EXECUTORCH = "albert"  # which takes a minute: once is enough here


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [row for row in ARCHITECTURES if row not in TWINS])
def test_diagonal(architecture: str) -> None:
    """Each kind of layers once, with tasks and formats in turns."""
    index = ARCHITECTURES.index(architecture)
    own = [pair for pair in product([architecture], TASKS) if matrix_rows.has_model(pair)]
    name = "executorch" if architecture == IN_EXECUTORCH else DEFAULT[index % len(DEFAULT)]
    cells = matrix_rows.measure(own[index % len(own)], [name]).cells
    assert {cell.recipe for cell in cells} == set(FORMATS[cells[0].format].default_recipes)
    assert all(cell.passed for cell in cells), cells


@pytest.mark.slow
def test_a_model_that_cannot_be_made_is_a_red_cell_with_its_reason(tmp_path: Path) -> None:
    planned = matrix_rows.make_plan(("bert", "fill-mask"), ["onnx"], tmp_path)
    config = {**planned.source.config, "hidden_act": "nonsense"}
    broken = replace(planned, source=replace(planned.source, config=config))
    cells = list(matrix_rows.attempt(("bert", "fill-mask"), broken))
    assert [(cell.recipe, cell.passed) for cell in cells] == [("fp32", False), ("int8", False)]
    assert "nonsense" in str(cells[0].failure)


def test_newer_cells_replace_and_other_versions_go() -> None:
    old = Support({"torch": "1"}, (Cell("bert", "fill-mask", "onnx", "int8", 0.1, 1.0),))
    new = Cell("bert", "fill-mask", "onnx", "int8", failure="onnxruntime: NaN")
    first = Cell("bert", "fill-mask", "onnx", "fp32", 1e-6, 1.0)
    assert old.merged(Support({"torch": "1"}, (new, first))).cells == (first, new)
    assert old.merged(Support({"torch": "1", "onnx": "1"}, (first,))).cells[1:] == old.cells
    assert old.merged(Support({"torch": "2"}, (first,))).cells == (first,)
    absent = Cell("distilbert", "fill-mask", "onnx", "int8")
    document = support.markdown(Support({"torch": "1"}, (first, new, absent)))
    assert "| bert | fill-mask | 1.0e-06 | red |" in document
    assert "| distilbert | fill-mask |  | - |" in document
    assert "- bert, fill-mask, onnx int8: onnxruntime: NaN" in document


def test_the_document_is_that_of_the_shipped_data() -> None:
    assert matrix.DOCUMENT.read_text("utf-8") == support.markdown(support.load())


def test_support_command(tmp_path: Path) -> None:
    printed = edgekit_cli("support", "--json", cwd=tmp_path)
    shipped = Path(support.__file__).parent / support.FILE
    assert json.loads(printed.stdout) == json.loads(shipped.read_text())
    table = edgekit_cli("support", cwd=tmp_path).stdout
    assert all(cell.architecture in table for cell in support.load().cells)
