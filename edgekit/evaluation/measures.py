"""A metric as its value, by a library, and as a function of resampled examples, vectorised.

Intervals are bootstrap percentile intervals of 95%, as those of :mod:`edgekit.stats`.
All measures of a bundle are drawn with the same resamples: what makes an example hard for all files
does not widen the interval of a difference.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from edgekit.stats import RESAMPLES, SEED

_BLOCK = 1 << 21  # resampled examples that are in memory at a time


class Resamples:
    """Some of the bootstrap's resamples: examples drawn with replacement.

    Args:
        indices: int (resamples, examples), which examples each resample has.
    """

    def __init__(self, indices: np.ndarray) -> None:
        self.indices = indices  # (resamples, examples)

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each resample has each example: (resamples, examples), float64."""
        rows, size = self.indices.shape
        flat = self.indices + size * np.arange(rows)[:, None]
        return np.bincount(flat.ravel(), minlength=rows * size).reshape(rows, size).astype(float)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sum over each resample.

        Args:
            values: (examples, ...), one number or several an example.

        Returns:
            float64 (resamples, ...).
        """
        return np.asarray(self.counts @ np.asarray(values, np.float64))


Draw = Callable[[Resamples], np.ndarray]


@dataclass(frozen=True)
class Measure:
    """A metric of one file: the larger the better, NaN where it is not defined.

    ``draw`` gives it for each resample; ``share`` says that it is a share, and not a correlation.
    """

    name: str
    value: float
    draw: Draw
    share: bool = True


def resamples(count: int) -> Iterator[Resamples]:
    """All resamples of so many examples, in blocks that fit into memory.

    They depend on the count alone, so that two files over the same examples are resampled alike.

    Args:
        count: how many examples there are, and how many each resample draws.

    Yields:
        A block of resamples; all blocks together have ``stats.RESAMPLES``.
    """
    rng = np.random.default_rng(SEED)
    step = max(1, _BLOCK // count)
    for first in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - first), count
        yield Resamples(rng.integers(0, count, size))


def draws(measures: Sequence[Measure], count: int) -> np.ndarray:
    """What each measure is in each resample.

    Args:
        measures: of one file, over the same examples.
        count: how many examples there are.

    Returns:
        float64 (measures, resamples).
    """
    blocks = [[measure.draw(some) for measure in measures] for some in resamples(count)]
    return np.concatenate(blocks, axis=1)


def mean(name: str, values: Sequence[float] | np.ndarray) -> Measure:
    """The mean of one number an example: of 0 and 1 it is an accuracy.

    Args:
        name: the metric's.
        values: (examples,).
    """
    array = np.asarray(values, np.float64)
    return Measure(
        name, float(array.mean()), lambda some: np.asarray(some.sums(array) / len(array))
    )


def ratio(name: str, parts: np.ndarray, wholes: np.ndarray) -> Measure:
    """A sum over a sum, such as the right words of all words, or a recall.

    Args:
        name: the metric's.
        parts: (examples,), what counts.
        wholes: (examples,), out of what; the measure is NaN where all are 0.
    """
    parts, wholes = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)

    def draw(some: Resamples) -> np.ndarray:
        return _divided(some.sums(parts), some.sums(wholes))

    value = float(_divided(parts.sum(), wholes.sum()))
    return Measure(name, value, draw)


def f1_of_counts(name: str, counts: np.ndarray, value: float | None = None) -> Measure:
    """F1 over the counts of all examples together (micro-averaged).

    Args:
        name: the metric's.
        counts: (examples, 3): how many are right, how many were found and how many expected.
        value: F1 as a library gives it; None computes it here.
    """

    def f1(sums: np.ndarray) -> np.ndarray:
        hits, found, expected = sums.T
        return np.asarray(np.nan_to_num(_divided(2 * hits, found + expected)))

    known = float(f1(counts.sum(axis=0))) if value is None else value
    return Measure(name, known, lambda some: f1(some.sums(counts)))


def f1_macro(value: float, hits: np.ndarray, both: np.ndarray) -> Measure:
    """The mean over the labels of their F1.

    Labels that neither stand in the data nor were found do not count.

    Args:
        value: of all examples, by a library.
        hits: (examples, labels), how often each example has each label rightly.
        both: (examples, labels), how often it is expected and how often found, together.
    """

    def draw(some: Resamples) -> np.ndarray:
        each = _divided(2 * some.sums(hits), some.sums(both))
        return _mean_of_defined(each)

    return Measure("f1_macro", value, draw)


def matthews(name: str, value: float, expected: np.ndarray, found: np.ndarray) -> Measure:
    """Matthews' correlation of two labellings; 0 where one of them is constant.

    Args:
        name: the metric's.
        value: of all examples, by a library.
        expected: (examples, labels) of 0 and 1.
        found: the same.
    """
    right = (expected & found).sum(axis=1)
    size = len(right)

    def draw(some: Resamples) -> np.ndarray:
        true, predicted = some.sums(expected), some.sums(found)
        shared = some.sums(right) * size - (true * predicted).sum(axis=1)
        spread = (size**2 - (true**2).sum(axis=1)) * (size**2 - (predicted**2).sum(axis=1))
        return np.asarray(np.nan_to_num(_divided(shared, np.sqrt(spread))))

    return Measure(name, value, draw, share=False)


def pearson(expected: np.ndarray, found: np.ndarray) -> Measure:
    """The linear correlation of scores, each (examples,); NaN where one of them is constant."""
    from scipy import stats

    value = _quietly(lambda: float(stats.pearsonr(expected, found).statistic))
    x, y = expected - expected.mean(), found - found.mean()
    terms = np.stack([x, y, x * x, y * y, x * y], axis=1)

    def draw(some: Resamples) -> np.ndarray:
        sx, sy, sxx, syy, sxy = some.sums(terms).T / len(x)
        spread = np.maximum(sxx - sx**2, 0) * np.maximum(syy - sy**2, 0)
        return _divided(sxy - sx * sy, np.sqrt(spread))

    return Measure("pearson", value, draw, share=False)


def spearman(expected: np.ndarray, found: np.ndarray) -> Measure:
    """The correlation of the ranks of scores, each (examples,).

    Every resample gives out its ranks anew.
    """
    from scipy import stats

    value = _quietly(lambda: float(stats.spearmanr(expected, found).statistic))

    def draw(some: Resamples) -> np.ndarray:
        x, y = (
            stats.rankdata(values[some.indices], axis=1) - (len(values) + 1) / 2
            for values in (expected, found)
        )
        return _divided((x * y).sum(1), np.sqrt((x * x).sum(1) * (y * y).sum(1)))

    return Measure("spearman", value, draw, share=False)


def _quietly(correlation: Callable[[], float]) -> float:
    """A library's correlation.

    NaN without its warning where it is not defined, as for one example.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return correlation()
        except ValueError:
            return math.nan


def _divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a / b``, each (resamples,); NaN where ``b`` is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(b) == 0, np.nan, np.divide(a, b))


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """The mean of each row without its NaNs; 0 for a row that has nothing else."""
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
