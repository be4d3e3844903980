"""A report as tables of words, which the terminal and the page show alike."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.distillation import report
from edgekit.distillation.report import DistillationReport, Gain
from edgekit.evaluation.result import Score
from edgekit.layout import TextTable
from edgekit.reporting import scores
from edgekit.reporting.wording import NO_DIFFERENCE
from edgekit.stats import Interval

_NOTHING = ""


def of(found: DistillationReport) -> Iterator[tuple[str, TextTable]]:
    """All tables of a report that have rows, each with its title."""
    yield f"{found.examples} examples" if found.examples else "models", models(found)
    if found.gains:
        yield "the student against", gains(found)
    yield "losses, first tenth of the steps -> last tenth", losses(found)
    yield "the paper's, beside ours", paper(found)


def models(found: DistillationReport) -> TextTable:
    """A row for the teacher, the student and each control: size, speed and quality."""
    scored = next((each.scores for each in found.entrants if each.scores), ())
    measured = (scored[0].name, "drop") if scored else ()
    columns = ("model", "parameters", "MB", *measured)
    rows = [
        (
            each.name,
            f"{each.parameters / 1e6:.2f} M",
            f"{each.size_bytes / 1e6:.1f}",
            *((report.interval(each.scores[0]), _drop(each.scores[0])) if each.scores else ()),
        )
        for each in found.entrants
    ]
    return TextTable(columns, tuple(rows), 1)


def gains(found: DistillationReport) -> TextTable:
    """A row for each control: by how many points the student is better."""
    rows = [
        (
            each.over,
            f"{report.gain(each)} {each.metric}",
            _verdict(each),
        )
        for each in found.gains
    ]
    return TextTable(("control", "points", ""), tuple(rows), 1)


def losses(found: DistillationReport) -> TextTable:
    """A row for each part of the loss in each training: how it began and how it ended."""
    rows = [
        (
            each.name,
            f"{each.steps}",
            f"{each.tokens_per_s:,.0f}",
            "  ".join(f"{name} {a:.4f} -> {b:.4f}" for name, (a, b) in each.parts.items()),
        )
        for each in found.courses
    ]
    return TextTable(("training", "steps", "tokens/s", "parts"), tuple(rows), 1)


def paper(found: DistillationReport) -> TextTable:
    """What DistilBERT's paper reports beside what came out here: a row for each number."""
    teacher, student = found.entrant(report.TEACHER), found.entrant(report.STUDENT)
    ours = dict.fromkeys(report.PAPER_CLAIMS, _NOTHING)
    if teacher and student:
        fewer = 1 - student.parameters / teacher.parameters
        ours["parameters"] = (
            f"{100 * fewer:.0f}% fewer ({student.parameters / 1e6:.1f} of "
            f"{teacher.parameters / 1e6:.1f} million)"
        )
        if student.faster:
            ours["latency"] = f"{_speed(student.faster)}, {found.length} tokens on one CPU thread"
    if found.retained is not None:
        ours["retained"] = f"{100 * found.retained:.1f}% of the teacher's metric"
    drawn = next((each for each in found.gains if each.over == report.RANDOM), None)
    if drawn:
        ours[report.RANDOM] = (
            f"{100 * drawn.value:.2f} points less with random layers"
            if drawn.beyond_chance
            else f"{NO_DIFFERENCE} with random layers: {report.gain(drawn)}"
        )
    rows = [(name, claim, ours[name]) for name, claim in report.PAPER_CLAIMS.items()]
    return TextTable(("", "the paper's", "ours"), tuple(rows), 3)


def _verdict(gain: Gain) -> str:
    """What a gain shows: which of the two is better beyond chance, if any."""
    if gain.beyond_chance:
        return "better"
    return "worse" if gain.high < 0 else NO_DIFFERENCE


def _speed(faster: Interval) -> str:
    """Like ``1.93 (1.85 to 1.99) times as fast``, and no difference where the interval holds 1."""
    times = f"{faster.value:.2f} ({faster.low:.2f} to {faster.high:.2f}) times as fast"
    return f"{NO_DIFFERENCE}: {times}" if faster.holds(1.0) else times


def _drop(score: Score) -> str:
    """What a model lost against the teacher, in points; empty for the teacher itself."""
    if score.drop is None:
        return _NOTHING
    low, high = score.drop_low or 0.0, score.drop_high or 0.0
    points = f"{100 * score.drop:.2f} ({100 * low:.2f} to {100 * high:.2f})"
    return f"{NO_DIFFERENCE}: {points}" if scores.shows_nothing(score) else points
