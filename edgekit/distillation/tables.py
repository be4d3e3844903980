"""A report as tables of words, which the terminal and the page show alike."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.distillation import report
from edgekit.distillation.report import DistillationReport, Entrant
from edgekit.layout import TextTable

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
            *((report.interval(each.scores[0]), _drop(each)) if each.scores else ()),
        )
        for each in found.entrants
    ]
    return TextTable(columns, tuple(rows), 1)


def gains(found: DistillationReport) -> TextTable:
    """By how many points the student is better than each control."""
    rows = [
        (
            each.over,
            f"{report.gain(each)} {each.metric}",
            "beyond chance" if each.beyond_chance else "within chance",
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
    """What DistilBERT's paper reports, beside what came out here."""
    teacher, student = found.entrant(report.TEACHER), found.entrant(report.STUDENT)
    ours = dict.fromkeys(report.PAPER_CLAIMS, _NOTHING)
    if teacher and student:
        fewer = 1 - student.parameters / teacher.parameters
        ours["parameters"] = (
            f"{100 * fewer:.0f}% fewer ({student.parameters / 1e6:.1f} of "
            f"{teacher.parameters / 1e6:.1f} million)"
        )
        if student.faster:
            times = student.faster
            ours["latency"] = (
                f"{times.value:.2f} ({times.low:.2f} to {times.high:.2f}) times faster, "
                f"{found.length} tokens on one CPU thread"
            )
    if found.retained is not None:
        ours["retained"] = f"{100 * found.retained:.1f}% of the teacher's metric"
    drawn = next((each for each in found.gains if each.over == report.RANDOM), None)
    if drawn:
        ours[report.RANDOM] = f"{100 * drawn.value:.2f} points less with random layers"
    rows = [(name, claim, ours[name]) for name, claim in report.PAPER_CLAIMS.items()]
    return TextTable(("", "the paper's", "ours"), tuple(rows), 3)


def _drop(each: Entrant) -> str:
    if not each.scores or each.scores[0].drop is None:
        return _NOTHING
    score = each.scores[0]
    low, high = score.drop_low or 0.0, score.drop_high or 0.0
    return f"{100 * (score.drop or 0.0):.2f} ({100 * low:.2f} to {100 * high:.2f})"
