"""Scores of an evaluation in words, the same in every rendering."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.evaluation.result import FEW, BundleEvaluation, Quality, Score
from edgekit.reporting.wording import NO_DIFFERENCE, NOTHING
from edgekit.words import count

METHOD = (
    "Metrics have intervals of 95%, by bootstrap, or exact where no answer differs; a drop is "
    "PyTorch's value minus the file's on the same examples"
)


def number(value: float | None, share: bool) -> str:
    """A metric's value as a cell: a share in percent, or a correlation with four digits."""
    if value is None:
        return "undefined"
    shown = round(value, 4) + 0.0  # no -0.00%
    return f"{shown:.2%}" if share else f"{shown:.4f}"


def bounds(low: float | None, high: float | None, share: bool) -> str:
    """Like ``(88.10% to 91.02%)``; empty where there are none."""
    if low is None or high is None:
        return ""
    return f"({number(low, share)} to {number(high, share)})"


def rmse(row: Quality) -> str:
    """The root mean square distance of a file's scores from PyTorch's, in their unit, as a cell."""
    return "" if row.rmse is None else f"{row.rmse:.2g}"


def metric(score: Score, between: str = " ") -> str:
    """A metric's value with its interval.

    Args:
        score: the metric.
        between: what stands between the two.
    """
    parts = number(score.value, score.share), bounds(score.low, score.high, score.share)
    return between.join(filter(None, parts))


def drop(score: Score, between: str = " ") -> str:
    """What a file lost against PyTorch, with its interval; empty where there is no baseline.

    Args:
        score: a metric.
        between: what stands between the number and the interval.
    """
    if score.drop is None:
        return ""
    parts = number(score.drop, score.share), bounds(score.drop_low, score.drop_high, score.share)
    return between.join(filter(None, parts))


def difference(score: Score) -> str:
    """What a file lost, in words that a table has room for.

    Where the interval holds 0 it says that no difference is shown.
    """
    if score.drop is None:
        return NOTHING
    if shows_nothing(score):
        within = bounds(score.drop_low, score.drop_high, score.share)
        return " ".join(filter(None, (NO_DIFFERENCE, within)))
    return drop(score)


def shows_nothing(score: Score) -> bool:
    """Whether a drop is no more than chance: its interval holds 0, or nothing was lost at all."""
    if score.drop_low is None or score.drop_high is None:
        return score.drop == 0
    return score.drop_low <= 0 <= score.drop_high


def verdict(score: Score) -> str:
    """What the drop shows, as the end of a sentence that begins with the file's name."""
    value = number(score.value, score.share)
    if score.drop is None:
        return f"has {score.name} {value}"
    if shows_nothing(score):
        return f"is not shown to be worse or better than PyTorch: {score.name} {value}"
    change = number(abs(score.drop), score.share)
    return f"{'loses' if score.drop > 0 else 'gains'} {change} of {score.name}"


def agreement(found: Quality, between: str = " ") -> str:
    """The share of PyTorch's decisions that a file takes, like ``98.30% of 872``.

    Empty where nothing is decided.
    """
    if found.agreement is None:
        return ""
    return f"{found.agreement:.2%}{between}of {found.decisions}"


def warnings(found: BundleEvaluation) -> Iterator[str]:
    """Sentences about what an evaluation's numbers do not tell, such as texts that were cut."""
    if found.examples < FEW:
        yield f"{found.examples} examples: intervals are wide; give {FEW} or more"
    rows = (found.baseline, *found.artifacts)
    if cut := max((row.cut for row in rows if row), default=0):
        alike = ", for PyTorch as well: no drop tells what that costs" if found.baseline else ""
        yield f"{count(cut, 'text')} beyond the bundle's maximum length and cut{alike}"
