"""Judged answers of several files: intervals, drops, agreement and what differs most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from labelled_data import READER, lines_file, model, prepared, squad_file
from scipy import stats
from sklearn.metrics import root_mean_squared_error

from edgekit.bundle import Bundle
from edgekit.evaluation import measures
from edgekit.evaluation.judged import ClassMeasure, Example, Judged, agreement
from edgekit.evaluation.judging import Outcome, report
from edgekit.evaluation.result import Score
from edgekit.evaluation.scoring import compared, differences, score

COUNT = 80
RNG = np.random.default_rng(1)
CHOSEN = RNG.random(COUNT) < 0.3
BASE, OTHER = (RNG.random(COUNT) < share for share in (0.8, 0.6))


def judged(right: np.ndarray) -> Judged:
    """Over all examples, and over those of a class."""
    recall = measures.ratio("recall", right * CHOSEN, CHOSEN)
    part = ClassMeasure("chosen", int(CHOSEN.sum()), recall)
    return Judged((measures.mean("accuracy", right),), (part,), [], [], [])


def drawn(right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and recall in each resample."""
    rows = np.concatenate([some.indices for some in measures.resamples(COUNT)])
    return right[rows].mean(1), (right & CHOSEN)[rows].sum(1) / CHOSEN[rows].sum(1)


def test_intervals_are_percentiles_of_resamples_and_drops_of_their_differences() -> None:
    first, *others = score([judged(BASE), judged(OTHER), judged(BASE)], COUNT, baseline=True)
    for number, (base, other) in enumerate(zip(drawn(BASE), drawn(OTHER), strict=True)):
        own, found, same = (
            (each.scores[0], each.classes[0].score)[number] for each in (first, *others)
        )
        assert (own.low, own.high) == pytest.approx(tuple(np.percentile(base, [2.5, 97.5])))
        assert (own.drop, own.drop_low, own.drop_high) == (None, None, None)
        assert (found.low, found.high) == pytest.approx(tuple(np.percentile(other, [2.5, 97.5])))
        assert found.drop == pytest.approx(own.value - found.value)
        bounds = tuple(np.percentile(base - other, [2.5, 97.5]))
        assert (found.drop_low, found.drop_high) == pytest.approx(bounds)
        count = (COUNT, CHOSEN.sum())[number]
        assert (same.drop, same.drop_high) == pytest.approx((0, unseen(count)))
    assert first.classes[0].examples == CHOSEN.sum()
    alone = score([judged(BASE), judged(OTHER)], COUNT, baseline=False)
    assert [each.scores[0].drop for each in alone] == [None, None]


def unseen(count: int) -> float:
    return float(stats.binomtest(0, int(count)).proportion_ci(0.95, method="exact").high)


def test_what_is_not_defined_has_no_number_and_what_nothing_changes_no_interval() -> None:
    x = np.arange(12.0)

    def correlated(found: np.ndarray) -> Score:
        one, other = (Judged((measures.spearman(x, y),), (), [], [], []) for y in (x, found))
        return score([one, other], len(x), baseline=True)[1].scores[0]

    undefined, perfect = correlated(np.ones(12)), correlated(x)
    assert undefined == Score("spearman", False, None, None, None)
    assert perfect == Score("spearman", False, pytest.approx(1), 1, 1, 0)
    wrong = Judged((measures.mean("accuracy", np.zeros(8)),), (), [], [], [])
    (found,) = score([wrong], 8, baseline=True)[0].scores
    assert (found.value, found.low, found.high) == (0, 0, pytest.approx(unseen(8)))


def deciding(*decisions: tuple[str, ...]) -> Judged:
    shown = [" ".join(each) for each in decisions]
    return Judged((), (), decisions, shown, shown)


def test_agreement_counts_decisions_and_not_examples() -> None:
    base = deciding(("a", "b", "c"), (), ("d",))
    found = deciding(("a", "x", "c"), (), ("d",))
    assert compared(found, base) == (0.75, 4)
    assert compared(found, None) == (None, 4)
    assert agreement(deciding((), ()), deciding((), ())) is None


def test_other_decisions_come_before_other_scores() -> None:
    base, found = (deciding(("a",), ("b",), (last,), ("d",), ("e",)) for last in "cx")
    examples = [Example(f"line {number}", ("text",), "right") for number in range(1, 6)]
    sizes = [0.3, 0.0, 0.0, 0.9, 0.1]
    rows = list(differences(examples, found, base, sizes, 3))
    assert [row.place for row in rows] == ["line 3", "line 4", "line 1"]
    assert (rows[0].pytorch, rows[0].found, rows[0].size) == ("c", "x", 0.0)
    assert len(list(differences(examples, found, base, sizes, 9))) == 4


def test_a_report_has_every_file_in_its_place(bundle: Bundle, tmp_path: Path) -> None:
    """The distances of scores; a file that failed has none, and is no reason for the others."""
    about = model("text-classification", ("score",), "regression")
    rows = [{"text": "a", "label": place} for place in range(4)]
    asked = prepared(lines_file(tmp_path / "d.jsonl", rows), about)
    own, *given = ((0.0, 1.0, 2.0, 3.0), (0.5, 1.0, 4.0, 3.0), (0.0, 1.0, 2.0, 3.0))
    baseline = Outcome(None, "host", "PyTorch 2", own, 2)
    good = [
        Outcome(file, "phone", "runtime 1", records, 1)
        for file, records in zip(bundle.artifacts, given, strict=False)
    ]
    failed = Outcome(bundle.artifacts[2], "phone", "", (), 0, "does not open")
    found = report(bundle, asked, baseline, [good[0], failed, good[1]], 1)
    assert [row.file for row in found.artifacts] == [
        bundle.artifacts[place].path.name for place in (0, 2, 1)
    ]
    first, lost, same = found.artifacts
    assert first.rmse == pytest.approx(root_mean_squared_error(own, given[0]))
    assert [(row.place, row.size) for row in first.differences] == [("line 3", 2.0)]
    assert (same.rmse, same.differences, same.metrics[0].drop) == (0, (), 0)
    assert (lost.failure, lost.metrics, lost.device) == ("does not open", (), "phone")
    assert [row.cut for row in (found.baseline, *found.artifacts)] == [2, 1, 0, 1]
    assert (found.baseline.rmse, found.baseline.metrics[0].drop) == (None, None)
    assert found.baseline.sha256 == bundle.manifest.source.sha256
    gone = replace(baseline, records=(), failure="no PyTorch")
    alone = report(bundle, asked, gone, good, 1)
    assert (alone.baseline, alone.no_baseline) == (None, "no PyTorch")
    assert [(row.rmse, row.metrics[0].drop, row.differences) for row in alone.artifacts] == [
        (None, None, ())
    ] * 2
    nothing = report(bundle, asked, gone, [failed], 1)
    assert [row.failure for row in nothing.artifacts] == ["does not open"]


def test_a_report_has_what_was_decided_and_each_class(bundle: Bundle, tmp_path: Path) -> None:
    """Of four questions PyTorch answers all rightly, and the file leaves one of them out."""
    questions = [{"question": "q", "answers": [{"text": "c"}] * number} for number in (1, 1, 1, 0)]
    asked = prepared(squad_file(tmp_path / "s.json", questions, "the c"), READER)
    said, silent = ({"null": null, "spans": [[4, 5, 0.0, 1.0]]} for null in (-1.0, 1.0))
    baseline = Outcome(None, "host", "PyTorch 2", (said, said, said, silent), 0)
    file = Outcome(bundle.artifacts[0], "host", "runtime 1", (said, said, silent, silent), 0)
    found = report(bundle, asked, baseline, [file], 1)
    (row,) = found.artifacts
    assert (row.agreement, row.decisions, row.rmse) == (0.75, 4, None)
    assert (found.baseline.agreement, found.bundle_id) == (None, bundle.id)
    assert [(part.label, part.examples, part.score.drop) for part in row.classes] == [
        ("answerable", 3, pytest.approx(1 / 3)),
        ("unanswerable", 1, 0),
    ]
    assert (row.details["best_f1"], found.baseline.details["best_f1"]) == (0.75, 1)
