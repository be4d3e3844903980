"""Samples to numbers. Measures nothing and prints nothing.

Intervals are bootstrap percentile intervals of 95% (Efron 1979), with a fixed seed: the same
samples always give the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20261122


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval, relative to the value."""
        return (self.high - self.low) / 2 / self.value if self.value else 0.0

    def holds(self, value: float) -> bool:
        """Whether a value is within: a ratio whose interval holds 1 shows no difference."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Summary:
    """Latency samples, summed up. Percentiles are of single inferences, intervals of the averages.

    ``throughput_per_s`` counts texts: batch over median.
    """

    count: int
    median: Interval
    mean: Interval
    min: float
    p90: float
    p99: float
    max: float
    throughput_per_s: float


def summarise(latency_ms: Sequence[float], batch: int = 1) -> Summary:
    """Sums up the latencies of one file under one set of conditions.

    Args:
        latency_ms: of at least one inference, in milliseconds.
        batch: how many texts one inference takes: throughput counts texts.
    """
    values = np.asarray(latency_ms, np.float64)
    middle = median(values)
    means = values[_draws(len(values))].mean(axis=1)
    return Summary(
        len(values),
        middle,
        _interval(float(values.mean()), means),
        float(values.min()),
        float(np.percentile(values, 90)),
        float(np.percentile(values, 99)),
        float(values.max()),
        1000 * batch / middle.value,
    )


def median(values: Sequence[float] | np.ndarray) -> Interval:
    """The median with its 95% bootstrap interval."""
    array = np.asarray(values, np.float64)
    draws = np.median(array[_draws(len(array))], axis=1)
    return _interval(float(np.median(array)), draws)


def ratio(
    slower_ms: Sequence[float], faster_ms: Sequence[float], *, paired: bool = False
) -> Interval:
    """How many times faster one file is than another: the ratio of the medians.

    Args:
        slower_ms: samples of the one that is divided, in milliseconds.
        faster_ms: samples of the one that it is divided by.
        paired: whether they were interleaved: a resample then keeps the pairs together, from the
            first sample on, so that what shifted both does not widen the interval.
    """
    a, b = np.asarray(slower_ms, np.float64), np.asarray(faster_ms, np.float64)
    if paired:
        a, b = a[: len(b)], b[: len(a)]
    rows = _draws(len(a))
    others = rows if paired else _draws(len(b), 1)
    draws = np.median(a[rows], axis=1) / np.median(b[others], axis=1)
    return _interval(float(np.median(a) / np.median(b)), draws)


def expected(
    samples: Sequence[Sequence[float]], weights: Sequence[float], longest: Sequence[float]
) -> tuple[Interval, Interval]:
    """What texts of several lengths take on average, and what is gained by padding none too far.

    Samples of different lengths were not interleaved: each is drawn on its own.

    Args:
        samples: latencies in milliseconds, one sequence a length.
        weights: how many of the texts are padded to each length.
        longest: latencies at the longest length; it may be one of ``samples``, and is then the same
            draw.

    Returns:
        The weighted mean of the medians in milliseconds, and how many times faster that is than the
        median of ``longest``.
    """
    shares = np.asarray(weights, np.float64) / np.sum(weights)
    streams = [np.asarray(row, np.float64) for row in samples]
    draws = [np.median(row[_draws(len(row), stream)], axis=1) for stream, row in enumerate(streams)]
    same = [index for index, row in enumerate(samples) if row is longest]
    last = np.asarray(longest, np.float64)
    drawn = draws[same[0]] if same else np.median(last[_draws(len(last), len(samples))], axis=1)
    mean, means = float(shares @ [np.median(row) for row in streams]), shares @ np.array(draws)
    return _interval(mean, means), _interval(float(np.median(last)) / mean, drawn / means)


def none_of(count: int) -> float:
    """The exact upper bound (Clopper and Pearson 1934) of a share of which nothing was seen.

    The bootstrap has no interval there: every resample is the same. For a one-sided interval it is
    the rule of three, 3 / count.

    Args:
        count: how often it could have been seen, at least once.
    """
    return float(1 - ((1 - CONFIDENCE) / 2) ** (1 / count))


def _draws(count: int, stream: int = 0) -> np.ndarray:
    return np.random.default_rng(SEED + stream).integers(0, count, (RESAMPLES, count))


def _interval(value: float, draws: np.ndarray) -> Interval:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
