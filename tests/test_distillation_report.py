"""What a report of a distillation says where an interval shows nothing."""

from __future__ import annotations

from edgekit.distillation import report, tables
from edgekit.distillation.report import DistillationReport, Entrant, Gain
from edgekit.evaluation.result import Score
from edgekit.stats import Interval


def made(faster: Interval, gains: tuple[Gain, ...], drop: tuple[float, float, float]) -> str:
    """All tables of a report in one text."""
    whole = Score("accuracy", True, 0.9, 0.8, 0.95)
    student = Score("accuracy", True, 0.88, 0.78, 0.93, *drop)
    entrants = (
        Entrant(report.TEACHER, 20, 80, None, (whole,)),
        Entrant(report.STUDENT, 10, 40, faster, (student,)),
    )
    found = DistillationReport(
        "t", "task", (1,), 128, {}, 100, entrants, gains, (), None, report.sentence(entrants, gains)
    )
    return "\n".join(" ".join(row) for _, table in tables.of(found) for row in table.rows)


def test_an_interval_that_shows_nothing_is_said_to() -> None:
    unclear = Gain(report.WITHOUT, "accuracy", 0.01, -0.01, 0.03)
    said = made(Interval(1.1, 0.9, 1.3), (unclear,), (0.02, -0.01, 0.05))
    assert "without distillation +1.00 (-1.00 to +3.00) accuracy no difference" in said
    assert "no difference: 1.10 (0.90 to 1.30) times as fast" in said
    assert "no difference: 2.00 (-1.00 to 5.00)" in said


def test_what_an_interval_shows_is_said() -> None:
    worse = Gain(report.WITHOUT, "accuracy", -0.02, -0.03, -0.01)
    better = Gain(report.RANDOM, "accuracy", 0.05, 0.03, 0.07)
    said = made(Interval(1.9, 1.8, 2.0), (worse, better), (0.02, 0.01, 0.05))
    assert "accuracy worse" in said
    assert "accuracy better" in said
    assert "5.00 points less with random layers" in said
    assert "no difference" not in said
