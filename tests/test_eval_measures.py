"""The measures of ``edgekit eval`` against independent truth."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from labelled_data import (
    READER,
    SIMILAR,
    TAGS,
    prepared,
    squad_file,
)
from sklearn import metrics

from edgekit.evaluation import measures, squad
from edgekit.evaluation.judged import Example
from edgekit.evaluation.measures import Resamples
from edgekit.evaluation.tagging import Words
from edgekit.stats import RESAMPLES


def once(count: int) -> Resamples:
    """Every example once, so that a draw has to be the value itself."""
    return Resamples(np.arange(count)[None])


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
        assert measure.share == (measure.name in {"f1_macro", "accuracy"}), "no correlation is one"


def test_each_resamples_matthews_is_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    x = rng.choice(4, 60, p=[0.6, 0.2, 0.1, 0.1])
    y = np.where(rng.random(60) < 0.6, x, rng.integers(0, 4, 60))
    a, b = (np.eye(4, dtype=np.uint8)[each] for each in (x, y))
    some = next(measures.resamples(60))
    expected = [metrics.matthews_corrcoef(x[rows], y[rows]) for rows in some.indices[:30]]
    found = measures.matthews("matthews", 0.0, a, b).draw(some)[:30]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_resamples_in_blocks_are_all_of_them() -> None:
    right = np.arange(1500) % 3 == 0
    (drawn,) = measures.draws([measures.mean("accuracy", right)], 1500)
    assert drawn.shape == (RESAMPLES,)
    assert drawn.std() == pytest.approx(np.sqrt(1 / 3 * 2 / 3 / 1500), rel=0.05)


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
    assert squad.best(squad.f1_v2, found, ("another", expected)) == pytest.approx(f1_v2)


def test_the_best_threshold_is_the_best_of_all() -> None:
    rng = np.random.default_rng(2)
    scores, margins = rng.random(50), rng.normal(size=50).round(1)
    answerable = rng.random(50) < 0.6
    value, threshold = squad.best_threshold(scores, margins, answerable)

    def at(limit: float) -> float:
        silent = margins > limit
        return float(np.where(silent, ~answerable, scores * answerable).mean())

    assert squad.best_threshold(scores, margins, np.zeros(50, bool))[1] < margins.min()
    everything = pytest.approx((scores.mean(), margins.max()))
    assert squad.best_threshold(scores, margins, np.ones(50, bool)) == everything
    assert squad.answers_v2(("the", "c")) == ("c",)
    assert value == pytest.approx(at(threshold))
    assert value == pytest.approx(max(at(limit) for limit in (*margins, margins.min() - 1)))


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
    path.write_text("query\tdocument\tlabel\nq\ta\t1\nq\tb\t0\nq\tc\t3\nr\tb\t1\n")
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
