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


def summarise(latency_ms: Sequence[float], batch: int = 1, block: int = 1) -> Summary:
    """Sums up the latencies of one file under one set of conditions.

    Args:
        latency_ms: of at least one inference, in milliseconds.
        batch: how many texts one inference takes: throughput counts texts.
        block: how many samples were taken in one go. What disturbs one disturbs its neighbours, and
            to take them as independent would make intervals too narrow: resamples draw blocks
            first, and then samples of each (Davison and Hinkley 1997, section 3.8).
    """
    values = np.asarray(latency_ms, np.float64)
    middle = median(values, block)
    means = values[_draws(len(values), block=block)].mean(axis=1)
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


def median(values: Sequence[float] | np.ndarray, block: int = 1) -> Interval:
    """The median with its 95% bootstrap interval; ``block`` as of :func:`summarise`."""
    array = np.asarray(values, np.float64)
    draws = np.median(array[_draws(len(array), block=block)], axis=1)
    return _interval(float(np.median(array)), draws)


def ratio(
    slower_ms: Sequence[float], faster_ms: Sequence[float], *, paired: bool = False, block: int = 1
) -> Interval:
    """How many times faster one file is than another: the ratio of the medians.

    Args:
        slower_ms: samples of the one that is divided, in milliseconds.
        faster_ms: samples of the one that it is divided by.
        paired: whether they were interleaved: a resample then keeps the pairs together, from the
            first sample on, so that what shifted both does not widen the interval.
        block: as of :func:`summarise`, the same for both.
    """
    a, b = np.asarray(slower_ms, np.float64), np.asarray(faster_ms, np.float64)
    if paired:
        a, b = a[: len(b)], b[: len(a)]
    rows = _draws(len(a), block=block)
    others = rows if paired else _draws(len(b), 1, block)
    draws = np.median(a[rows], axis=1) / np.median(b[others], axis=1)
    return _interval(float(np.median(a) / np.median(b)), draws)


def expected(
    samples: Sequence[Sequence[float]],
    weights: Sequence[float],
    longest: Sequence[float],
    block: int = 1,
) -> tuple[Interval, Interval]:
    """What texts of several lengths take on average, and what is gained by padding none too far.

    Samples of different lengths were not interleaved: each is drawn on its own.

    Args:
        samples: latencies in milliseconds, one sequence a length.
        weights: how many of the texts are padded to each length.
        longest: latencies at the longest length; it may be one of ``samples``, and is then the same
            draw.
        block: as of :func:`summarise`, the same for all.

    Returns:
        The weighted mean of the medians in milliseconds, and how many times faster that is than the
        median of ``longest``.
    """
    shares = np.asarray(weights, np.float64) / np.sum(weights)
    streams = [np.asarray(row, np.float64) for row in samples]
    draws = [
        np.median(row[_draws(len(row), stream, block)], axis=1)
        for stream, row in enumerate(streams)
    ]
    same = [index for index, row in enumerate(samples) if row is longest]
    last = np.asarray(longest, np.float64)
    drawn = (
        draws[same[0]] if same else np.median(last[_draws(len(last), len(samples), block)], axis=1)
    )
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


def _draws(count: int, stream: int = 0, block: int = 1) -> np.ndarray:
    """Places of samples drawn with replacement: first blocks, then samples of each."""
    random = np.random.default_rng(SEED + stream)
    if block == 1:
        return random.integers(0, count, (RESAMPLES, count))
    blocks = -(-count // block)
    drawn = random.integers(0, blocks, (RESAMPLES, blocks, 1))
    within = random.integers(0, block, (RESAMPLES, blocks, block))
    places = (block * drawn + within).reshape(RESAMPLES, -1)
    return places % count  # a last block may be shorter: it is filled up with the first samples


def _interval(value: float, draws: np.ndarray) -> Interval:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
