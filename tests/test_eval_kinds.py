"""Labels, scores and words of made-up outputs: what is kept, and metrics as libraries have them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from labelled_data import (
    COUNT,
    RARE,
    TAGGER,
    by_class,
    judged,
    kept,
    letters,
    lines_file,
    model,
    prepared,
    values,
)
from scipy import stats
from seqeval.metrics import classification_report as entity_report
from sklearn import metrics

from edgekit.evaluation.kinds import AnyKind
from edgekit.evaluation.tagging import Words
from edgekit.tokens.encoding import Tokenizer

NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """A letter is a token, of which 32 fit."""
    return letters(tmp_path_factory.mktemp("tokenizer"))


def test_one_label_of_several_is_judged_as_scikit_learn_judges(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """Nothing is d, and a single text c, which is not in the resample."""
    rng = np.random.default_rng(1)
    right, logits = rng.integers(0, 2, COUNT), rng.normal(size=(COUNT, 4)).astype(np.float32)
    right[RARE], logits[:, 2:] = 2, -9
    about = model("text-classification", NAMES, "single_label_classification")
    rows = [{"text": "x", "label": int(index)} for index in right]
    data = prepared(lines_file(tmp_path / "d.jsonl", rows), about)
    assert data.notes[1:] == ("labels are read by index: a, b, c, d",)
    kind = data.kind
    records = kept(kind, about.facts, tokenizer, lambda at, row: {"logits": logits[at]})
    found, chosen = judged(kind, records, "examples", "expected"), logits.argmax(1)
    report = metrics.classification_report(right, chosen, output_dict=True, zero_division=0)
    assert values(found) == pytest.approx(
        {
            "accuracy": report["accuracy"],
            "f1_macro": report["macro avg"]["f1-score"],
            "f1_micro": report["accuracy"],
            "matthews": metrics.matthews_corrcoef(right, chosen),
        }
    )
    assert by_class(found) == {
        name: (report[str(index)]["support"], pytest.approx(report[str(index)]["recall"]))
        for index, name in enumerate("abc")
    }
    assert found.decisions == [(index,) for index in chosen]
    assert not found.scored, "probabilities have no common distance"
    shares = np.exp(logits[0]) / np.exp(logits[0]).sum()
    assert found.values[0] == pytest.approx(shares, rel=1e-5)
    assert found.shown[0] == f"{NAMES[chosen[0]]} {shares.max():.1%}"
    assert kind.difference([0.1, 0.3, 0.6], [0.2, 0.8, 0.0]) == pytest.approx(0.6)
    assert kind.difference([0.2, 0.8, 0.0], [0.1, 0.3, 0.6]) == pytest.approx(0.6)


def test_several_labels_at_once_are_judged_as_scikit_learn_judges(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """As above; and what neither stands in the data nor was found counts nowhere."""
    rng = np.random.default_rng(2)
    right, logits = rng.random((COUNT, 4)) < 0.4, rng.normal(size=(COUNT, 4)).astype(np.float32)
    right[:, 2:], logits[:, 2:] = False, -9
    right[RARE, 2] = True
    about = model("text-classification", NAMES, "multi_label_classification")
    named = [[NAMES[index] for index in np.flatnonzero(row)] for row in right]
    rows = [{"text": "x", "label": some if len(some) > 1 else ",".join(some)} for some in named]
    rows[0]["label"] = " , ".join(named[0])
    data = prepared(lines_file(tmp_path / "d.jsonl", rows), about)
    assert len(data.notes) == 1, "labels that are read by name need no word"
    kind = data.kind
    assert [row.expected for row in kind.examples] == [", ".join(x) or "no label" for x in named]
    records = kept(kind, about.facts, tokenizer, lambda at, row: {"logits": logits[at]})
    found, chosen = judged(kind, records, "examples", "expected"), logits > 0
    report = metrics.classification_report(
        right[:, :3], chosen[:, :3], output_dict=True, zero_division=0
    )
    assert values(found) == pytest.approx(
        {
            "f1_micro": report["micro avg"]["f1-score"],
            "f1_macro": report["macro avg"]["f1-score"],
            "accuracy": metrics.accuracy_score(right, chosen),
        }
    )
    assert by_class(found) == {
        name: (report[str(index)]["support"], pytest.approx(report[str(index)]["recall"]))
        for index, name in enumerate("abc")
    }
    assert found.decisions == [tuple(row) for row in chosen.astype(int)]
    for shown, row in zip(found.shown, chosen, strict=True):
        names = [part.split()[0] for part in shown.split(", ")]
        assert names == [NAMES[index] for index in np.flatnonzero(row)] or shown == "no label"
    assert "no label" in found.shown


def test_the_similarity_of_pairs_is_judged_as_scipy_judges(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    scores, pairs = rng.integers(0, 6, COUNT), rng.normal(size=(COUNT, 2, 8)).astype(np.float32)
    pairs[:, 1] += scores[:, None] * pairs[:, 0] / 3
    about = model("sentence-similarity")
    rows = [{"text": "a", "pair": "b", "label": int(score)} for score in scores]
    kind = prepared(lines_file(tmp_path / "d.jsonl", rows), about).kind
    turns = iter(pairs.reshape(-1, 8))
    records = kept(kind, about.facts, tokenizer, lambda *_: {"sentence_embedding": next(turns)})
    cosines = [x @ y / np.sqrt((x @ x) * (y @ y)) for x, y in pairs.astype(float)]
    assert records == pytest.approx(cosines, rel=1e-5)
    check_scores(kind, records, scores)


def test_a_regression_is_judged_as_scipy_judges(tokenizer: Tokenizer, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=COUNT)
    about = model("text-classification", ("score",), "regression")
    rows = [{"text": "a", "label": score} for score in scores]
    kind = prepared(lines_file(tmp_path / "d.jsonl", rows), about).kind
    noisy = (3 * scores + rng.normal(size=COUNT)).astype(np.float32)
    records = kept(kind, about.facts, tokenizer, lambda at, row: {"logits": noisy[at : at + 1]})
    assert records == pytest.approx(noisy.tolist())
    check_scores(kind, records, scores)


def check_scores(kind: AnyKind, records: Sequence[float], scores: np.ndarray) -> None:
    found = judged(kind, records, "examples", "expected")
    assert values(found) == pytest.approx(
        {
            "spearman": stats.spearmanr(scores, records).statistic,
            "pearson": stats.pearsonr(scores, records).statistic,
        }
    )
    assert list(values(found)) == ["spearman", "pearson"]
    assert found.scored
    assert [len(each) for each in found.decisions] == [0] * COUNT
    assert found.shown[0] == f"{records[0]:.4f}"
    assert kind.difference(1.5, 4.0) == kind.difference(4.0, 1.5) == 2.5


def test_a_word_has_the_label_of_its_first_piece_that_fits(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """A word of punctuation is several pieces, and of a joiner alone nothing is left."""
    words = ["don't", "\u200d", "stop", "a-b", *["overflow"] * 3, "cut"]
    rows = [{"tokens": words, "ner_tags": [0] * len(words)}]
    data = prepared(lines_file(tmp_path / "d.jsonl", rows), TAGGER)
    assert data.notes[1:] == ("labels are read by index: O, B-PER, I-PER, B-LOC",)
    kind = data.kind
    (encoded,) = kind.prompt(tokenizer, 0).encodings
    labels = np.random.default_rng(5).integers(1, 4, len(encoded))
    (record,) = kept(kind, TAGGER.facts, tokenizer, lambda *_: {"logits": np.eye(4)[labels]})
    begins = {start: place for place, (start, end) in enumerate(encoded.offsets) if end}
    expected = []
    for number, word in enumerate(words):
        place = begins.get(len(" ".join([*words[:number], ""])))
        lost = place is None or word == "\u200d"
        expected.append("O" if lost else TAGGER.facts.labels[labels[place]])
    assert record == expected
    assert [tag == "O" for tag in record] == [word in ("\u200d", "cut") for word in words]


def tagged(*names: str, never: str) -> tuple[Words, list[list[str]]]:
    """Sentences of labels, of which half are found; the one that never is right is found, too."""
    rng = np.random.default_rng(6)
    right = [rng.choice(names, length).tolist() for length in rng.integers(1, 8, COUNT)]
    found = [
        [tag if rng.random() < 0.5 else str(rng.choice([*names, never])) for tag in tags]
        for tags in right
    ]
    words = tuple(("w",) * len(tags) for tags in right)
    return Words(names, words, tuple(range(COUNT)), tuple(map(tuple, right))), found


def test_entities_are_judged_as_seqeval_judges() -> None:
    kind, answers = tagged("O", "B-PER", "I-PER", "B-LOC", "I-LOC", never="B-ORG")
    found = judged(kind, answers, "examples", "words", "expected")
    theirs = entity_report(
        list(map(list, kind.expected)), answers, output_dict=True, zero_division=0
    )
    assert values(found) == pytest.approx(
        {
            "f1": theirs["micro avg"]["f1-score"],
            "precision": theirs["micro avg"]["precision"],
            "recall": theirs["micro avg"]["recall"],
            "accuracy": metrics.accuracy_score(
                np.concatenate(kind.expected), np.concatenate(answers)
            ),
        }
    )
    assert by_class(found) == {
        name: (theirs[name]["support"], pytest.approx(theirs[name]["f1-score"]))
        for name in ("LOC", "PER")
    }
    assert list(by_class(found)) == ["LOC", "PER"]


def test_where_no_entity_is_f1_is_0_without_a_warning() -> None:
    kind = Words(("O", "B-PER"), (("w",),) * 3, (), (("O",),) * 3)
    with warnings.catch_warnings(action="error"):
        found = kind.judge([["O"]] * 3)
    assert values(found) == pytest.approx(
        {"f1": 0, "precision": np.nan, "recall": np.nan, "accuracy": 1}, nan_ok=True
    )


def test_words_without_entities_are_judged_as_scikit_learn_judges() -> None:
    kind, answers = tagged("noun", "verb", "X", never="Y")
    found = judged(kind, answers, "examples", "words", "expected")
    theirs = metrics.classification_report(
        np.concatenate(kind.expected),
        np.concatenate(answers),
        output_dict=True,
        zero_division=0,
    )
    assert values(found) == pytest.approx(
        {"accuracy": theirs["accuracy"], "f1_macro": theirs["macro avg"]["f1-score"]}
    )
    assert by_class(found) == {
        name: (theirs[name]["support"], pytest.approx(theirs[name]["recall"]))
        for name in kind.names
    }
    assert list(by_class(found)) == sorted(kind.names)
    assert found.decisions == [tuple(tags) for tags in answers]
    assert kind.difference(("X", "noun", "X"), ("X", "verb", "X")) == pytest.approx(1 / 3)
