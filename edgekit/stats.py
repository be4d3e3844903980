"""Samples to numbers. Measures nothing and prints nothing.

Intervals are of 95%. A file that is started again is some percent faster or slower, for as long as
the process lives: its memory lies elsewhere. So samples of several processes have Student's
interval of the processes' own results, as far as they differ (Kalibera and Jones, "Rigorous
benchmarking in reasonable time", 2013). Those of one process have a bootstrap percentile interval
(Efron 1979), with a fixed seed: it says nothing of another start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20261122  # any number will do: the same samples have the same interval every time
# Student's t for CONFIDENCE, by degrees of freedom from 1; what comes after is as wide as the last.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True)
class Interval:
    """A measured value and the bounds of its 95% confidence interval, all of one unit."""

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
class Samples:
    """Latencies of one file, in the order in which they were taken.

    Args:
        latency_ms: of at least one inference, in milliseconds.
        block: how many were taken in one go. What disturbs one disturbs its neighbours, and to take
            them as independent would make intervals too narrow: resamples draw blocks first, and
            then samples of each (Davison and Hinkley 1997, section 3.8).
        processes: how many each process took, one after the other; none: all are of one.
    """

    latency_ms: Sequence[float]
    block: int = 1
    processes: tuple[int, ...] = ()

    @property
    def array(self) -> np.ndarray:
        """All of them: (samples,), float64, milliseconds."""
        return np.asarray(self.latency_ms, np.float64)

    @property
    def parts(self) -> list[np.ndarray]:
        """The latencies of each process by itself, in milliseconds: (samples,) arrays, in order."""
        return np.split(self.array, list(accumulate(self.processes))[:-1])

    def until(self, count: int) -> Samples:
        """The first ``count`` samples.

        Unless those are all, which process took them is forgotten.
        """
        return (
            self if count == len(self.latency_ms) else Samples(self.latency_ms[:count], self.block)
        )


@dataclass(frozen=True)
class Summary:
    """Latency samples of one file, summed up.

    Attributes:
        count: how many inferences there were.
        median: with its interval, in milliseconds, like the other times.
        mean: with its interval.
        min: the fastest single inference.
        p90: the 90th percentile of single inferences.
        p99: the 99th.
        max: the slowest.
        throughput_per_s: texts in a second: the batch over the median.
    """

    count: int
    median: Interval
    mean: Interval
    min: float
    p90: float
    p99: float
    max: float
    throughput_per_s: float


def summarise(samples: Samples, batch: int = 1) -> Summary:
    """Sums up the latencies of one file under one set of conditions.

    Args:
        samples: of the file.
        batch: how many texts one inference takes: throughput counts texts.

    Returns:
        Percentiles of single inferences, and averages with their intervals.
    """
    values, middle = samples.array, median(samples)
    return Summary(
        len(values),
        middle,
        _of_one(samples, np.mean),
        float(values.min()),
        float(np.percentile(values, 90)),
        float(np.percentile(values, 99)),
        float(values.max()),
        1000 * batch / middle.value,
    )


def median(samples: Samples) -> Interval:
    """The median latency in milliseconds, with its interval."""
    return _of_one(samples, np.median)


def ratio(slower: Samples, faster: Samples, *, paired: bool = False) -> Interval:
    """How many times faster one file is than another: the ratio of the medians.

    Args:
        slower: samples of the one that is divided.
        faster: samples of the one that it is divided by.
        paired: whether they were interleaved: a resample then keeps the pairs together, from the
            first sample on, so that what shifted both does not widen the interval.
    """
    if paired:
        count = min(len(slower.latency_ms), len(faster.latency_ms))
        slower, faster = slower.until(count), faster.until(count)
    a, b = slower.array, faster.array
    value = float(np.median(a) / np.median(b))
    pairs = zip(slower.parts, faster.parts, strict=False)
    each = [np.median(one) / np.median(other) for one, other in pairs]
    if len(each) > 1:
        return _of_processes(value, each)
    rows = _draws(slower)
    others = rows if paired else _draws(faster, 1)
    return _interval(value, np.median(a[rows], axis=1) / np.median(b[others], axis=1))


def expected(
    samples: Sequence[Samples], weights: Sequence[float], longest: Samples
) -> tuple[Interval, Interval]:
    """What texts of several lengths take on average, and what is gained by padding none too far.

    Samples of different lengths were not interleaved: each is drawn on its own.

    Args:
        samples: one for each length.
        weights: how many of the texts are padded to each length.
        longest: those at the longest length; it may be one of ``samples`` itself, and is then the
            same draw.

    Returns:
        The weighted mean of the medians in milliseconds, and how many times faster that is than the
        median of ``longest``.
    """
    shares = np.asarray(weights, np.float64) / np.sum(weights)
    place = next((n for n, row in enumerate(samples) if row is longest), len(samples))
    streams = [*samples, longest][: max(place + 1, len(samples))]

    def both(medians: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = shares @ medians[: len(samples)]
        return mean, medians[place] / mean

    mean, faster = (float(value) for value in both(_medians([row.array for row in streams])))
    processes = zip(*(row.parts for row in streams), strict=False)
    each = np.array([both(_medians(parts)) for parts in processes])
    if len(each) > 1:
        return _of_processes(mean, each[:, 0]), _of_processes(faster, each[:, 1])
    draws = [
        np.median(row.array[_draws(row, stream)], axis=1) for stream, row in enumerate(streams)
    ]
    means, ratios = both(np.array(draws))
    return _interval(mean, means), _interval(faster, ratios)


def _medians(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The median of each part, as an array."""
    return np.array([np.median(part) for part in parts])


def unseen_share_bound(count: int) -> float:
    """The exact upper bound (Clopper and Pearson 1934) of a share of which nothing was seen.

    The bootstrap has no interval there: every resample is the same. For a one-sided interval it is
    the rule of three, 3 / count.

    Args:
        count: how often it could have been seen, at least once.
    """
    return float(1 - ((1 - CONFIDENCE) / 2) ** (1 / count))


def _of_one(samples: Samples, average: Callable[..., np.ndarray]) -> Interval:
    """An average of one file's samples, with its interval.

    Several processes give Student's interval of their averages; one gives a bootstrap of its
    blocks.

    Args:
        samples: of the file.
        average: numpy's ``mean`` or ``median``: takes an array and an ``axis``.
    """
    values = samples.array
    value = float(average(values))
    if len(samples.parts) > 1:
        return _of_processes(value, [float(average(part)) for part in samples.parts])
    return _interval(value, average(values[_draws(samples)], axis=1))


def _of_processes(value: float, each: Sequence[float] | np.ndarray) -> Interval:
    """The interval of an average, from how far apart several fresh processes are: Student's t.

    It is taken of logarithms, so that it is as wide in proportion on both sides.

    Args:
        value: the average over all samples, in the middle.
        each: the average of each process, at least two, above 0.
    """
    degrees = len(each) - 1
    student = _STUDENT[min(degrees, len(_STUDENT)) - 1]
    half = student * float(np.std(np.log(each), ddof=1)) / math.sqrt(len(each))
    return Interval(value, value * math.exp(-half), value * math.exp(half))


def _draws(samples: Samples, stream: int = 0) -> np.ndarray:
    """Draws positions of samples with replacement, for the bootstrap: first blocks, then samples.

    Args:
        samples: of which is drawn.
        stream: another number draws independently.

    Returns:
        (resamples, samples) integers, the same in every run.
    """
    random, count = np.random.default_rng(SEED + stream), len(samples.latency_ms)
    if samples.block == 1:
        return random.integers(0, count, (RESAMPLES, count))
    blocks = -(-count // samples.block)
    drawn = random.integers(0, blocks, (RESAMPLES, blocks, 1))
    within = random.integers(0, samples.block, (RESAMPLES, blocks, samples.block))
    places = (samples.block * drawn + within).reshape(RESAMPLES, -1)
    return places % count  # a last block may be shorter: it is filled up with the first samples


def _interval(value: float, draws: np.ndarray) -> Interval:
    """The percentile interval of a bootstrap: ``draws`` is what each resample gave."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
