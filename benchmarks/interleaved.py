"""Warm inferences of several runners in turns, until their medians are known well enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgekit import stats
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.spec import Limits

_CHECK_EVERY = 5  # rounds: a bootstrap takes longer than a small model's inference


@dataclass
class Lane:
    """One runner's samples; ``failure`` is why it left the race."""

    runner: Runner
    latency_ms: list[float] = field(default_factory=list)
    failure: RunnerError | None = None


def run(
    runners: Sequence[Runner], limits: Limits, say: Callable[[int], None] = lambda rounds: None
) -> list[Lane]:
    """One inference of each, again and again: a machine that drifts shifts all of them alike.

    A runner that fails leaves; the others go on. Ends when every median's interval is narrow, or
    at the limit of samples or time.
    """
    lanes = [Lane(runner) for runner in runners]
    for _ in range(limits.warm_up):
        _round(lanes, keep=False)
    deadline = time.monotonic() + limits.seconds * len(lanes)
    for rounds in range(1, limits.max_samples + 1):
        _round(lanes, keep=True)
        say(rounds)
        running = [lane for lane in lanes if lane.failure is None]
        if not running or (rounds >= 2 and time.monotonic() > deadline):
            break
        if rounds >= limits.min_samples and rounds % _CHECK_EVERY == 0:
            medians = (stats.median(lane.latency_ms) for lane in running)
            if all(median.half_width <= limits.precision for median in medians):
                break
    return lanes


def _round(lanes: Sequence[Lane], *, keep: bool) -> None:
    for lane in lanes:
        if lane.failure is not None:
            continue
        try:
            samples = lane.runner.sample()
        except RunnerError as error:
            lane.failure = error
        else:
            lane.latency_ms += samples if keep else []
