"""Warm inferences of several runners, interleaved, until every median is known well enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgekit import stats
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.spec import Limits

_CHECK_EVERY = 5  # rounds: a bootstrap takes longer than a small model's inference


@dataclass
class Series:
    """The samples of one runner, in the order in which they were taken.

    Attributes:
        runner: The runner that was sampled.
        latency_ms: One latency for each inference, warm-up excluded.
        failure: Why the runner could not go on, or None if it lasted to the end.
    """

    runner: Runner
    latency_ms: list[float] = field(default_factory=list)
    failure: RunnerError | None = None


def sample(
    runners: Sequence[Runner], limits: Limits, say: Callable[[int], None] = lambda rounds: None
) -> list[Series]:
    """Samples all runners in rounds of one inference each, so that drift meets all of them alike.

    A runner that fails drops out and the others go on. Sampling ends when the interval of every
    median is as narrow as ``limits.precision``, or at the limit of samples or time.

    Args:
        runners: Runners that have been fed with their inputs.
        limits: How many warm-up rounds and samples, how long at most, and how precisely.
        say: Is called after each round with the number of rounds so far.

    Returns:
        A series for each runner, in the order of ``runners``. The n-th latencies of two series
        that both lasted were taken right after each other.
    """
    series = [Series(runner) for runner in runners]
    for _ in range(limits.warm_up):
        _round(series, keep=False)
    deadline = time.monotonic() + limits.seconds * len(series)
    for rounds in range(1, limits.max_samples + 1):
        _round(series, keep=True)
        say(rounds)
        lasting = [each for each in series if each.failure is None]
        if not lasting or (rounds >= 2 and time.monotonic() > deadline):
            break
        if rounds >= limits.min_samples and rounds % _CHECK_EVERY == 0:
            medians = (stats.median(each.latency_ms) for each in lasting)
            if all(median.half_width <= limits.precision for median in medians):
                break
    return series


def _round(series: Sequence[Series], *, keep: bool) -> None:
    for each in series:
        if each.failure is not None:
            continue
        try:
            samples = each.runner.sample()
        except RunnerError as error:
            each.failure = error
        else:
            each.latency_ms += samples if keep else []
