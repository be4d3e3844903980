"""Judged answers to scores with intervals, agreement, and the examples that differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgekit import stats
from edgekit.evaluation import measures
from edgekit.evaluation.judged import Example, Judged, agreement
from edgekit.evaluation.measures import Measure
from edgekit.evaluation.result import ClassScore, DifferingExample, Score
from edgekit.stats import CONFIDENCE

Bounds: TypeAlias = tuple[float | None, float | None]
_TAIL = 100 * (1 - CONFIDENCE) / 2  # per cent of the resamples that lie beyond either bound


@dataclass(frozen=True)
class Scored:
    """The metrics of a judged file with intervals, over all examples and over each class."""

    scores: tuple[Score, ...]
    classes: tuple[ClassScore, ...]


def score(judged: Sequence[Judged], count: int, *, baseline: bool) -> list[Scored]:
    """Gives every file's measures their intervals, all with the same resamples.

    Args:
        judged: what was judged of each file.
        count: how many examples there are.
        baseline: whether the first is PyTorch, from which the others' drops are taken.
    """
    every = [[*one.measures, *(part.measure for part in one.classes)] for one in judged]
    drawn = measures.draws([measure for some in every for measure in some], count)
    blocks = drawn.reshape(len(judged), -1, drawn.shape[1])
    base = list(zip(every[0], blocks[0], strict=True)) if baseline else None
    found = []
    for number, (one, some, block) in enumerate(zip(judged, every, blocks, strict=True)):
        against = base if base and number else [None] * len(some)
        counts = [count] * len(one.measures) + [part.examples for part in one.classes]
        scores = [
            _score(measure, draws, examples, other)
            for measure, draws, examples, other in zip(some, block, counts, against, strict=True)
        ]
        size = len(one.measures)
        parts = (
            ClassScore(part.label, part.examples, each)
            for part, each in zip(one.classes, scores[size:], strict=True)
        )
        found.append(Scored(tuple(scores[:size]), tuple(parts)))
    return found


def _score(
    measure: Measure, draws: np.ndarray, examples: int, base: tuple[Measure, np.ndarray] | None
) -> Score:
    """A metric with its interval, and with its drop if there is a baseline.

    Args:
        measure: of the file.
        draws: what it is in each resample, (resamples,).
        examples: how many there are.
        base: the same metric of PyTorch.
        base_draws: what that is in each resample.
    """
    value, bounds = _known(measure.value), _own_bounds(measure, draws, examples)
    if base is None:
        return Score(measure.name, measure.share, value, *bounds)
    pytorch, pytorch_draws = base
    drop = _known(pytorch.value - measure.value)
    drops = _drop_bounds(measure, pytorch_draws - draws, examples)
    return Score(measure.name, measure.share, value, *bounds, drop, *drops)


def _own_bounds(measure: Measure, draws: np.ndarray, examples: int) -> Bounds:
    """The 95% interval of a metric: by bootstrap, and exact where all is right or all is wrong."""
    found = _bounds(draws)
    if not measure.share or found not in ((0.0, 0.0), (1.0, 1.0)):
        return found
    unseen = stats.unseen_share_bound(examples)
    return (1 - unseen, 1.0) if measure.value else (0.0, unseen)


def _drop_bounds(measure: Measure, draws: np.ndarray, examples: int) -> Bounds:
    """The 95% interval of a drop.

    Exact where no resample has any, and None for a correlation then.
    """
    found = _bounds(draws)
    if found != (0.0, 0.0):
        return found
    if not measure.share:
        return None, None
    unseen = stats.unseen_share_bound(examples)
    return -unseen, unseen


def _bounds(draws: np.ndarray) -> Bounds:
    """The percentile interval of resamples, without those in which the metric is not defined."""
    known = draws[~np.isnan(draws)]
    if not known.size:
        return None, None
    low, high = np.percentile(known, [_TAIL, 100 - _TAIL])
    return float(low), float(high)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def compared(found: Judged, base: Judged | None) -> tuple[float | None, int]:
    """How far a file decides as PyTorch does.

    Args:
        found: the file's answers, judged.
        base: PyTorch's; None without a baseline.

    Returns:
        The share of decisions that are the same, None without ``base``, and how many there are.
    """
    count = sum(map(len, found.decisions))
    return (agreement(base, found), count) if base else (None, count)


def differences(
    examples: Sequence[Example], found: Judged, base: Judged, sizes: Sequence[float], most: int
) -> Iterator[DifferingExample]:
    """The examples on which a file differs most from PyTorch.

    Other decisions come before other scores of the same decision.

    Args:
        examples: what was judged.
        found: the file's answers to them.
        base: PyTorch's.
        sizes: how much the two differ on each, 0 for not at all.
        most: how many are wanted.
    """

    def rank(index: int) -> tuple[bool, float]:
        return found.decisions[index] != base.decisions[index], sizes[index]

    for index in sorted(range(len(examples)), key=rank, reverse=True)[:most]:
        if rank(index) > (False, 0.0):
            row = examples[index]
            yield DifferingExample(
                row.place,
                row.texts,
                row.expected,
                base.shown[index],
                found.shown[index],
                float(sizes[index]),
            )
