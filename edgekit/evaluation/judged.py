"""How one file's answers compare with what the data expect, whatever the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgekit.evaluation.measures import Measure


@dataclass(frozen=True)
class Example:
    """What stands in the data: where, the texts, and what is expected, as a person reads it."""

    place: str
    texts: tuple[str, ...]
    expected: str


@dataclass(frozen=True)
class ClassMeasure:
    """A measure over one class of the examples.

    Attributes:
        label: the class: a label, an entity's type, or a kind of question.
        examples: how many the data have of it.
        measure: over these alone.
    """

    label: str
    examples: int
    measure: Measure


@dataclass(frozen=True)
class Judged:
    """How one file's records compare with what the data expect.

    Attributes:
        measures: the metrics; the first is the one that counts.
        classes: metrics over parts of the examples.
        decisions: what was decided for each example, to be compared between files; empty for
            examples on which nothing is decided.
        shown: each example's answer as a person reads it.
        values: each example's answer as :meth:`Kind.difference` compares it.
        details: further numbers by name.
        scored: whether the values are scores, whose distances have a mean.
    """

    measures: tuple[Measure, ...]
    classes: tuple[ClassMeasure, ...]
    decisions: Sequence[tuple[Any, ...]]
    shown: Sequence[str]
    values: Sequence[Any]
    details: Mapping[str, float] = field(default_factory=dict)
    scored: bool = False


def agreement(a: Judged, b: Judged) -> float | None:
    """The share of all decisions that two files take alike; None where nothing is decided.

    Args:
        a: one file's answers, judged.
        b: the other's, to the same examples.
    """
    pairs = zip(a.decisions, b.decisions, strict=True)
    same = [x == y for left, right in pairs for x, y in zip(left, right, strict=True)]
    return sum(same) / len(same) if same else None
