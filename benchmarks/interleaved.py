"""Warm inferences of several runners, in turns, until every median is known well enough.

A turn is a block of inferences. Turns of a single one would measure what no app meets: each file's
weights have driven the others' out of the processor's caches, which costs small files most. Whose
turn comes after whose is drawn anew each time, so that no file always follows the same other one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgekit import stats
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.spec import FEWEST, Limits
from edgekit.stats import Samples

_SEED = 20261128  # of the orders


@dataclass
class Series:
    """The samples of one runner, in the order in which they were taken.

    Attributes:
        runner: the runner that was sampled.
        latency_ms: one latency for each inference that counts.
        failure: why the runner could not go on, or None if it lasted to the end.
    """

    runner: Runner
    latency_ms: list[float] = field(default_factory=list)
    failure: RunnerError | None = None


def sample(
    runners: Sequence[Runner], limits: Limits, say: Callable[[int], None] = lambda count: None
) -> list[Series]:
    """Samples all runners in turns, so that drift meets all of them alike.

    A runner that fails drops out and the others go on. Sampling ends when the interval of every
    median is as narrow as ``limits.precision``, or at the limit of samples or time.

    Args:
        runners: runners that have been fed with their inputs.
        limits: how many warm-ups and samples, how many of them a turn has, how long at most, and
            how precisely.
        say: is called after each turn with the number of samples so far.

    Returns:
        A series for each runner, in the order of ``runners``. The n-th latencies of two series
        that both lasted were taken in neighbouring turns.
    """
    series, chance = [Series(runner) for runner in runners], random.Random(_SEED)
    if limits.warm_up:
        _turn(series, limits.warm_up, keep=False)
    deadline, count = time.monotonic() + limits.seconds * len(series), 0
    while True:
        order = chance.sample(series, len(series))
        _turn(order, min(limits.block, limits.max_samples - count), keep=True)
        lasting = [each for each in series if each.failure is None]
        if not lasting:
            return series
        count = len(lasting[0].latency_ms)
        say(count)
        late = count >= FEWEST and time.monotonic() > deadline
        if late or count >= limits.max_samples or _known(lasting, count, limits):
            return series


def _known(lasting: Sequence[Series], count: int, limits: Limits) -> bool:
    """Whether every median is known as precisely as ``limits`` ask.

    Args:
        lasting: of runners that have not failed.
        count: samples of each.
        limits: say how precisely, and the least count.
    """
    medians = (stats.median(Samples(each.latency_ms, limits.block)) for each in lasting)
    return count >= limits.min_samples and all(
        row.half_width <= limits.precision for row in medians
    )


def _turn(series: Sequence[Series], count: int, *, keep: bool) -> None:
    """Takes ``count`` samples of each runner that has not failed; warm-ups are not kept."""
    for each in series:
        if each.failure is not None:
            continue
        try:
            samples = each.runner.sample(count)
        except RunnerError as error:
            each.failure = error
        else:
            each.latency_ms += samples if keep else []
