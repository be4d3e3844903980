"""``edgekit eval``: whole runs, on the command line and by parts."""

from __future__ import annotations

import json
import math
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from conftest import LABELS
from labelled_data import (
    squad_file,
)
from msgspec.structs import asdict
from test_bundle import edit

from edgekit.app import opening
from edgekit.bundle import Bundle
from edgekit.cli.main import cli
from edgekit.cli.rendering import evaluation as render_eval
from edgekit.contents import entry
from edgekit.errors import OutputError
from edgekit.evaluation import result
from edgekit.evaluation.kinds import EvaluationOptions
from edgekit.evaluation.predictions import Prediction, Predictions
from edgekit.evaluation.run import EvaluationRequest, run

FILES = ("model-fp32.onnx", "model-int8.onnx")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Sixty texts of all lengths with a label each, as SST-2 has them."""
    rng = np.random.default_rng(0)
    lines = [
        f"{''.join(rng.choice(list('abcdefg '), 4 + index))}x\t{rng.integers(3)}"
        for index in range(60)
    ]
    path = tmp_path / "data.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_answers_of_windows_over_a_long_context_are_pieces_of_it(
    small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    made = small("question-answering")
    context = " ".join(f"fact {n} is that {chr(97 + n % 26) * 3}." for n in range(60))
    questions = [
        {"id": "1", "question": "what is it", "answers": [{"text": "fact 7", "answer_start": 0}]},
        {"id": "2", "question": "who is it", "answers": [], "is_impossible": True},
    ]
    data = squad_file(tmp_path / "squad.json", questions, context)
    report = run(EvaluationRequest((made.path,), data), tmp_path / "out").bundles[0]
    assert [score.name for score in report.artifacts[0].metrics] == ["f1", "exact_match"]
    assert {row.label for row in report.artifacts[0].classes} == {"answerable", "unanswerable"}
    for path in (tmp_path / "out").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            spans = json.loads(line)["record"]["spans"]
            assert len(spans) == 20
            assert all(context[start:end].strip() for start, end, *_ in spans)
            assert max(end for _, end, *_ in spans) > 200  # beyond the first window


def test_a_report_is_valid_and_goes_on_where_it_stopped(
    bundle: Bundle, texts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    request = EvaluationRequest((bundle.path,), texts, artifact=FILES)
    whole = run(request, out)
    assert result.read(out / "eval.json") == whole
    stored = sorted(out.glob("*.jsonl"))
    assert len(stored) == 3
    for path in stored:  # as a kill leaves them: some lines, the last one half written
        path.write_bytes(path.read_bytes()[:1000])
    said: list[str] = []
    again = run(request, out, say=said.append)
    assert sum("from before" in line for line in said) == 3
    assert again == whole


def test_pytorch_is_not_opened_where_its_answers_are_stored(
    bundle: Bundle, texts: Path, tmp_path: Path
) -> None:
    out, files = tmp_path / "out", FILES[:1]
    (known,) = run(EvaluationRequest((bundle.path,), texts, artifact=files), out).bundles
    moved = Path(shutil.copytree(bundle.path, tmp_path / "moved.edgekit"))
    edit(moved, lambda manifest: manifest["source"].update(origin=str(tmp_path / "gone")))
    (found,) = run(EvaluationRequest((moved,), texts, artifact=files), out).bundles
    assert found.baseline == known.baseline


def spoiled(bundle: Bundle, out: Path, label: int, by: float) -> Path:
    """A copy whose first file scores one label lower, by its bias alone."""
    shutil.copytree(bundle.path, out)
    path = out / FILES[0]
    file = onnx.load(path)
    bias = next(row for row in file.graph.initializer if row.name == "model.classifier.bias")
    values = onnx.numpy_helper.to_array(bias).copy()
    values[label] -= by
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
    onnx.save(file, path)
    edit(out, lambda manifest: manifest["artifacts"][0].update(asdict(entry(out, path))))
    return out


def test_a_file_spoiled_in_one_class_shows_it_there(
    bundle: Bundle, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.split("\t")[0] for line in texts.read_text().splitlines()]
    with opening.open_app(bundle, None) as app:
        first, second = zip(*(app.answer(line).labels[:2] for line in lines), strict=True)
    texts.write_text("".join(f"{a}\t{b.index}\n" for a, b in zip(lines, first, strict=True)))
    label, own = Counter(row.index for row in first).most_common(1)[0]
    pairs = zip(first, second, strict=True)
    margins = [math.log(a.score / b.score) for a, b in pairs if a.index == label]
    steps = {"not": 0.0, "half": float(np.median(margins)), "wholly": 9.0}
    folders = [spoiled(bundle, tmp_path / f"{n}.edgekit", label, by) for n, by in steps.items()]
    request = EvaluationRequest(tuple(folders), texts, artifact=FILES[:1])
    report = run(request, tmp_path / "out")
    files = [row.artifacts[0] for row in report.bundles]
    of_class = [{row.label: row.score for row in file.classes} for file in files]
    recall = [found.pop(LABELS[label]) for found in of_class]
    assert recall[0].value == 1
    assert 0.3 < recall[1].value < 0.7
    assert recall[2].value == 0
    assert recall[2].drop_low == 1  # in every resample: a loss beyond doubt
    assert not any(score.drop > 0 for found in of_class for score in found.values())
    shares = [own * (1 - row.value) / len(lines) for row in recall]
    assert [1 - file.agreement for file in files] == pytest.approx(shares)
    assert [file.metrics[0].drop for file in files] == pytest.approx(shares)
    assert all(LABELS[label] in row.pytorch for row in files[2].differences)
    capsys.readouterr()
    render_eval.report(report, tmp_path, False)
    said = capsys.readouterr().out
    assert f"lost 100.00% (100.00% to 100.00%) of the recall of {LABELS[label]}" in said
    assert said.count("differs most") == 2  # and nothing is shown where nothing is to be seen


def test_the_command_line_on_a_bundle(bundle: Bundle, texts: Path, tmp_path: Path) -> None:
    arguments = ["eval", str(bundle.path), "--data", str(texts), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, [*arguments, "--artifact", ",".join(FILES)])
    assert result.exit_code == 0, result.output
    assert "text is column 1, label is column 2" in result.output
    assert "accuracy" in result.output
    assert LABELS[1] in result.output


def test_the_command_of_a_request_is_parsed_to_the_same_request() -> None:
    options = EvaluationOptions({"text": "a"}, {"x": "good"}, null_threshold=0.5, top=3)
    asked = EvaluationRequest(
        (Path("a model.edgekit"), Path("b.edgekit")),
        Path("d.tsv"),
        task="retrieval",
        artifact=("int8", "fp32"),
        device="arm64",
        limit=7,
        options=options,
        prompt="query",
    )
    words = shlex.split(asked.command)
    parsed = cli.commands["eval"].make_context("eval", words[2:]).params
    assert EvaluationOptions(**{key: parsed[key] for key in vars(options)}) == options
    given = {key: parsed[key] for key in vars(asked) if key in parsed}
    assert replace(asked, **{**given, "shown": asked.shown}) == asked
    plain = EvaluationRequest(asked.bundles[1:], asked.data)
    assert plain.command == "edgekit eval b.edgekit --data d.tsv"


def test_predictions_are_taken_over_up_to_a_line_that_was_cut_off(tmp_path: Path) -> None:
    def opened(data: str = "x", fresh: bool = False) -> Predictions:
        return Predictions(tmp_path, "model.file", {"data": data}, fresh=fresh)

    rows = {index: Prediction({"tags": ["ö", index]}, index) for index in (2, 0, 1)}
    first = opened()
    for index, row in rows.items():
        first.add(index, row)
    first.flush()
    first.flush()  # writes nothing twice
    assert opened().found == rows
    whole = first.path.read_bytes()
    assert whole.count(b"\n") == len(rows)
    first.path.write_bytes(whole[:-5])
    again = opened()
    assert again.found == {2: rows[2], 0: rows[0]}
    again.add(1, rows[1])
    again.flush()
    assert first.path.read_bytes() == whole
    assert opened("y").found == {}
    assert opened("y").path != first.path
    assert opened(fresh=True).found == {}
    assert first.path.read_bytes() == b""
    with pytest.raises(OutputError, match="cannot be written"):
        Predictions(tmp_path / "gone", "model.file", {})
