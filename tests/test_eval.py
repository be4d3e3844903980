"""``edgekit eval``: metrics against independent truth, data files good and bad, whole runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from sklearn import metrics

from edgekit.bundle import Bundle
from edgekit.cli import cli
from edgekit.evaluation import measures
from edgekit.evaluation.measures import Resamples
from edgekit.evaluation.report import schema
from edgekit.evaluation.run import Request, run
from tests.conftest import LABELS

FILES = ("model-fp32.onnx", "model-int8.onnx")


def once(count: int) -> Resamples:
    """Every example once, so that a draw has to be the value itself."""
    return Resamples(np.arange(count)[None])


def one_hot(indices: np.ndarray, width: int) -> np.ndarray:
    return np.eye(width, dtype=np.uint8)[indices]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Sixty texts of all lengths with a label each, as SST-2 has them."""
    rng = np.random.default_rng(0)
    rows = [
        f"{''.join(rng.choice(list('abcdefg '), 4 + index))}x\t{rng.integers(3)}"
        for index in range(60)
    ]
    path = tmp_path / "data.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_draw_of_every_example_once_is_the_librarys_value() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    a, b = one_hot(x, 7), one_hot(y, 7)  # two labels that nothing has
    macro = float(metrics.f1_score(x, y, average="macro"))
    scores = rng.normal(size=(2, 200)).round(1)  # with ties
    for measure in (
        measures.f1_macro("f1_macro", macro, a, b),
        measures.matthews("matthews", float(metrics.matthews_corrcoef(x, y)), a, b),
        measures.mean("accuracy", x == y),
        measures.spearman(*scores),
        measures.pearson(*scores),
    ):
        np.testing.assert_allclose(measure.draw(once(200)), measure.value, rtol=1e-12)


def test_a_report_is_valid_and_goes_on_where_it_stopped(
    bundle: Bundle, texts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    request = Request((bundle.path,), texts, artifacts=FILES)
    whole = run(request, out).to_json()
    Draft202012Validator(schema()).validate(whole)
    assert json.loads((out / "eval.json").read_text()) == whole
    stored = sorted(out.glob("*.jsonl"))
    assert len(stored) == 3
    for path in stored:  # as a kill leaves them: some lines, the last one half written
        path.write_bytes(path.read_bytes()[:1000])
    said: list[str] = []
    assert run(request, out, say=said.append).to_json() == whole
    assert sum("from before" in line for line in said) == 3


def test_the_command_line_on_a_bundle(bundle: Bundle, texts: Path, tmp_path: Path) -> None:
    arguments = ["eval", str(bundle.path), "--data", str(texts), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, [*arguments, "--artifacts", ",".join(FILES)])
    assert result.exit_code == 0, result.output
    assert "text is column 1, label is column 2" in result.output
    assert "accuracy" in result.output
    assert LABELS[1] in result.output
