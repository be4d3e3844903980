"""``edgekit eval``: metrics against independent truth, data files good and bad, whole runs."""

from __future__ import annotations

import base64
import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from conftest import LABELS
from msgspec.structs import asdict
from sklearn import metrics
from test_bundle import edit

from edgekit.app import opening
from edgekit.bundle import Bundle
from edgekit.cli.main import cli
from edgekit.cli.rendering import evaluation as render_eval
from edgekit.contents import entry
from edgekit.errors import DataError, EdgekitError
from edgekit.evaluation import measures, result, squad, ways
from edgekit.evaluation.judged import Example
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.evaluation.measures import Resamples
from edgekit.evaluation.run import EvaluationRequest, run
from edgekit.evaluation.tagging import Words
from edgekit.postprocess import Facts

FILES = ("model-fp32.onnx", "model-int8.onnx")
SENTIMENT = ("negative", "positive")
TAGS = ("O", "B-PER", "I-PER", "B-LOC")


class Letters:
    """A tokenizer that no reading of data needs."""


def model(task: str, labels: tuple[str, ...] = (), problem: str | None = None) -> ModelFacts:
    facts = Facts(task, problem, labels, 4, str)
    return ModelFacts(facts, Letters())


CLASSIFIER = model("text-classification", SENTIMENT, "single_label_classification")
SIMILAR = model("sentence-similarity")
READER = model("question-answering")
TAGGER = model("token-classification", TAGS)


def once(count: int) -> Resamples:
    """Every example once, so that a draw has to be the value itself."""
    return Resamples(np.arange(count)[None])


def prepared(path: Path, about: ModelFacts, **options: Any) -> ways.Prepared:
    return ways.prepare(path, about, None, EvaluationOptions(**options), None)


def squad_file(path: Path, questions: list[Mapping[str, Any]], context: str) -> Path:
    paragraph = {"context": context, "qas": questions}
    path.write_text(json.dumps({"version": "x", "data": [{"paragraphs": [paragraph]}]}))
    return path


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


def test_a_draw_of_every_example_once_is_the_librarys_value() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    a, b = (np.eye(7, dtype=np.uint8)[each] for each in (x, y))  # two labels that nothing has
    macro = float(metrics.f1_score(x, y, average="macro"))
    scores = rng.normal(size=(2, 200)).round(1)  # with ties
    for measure in (
        measures.f1_macro(macro, a & b, a + b),
        measures.matthews("matthews", float(metrics.matthews_corrcoef(x, y)), a, b),
        measures.mean("accuracy", x == y),
        measures.spearman(*scores),
        measures.pearson(*scores),
    ):
        np.testing.assert_allclose(measure.draw(once(200)), measure.value, rtol=1e-12)


@pytest.mark.parametrize(
    ("found", "expected", "exact", "f1_v1", "f1_v2"),
    [
        ("The Eiffel Tower!", "eiffel tower", 1, 1, 1),
        ("in the year 1889", "1889", 0, 0.5, 0.5),
        ("a b b", "b b c", 0, 0.8, 0.8),  # the article goes, words count as often as they stand
        ("U.S.A.", "usa", 1, 1, 1),
        ("the", "an", 1, 0, 1),  # nothing is left of either
        ("", "", 1, 0, 1),
        ("", "x", 0, 0, 0),
        ("état", "etat", 0, 0, 0),
    ],
)
def test_squad_counts_as_by_hand(
    found: str, expected: str, exact: float, f1_v1: float, f1_v2: float
) -> None:
    assert squad.exact(found, expected) == exact
    assert squad.f1_v1(found, expected) == pytest.approx(f1_v1)
    assert squad.f1_v2(found, expected) == pytest.approx(f1_v2)


def test_the_best_threshold_is_the_best_of_all() -> None:
    rng = np.random.default_rng(2)
    scores, margins = rng.random(50), rng.normal(size=50).round(1)
    answerable = rng.random(50) < 0.6
    value, threshold = squad.best_threshold(scores, margins, answerable)

    def at(limit: float) -> float:
        silent = margins > limit
        return float(np.where(silent, ~answerable, scores * answerable).mean())

    assert value == pytest.approx(at(threshold))
    assert value == pytest.approx(max(at(limit) for limit in (*margins, margins.min() - 1)))


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


def test_entities_count_as_seqeval_counts_them() -> None:
    expected = (("B-PER", "I-PER", "O", "B-LOC"), ("O", "B-LOC"))
    found = (("B-PER", "O", "O", "B-LOC"), ("B-LOC", "B-LOC"))
    words = (("a", "b", "c", "d"), ("e", "f"))
    examples = tuple(Example("line 1", (" ".join(some),), "") for some in words)
    judged = Words(TAGS, words, examples, expected).judge(found)
    by_name = {measure.name: measure for measure in judged.measures}
    assert by_name["f1"].value == pytest.approx(2 * 2 / (4 + 3))
    assert by_name["precision"].value == pytest.approx(2 / 4)
    assert by_name["recall"].value == pytest.approx(2 / 3)
    assert by_name["accuracy"].value == pytest.approx(4 / 6)
    assert {row.label: row.measure.value for row in judged.classes} == {
        "LOC": pytest.approx(0.8),
        "PER": 0.0,
    }
    for measure in judged.measures:
        np.testing.assert_allclose(measure.draw(once(2)), measure.value)


def test_retrieval_counts_as_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "r.tsv"
    path.write_text("query\tdocument\tlabel\nq\ta\t1\n\tb\t0\nq\tc\t3\nr\tb\t1\n")
    kind = prepared(path, SIMILAR).kind
    vectors = {"q": (1, 0), "a": (0.6, 0.8), "b": (2, 0), "c": (0.8, 0.6), "r": (1, 0.1)}
    records = [
        base64.b64encode(np.array(vectors[row.texts[0]], "<f4").tobytes()) for row in kind.asked
    ]
    judged = kind.judge(records)
    gain = (3 / np.log2(3) + 1 / np.log2(4)) / (3 + 1 / np.log2(3))  # b, c, a for q; b first for r
    assert [round(measure.value, 6) for measure in judged.measures] == [
        pytest.approx((gain + 1) / 2, abs=1e-6),
        0.5,
        1.0,
    ]


def parquet(path: Path) -> None:
    table = pyarrow.table({"sentence": ["fine", 'a, "b"'], "label": [1, 0]})
    pyarrow.parquet.write_table(table, path)


GOOD: tuple[tuple[str, str | None, ModelFacts, tuple[str, ...]], ...] = (
    ("a.tsv", "fine\t1\na, \"b\"\t0\n", CLASSIFIER, ("positive", "negative")),
    ("b.tsv", "\ufeffsentence\tlabel\r\nfine\tPositive\r\na, \"b\"\tNegative\r\n", CLASSIFIER,
     ("positive", "negative")),
    ("c.csv", 'label,text\npositive,fine\nnegative,"a, ""b"""\n', CLASSIFIER,
     ("positive", "negative")),
    ("d.jsonl", '{"text": "fine", "label": 1}\n\n{"text": "a, \\"b\\"", "label": 0}', CLASSIFIER,
     ("positive", "negative")),
    ("e.json", '[{"review": "fine", "target": true}, {"review": "a, \\"b\\"", "target": false}]',
     CLASSIFIER, ("positive", "negative")),
    ("f.parquet", None, CLASSIFIER, ("positive", "negative")),
    ("g.tsv", "score\tsentence1\tsentence2\n2.5\tone\ttwo\n0\ta\tb\n", SIMILAR, ("2.5", "0")),
    ("h.conll", "-DOCSTART- O\n\n# text = x y z\nZoë NN B-PER\n# NN O\n\nKöln NN B-LOC\n", TAGGER,
     ("Zoë/B-PER", "Köln/B-LOC")),
    ("i.jsonl", '{"tokens": ["Zoë", "ran"], "ner_tags": [1, 0]}', TAGGER, ("Zoë/B-PER",)),
    ("j.jsonl", '{"question": "q", "context": "c d", "answers": {"text": ["c"], '
     '"answer_start": [0]}}', READER, ("'c'",)),
    ("k.csv", "question,context,answer\nq,c d,c\nq,c d,\n", READER, ("'c'", "no answer")),
    ("m.tsv", "7\tfine\t1\n8\ta, \"b\"\t0\n", CLASSIFIER, ("positive", "negative")),
    ("n.csv", f"text,label\n{'long ' * 40_000},1\n", CLASSIFIER, ("positive",)),
    ("l.tsv", "query\tdocument\trelevance\nq\ta\t1\n\tb\t0\nq\tc\t2\n", SIMILAR, ("'a' or 'c'",)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "content", "about", "expected"), GOOD, ids=lambda v: str(v)[:9])
def test_data_of_each_format(
    tmp_path: Path, name: str, content: str | None, about: ModelFacts, expected: tuple[str, ...]
) -> None:
    path = tmp_path / name
    if content is None:
        parquet(path)
    else:
        path.write_bytes(content.encode())
    found = prepared(path, about)
    assert tuple(example.expected for example in found.kind.examples) == expected
    if about is CLASSIFIER and len(expected) == 2:
        assert [example.texts for example in found.kind.examples] == [("fine",), ('a, "b"',)]


BAD: tuple[tuple[str, bytes, ModelFacts, str], ...] = (
    ("empty.tsv", b"", CLASSIFIER, "no examples"),
    ("header.tsv", b"text\tlabel\n", CLASSIFIER, "no examples"),
    ("width.tsv", b"fine\t1\nbad\n", CLASSIFIER, "line 2 has 1 column and the first line 2"),
    ("bytes.tsv", b"fine\t1\nb\xffd\t0\n", CLASSIFIER, "line 2: byte 2 is not UTF-8"),
    ("nul.tsv", b"fine\t1\nb\0d\t0\n", CLASSIFIER, "line 2: it holds a NUL"),
    ("label.tsv", b"fine\t1\nbad\t0\nugly\t2\n", CLASSIFIER, "line 3: '2' is no label"),
    ("names.tsv", b"text\tlabel\nfine\tpositive\nbad\tugly\n", CLASSIFIER, "line 3: 'ugly' is no"),
    ("quote.csv", b'text,label\n"fine,1\nbad,0\n', CLASSIFIER, "line 2: unexpected end of data"),
    ("line.jsonl", b'{"text": "a", "label": 1}\n{"text": \n', CLASSIFIER, "line 2 is not JSON"),
    ("list.jsonl", b'["a", 1]\n', CLASSIFIER, "line 1 is no JSON object"),
    ("key.jsonl", b'{"text": "a", "label": 1}\n{"text": "b"}\n', CLASSIFIER, "line 2: it has no"),
    ("type.jsonl", b'{"text": 7, "label": 1}\n', CLASSIFIER, "line 1: its text is no text"),
    ("columns.csv", b"text,mood\nfine,1\n", CLASSIFIER, "no column for the label"),
    ("deep.json", b"[" * 100_000, CLASSIFIER, "deep.json"),
    ("other.xlsx", b"PK", CLASSIFIER, "suffix that edgekit does not know"),
    ("cut.parquet", b"PAR1", CLASSIFIER, "no readable Parquet"),
    ("nan.tsv", b"score\tsentence1\tsentence2\nnan\ta\tb\n", SIMILAR, "line 2: its label 'nan'"),
    ("squad.json", b'{"data": [{"paragraphs": [{"context": "c"}]}]}', READER,
     "data[0].paragraphs[0]: 'qas' has to be a list"),
    ("answers.jsonl", b'{"question": "q", "context": "c", "answers": [1]}', READER, "no texts"),
    ("width.conll", b"a O\nb\n", TAGGER, "line 2 has 1 column and should have 2"),
    ("twice.csv", b"text,label,text\nfine,1,x\n", CLASSIFIER, "two columns called 'text'"),
    ("tabs.csv", b"text\tlabel\nfine, so\t1\n", CLASSIFIER, "tabs and no commas"),
    ("semi.csv", b"text;label\nfine;1\n", CLASSIFIER, "separate columns by commas"),
    ("header.tsv", b"phrase\tmood\nfine\t1\nbad\t0\n", CLASSIFIER, "--columns if this line"),
    ("many.tsv", b"a\tb\t2012\t4\tone\ttwo\n", SIMILAR, "--columns text=NUMBER,pair="),
    ("words.conll", b"a O\n", CLASSIFIER, "which only token classification takes"),
    ("tag.conll", b"a O\nb B-ORG\n", TAGGER, "line 1, word 2: 'B-ORG' is no label"),
    ("count.jsonl", b'{"tokens": ["a", "b"], "ner_tags": [0]}', TAGGER, "2 words have 1 labels"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "content", "about", "message"), BAD, ids=lambda v: str(v)[:12])
def test_bad_data_are_named_with_their_place(
    tmp_path: Path, name: str, content: bytes, about: ModelFacts, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        prepared(path, about)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_columns_and_labels_as_the_user_says(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\nfine,+\nbad,-\n")
    found = prepared(
        path,
        CLASSIFIER,
        columns={"text": "a", "label": "b"},
        labels={"+": "positive", "-": "negative"},
    )
    assert [row.expected for row in found.kind.examples] == ["positive", "negative"]
    with pytest.raises(EdgekitError, match="no column 'c': choose from a, b"):
        prepared(path, CLASSIFIER, columns={"text": "a", "label": "c"})
    with pytest.raises(EdgekitError, match=r"--labels \+=good: the model has no such label"):
        prepared(path, CLASSIFIER, labels={"+": "good"})
    both = {"text": "a", "label": "b"}
    named = {"+": "positive", "-": "negative", "x": "positive"}
    with pytest.raises(DataError, match=r"--labels x=positive: no row has that label \(\+, -\)"):
        prepared(path, CLASSIFIER, columns=both, labels=named)


def test_questions_are_answerable_as_the_official_script_says(tmp_path: Path) -> None:
    questions = [
        {"question": "q", "answers": [{"text": text}] if text else []}
        for text in ("the", "c", "elsewhere", "")
    ]
    found = prepared(squad_file(tmp_path / "s.json", questions, "the c"), READER)
    spans = {"null": -1.0, "spans": [[4, 5, 0.0, 1.0]]}
    judged = found.kind.judge([spans] * 4)
    assert [row.examples for row in judged.classes] == [3, 1]  # an article alone is an answer
    assert [measure.value for measure in judged.measures] == [0.25, 0.25]
    assert "1 of 4 questions have answers that do not stand in their context" in found.notes[-1]


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
