"""How runners take turns and when they have done, what is warned of, and runners that die."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from measuring import launch, no_model

from edgekit import stats
from edgekit.benchmarks import interleaved
from edgekit.benchmarks.devices import warnings
from edgekit.benchmarks.devices.host.device import Host
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.devices.warnings import Load
from edgekit.benchmarks.spec import Limits
from edgekit.stats import Samples


class Scripted(Runner):
    """Answers from a list of latencies and fails where there are no more."""

    def __init__(self, latency_ms: list[float], log: list[str], name: str) -> None:
        self._latency_ms, self._log, self._name = iter(latency_ms), log, name

    def run(self, count: int = 1) -> list[float]:
        self._log.append(self._name)
        try:
            return [next(self._latency_ms) for _ in range(count)]
        except StopIteration:
            raise RunnerError("unplugged") from None


def test_runners_take_turns_whose_first_inference_does_not_count() -> None:
    log: list[str] = []
    turn = [9.0, 1.0, 1.0]  # the first is cold
    runners = [Scripted(turn * 2, log, "a"), Scripted([2.0] * 99, log, "b")]
    limits = Limits(min_samples=5, max_samples=5, warm_up=2, block=2)
    a, b = interleaved.sample(runners, limits)
    assert sorted(log[:2]) == sorted(log[2:4]) == ["a", "b"]
    assert (str(a.failure), b.failure) == ("unplugged", None)
    assert a.latency_ms == [1.0] * 2
    assert b.latency_ms == [2.0] * 5


def test_no_runner_always_comes_after_the_same_other_one() -> None:
    log: list[str] = []
    runners = [Scripted([1.0] * 99, log, name) for name in "abc"]
    interleaved.sample(runners, Limits(min_samples=20, max_samples=20, warm_up=0, block=2))
    turns = {"".join(log[place : place + 3]) for place in range(0, len(log), 3)}
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert len(turns) > 2


def test_sampling_ends_when_every_median_is_known_well_enough() -> None:
    noise = random.Random(0)
    steady = Scripted([10.0] * 500, [], "steady")
    noisy = Scripted([noise.uniform(7, 13) for _ in range(500)], [], "noisy")
    limits = Limits(min_samples=10, max_samples=300, precision=0.05, warm_up=0)
    (alone,) = interleaved.sample([steady], limits)
    assert len(alone.latency_ms) == 10
    both = interleaved.sample([Scripted([10.0] * 500, [], "steady"), noisy], limits)
    assert 10 < len(both[1].latency_ms) < 300
    assert len(both[0].latency_ms) == len(both[1].latency_ms)
    assert stats.median(Samples(both[1].latency_ms, limits.block)).half_width <= 0.05


def test_pairs_narrow_the_interval_of_a_ratio_on_a_drifting_machine() -> None:
    drift = np.linspace(1.0, 2.0, 60)
    slow, fast = Samples(20 * drift), Samples(10 * drift)
    paired, loose = stats.ratio(slow, fast, paired=True), stats.ratio(slow, fast)
    assert paired.value == loose.value == pytest.approx(2.0)
    assert paired.high - paired.low < 0.001 < loose.high - loose.low
    assert paired.low <= paired.value <= paired.high


@pytest.mark.parametrize(
    ("code", "latency_ms", "load"),
    [
        ("few-samples", [10.0] * 4, Load()),
        ("wide-interval", [*([10.0] * 10), *([20.0] * 10)], Load()),
        ("outliers", [*([10.0] * 16), *([50.0] * 4)], Load()),
        ("drift", [10 + 0.2 * step for step in range(30)], Load()),
        ("few-processes", [10.0] * 20, Load()),
        ("busy", [10.0] * 20, Load(others_cores=0.6)),
        ("stolen", [10.0] * 20, Load(stolen_share=0.1)),
        ("throttled", [10.0] * 20, Load(clock_share=0.7)),
    ],
)
def test_each_warning_comes_when_it_should(code: str, latency_ms: list[float], load: Load) -> None:
    assert code in set(warnings.of(Samples(latency_ms), [Load(), load], {}))
    assert code in warnings.TABLE
    steady = Samples([10.0, 10.1] * 9 + [10.2, 10.3] * 9, processes=(12, 12, 12))
    assert list(warnings.of(steady, [Load(0.05, 0.0, 1.0)] * 3, {})) == []


def test_a_runner_says_why_it_cannot_open_a_file(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="cannot be opened"):
        Host().start(launch("onnxruntime", no_model(tmp_path, ".onnx")))


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("sys.exit(7)", r"ended with exit code 7 instead of 'loaded'"),
        (
            "os.kill(os.getpid(), 9)",
            r"was ended by SIGKILL \(out of memory\?\) instead",
        ),
    ],
)
def test_a_runner_that_dies_is_one_line(end: str, message: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"print('noise'); import os, sys; {end}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(RunnerError, match=message):
        ProcessRunner(process)
