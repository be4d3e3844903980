"""The samples of one round: files that can be compared, opened together, interleaved."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from edgekit.benchmarks import entries, interleaved
from edgekit.benchmarks.devices import warnings
from edgekit.benchmarks.devices.protocol import Runner, RunnerError, Target
from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Measurement, Operator
from edgekit.benchmarks.spec import Suite

Say = Callable[[str], None]
TOKENIZER_RUNS = 30
COUNTED_WARM_UP, COUNTED = 1, 3  # inferences in an emulator, where each may take seconds


@dataclass(frozen=True)
class Round:
    """Files that are measured together, under the same conditions.

    Attributes:
        target: The device.
        threads: How many threads a runtime may use.
        length: How many tokens the text has, special ones included.
        batch: How many texts of that length an inference takes.
        entries: The files, each in one runtime.
    """

    target: Target
    threads: int
    length: int
    batch: int
    entries: tuple[Entry, ...]

    @property
    def place(self) -> tuple[str, int, int, int]:
        """What tells it from a suite's other rounds: its device, threads, length and batch."""
        return (self.target.name, self.threads, self.length, self.batch)


class Sampling:
    """Measures files whose answers have been checked.

    Args:
        suite: Says what is measured and when to stop.
        say: Is told what happens.
        tick: Is told what happens right now, which the next call replaces.
        failed: Makes the measurement of a file that failed, of what was measured so far.
        go_on: Is called between inferences; it raises to end the measuring.
    """

    def __init__(
        self,
        suite: Suite,
        say: Say,
        tick: Say,
        failed: Callable[[Round, Measurement, RunnerError], Measurement],
        go_on: Callable[[], None],
    ) -> None:
        self._suite, self._say, self._tick = suite, say, tick
        self._failed, self._go_on = failed, go_on

    def measure(
        self, each: Round, pairs: Sequence[tuple[Entry, Measurement]]
    ) -> Iterator[Measurement]:
        """Measures the files of a round.

        Args:
            each: The round.
            pairs: Its files, each with the measurement of it so far.

        Returns:
            The measurements, in any order; one that failed has a failure.
        """
        yield from (self._timed if each.target.timed else self._counted)(each, pairs)

    def _opened(self, each: Round, entry: Entry, folder: Path) -> Runner:
        """A runner that has opened the entry's file and been fed with the round's text."""
        path = folder / f"{len(list(folder.iterdir()))}.bin"
        entry.write_texts(each.length, each.batch, path)
        with ExitStack() as stack:
            runner = stack.enter_context(start(each, entry))
            runner.feed(entry.padded(each.length), each.target.put(path))
            stack.pop_all()  # it stays open
        return runner

    def _timed(
        self, each: Round, pairs: Sequence[tuple[Entry, Measurement]]
    ) -> Iterator[Measurement]:
        """Interleaved latencies, with loads, first inferences and memory of each process."""
        limits, stamp = self._suite.limits, datetime.now(timezone.utc).isoformat()
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            opened = []
            for entry, blank in pairs:
                self._tick(f"load {entry.subject.label}")
                try:
                    found, runner = self._ready(each, entry, blank, Path(name), stack)
                except RunnerError as error:
                    yield self._failed(each, blank, error)
                else:
                    opened.append((entry, replace(found, round=stamp), runner))
            if not opened:
                return
            runners = [runner for *_, runner in opened]
            with each.target.watch(limits.cool_seconds) as watch:
                series = interleaved.sample(runners, limits, self._ticked)
                load = watch.load()
            self._say(f"    {max(len(one.latency_ms) for one in series)} inferences each")
            for (entry, found, _), one in zip(opened, series, strict=True):
                yield self._finished(each, entry, found, one, load)

    def _ready(
        self, each: Round, entry: Entry, blank: Measurement, folder: Path, stack: ExitStack
    ) -> tuple[Measurement, Runner]:
        """A runner that has done its first inference, and the measurement with what that took."""
        loads, firsts = self._loads(each, entry, folder)
        runner = stack.enter_context(self._opened(each, entry, folder))
        firsts.append(runner.run(1)[0])
        found = replace(
            blank,
            warm_up=self._suite.limits.warm_up + 1,
            load_ms=(*loads, runner.load_ms),
            first_ms=tuple(firsts),
            environment={**blank.environment, "runtime": runner.runtime},
        )
        return found, runner

    def _ticked(self, count: int) -> None:
        self._go_on()
        self._tick(f"{count} inferences each")

    def _loads(self, each: Round, entry: Entry, folder: Path) -> tuple[list[float], list[float]]:
        """Milliseconds of opening a file and of its first inferences, each in a new process."""
        loads, firsts = [], []
        for _ in range(self._suite.limits.loads - 1):
            with self._opened(each, entry, folder) as runner:
                loads.append(runner.load_ms)
                firsts.append(runner.run(1)[0])
        return loads, firsts

    def _finished(
        self,
        each: Round,
        entry: Entry,
        found: Measurement,
        series: interleaved.Series,
        load: warnings.Load,
    ) -> Measurement:
        if series.failure is not None:
            return self._failed(each, found, series.failure)
        limits = self._suite.limits
        try:
            return replace(
                found,
                latency_ms=tuple(series.latency_ms),
                block=limits.block,
                tokenizer_ms=entries.tokenizer_ms(entry.bundle, each.length, TOKENIZER_RUNS),
                peak_memory_bytes=series.runner.memory_growth_bytes(),
                cold_ms=tuple(series.runner.cold(limits.cold)),
                energy_mj=series.runner.energy_mj(statistics.median(series.latency_ms)),
                profile=tuple(self._profile(series.runner)),
                warnings=tuple(
                    warnings.of(series.latency_ms, load, found.environment, limits.block)
                ),
            )
        except RunnerError as error:
            return self._failed(each, found, error)

    def _profile(self, runner: Runner) -> Iterator[Operator]:
        """Time by operator, where the suite asks for it and the runtime has a profiler."""
        if not self._suite.profile:
            return
        try:
            rows = runner.profile(self._suite.limits.profile_runs)
        except RunnerError as error:
            self._say(f"    no profile: {error}")
            return
        yield from rows

    def _counted(
        self, each: Round, pairs: Sequence[tuple[Entry, Measurement]]
    ) -> Iterator[Measurement]:
        """Instructions and memory in an emulator, one file after the other."""
        if self._suite.profile:
            self._say(f"    no profile: the times of {each.target.name} mean nothing")
        for entry, blank in pairs:
            self._say(f"    count {entry.subject.label}")
            with tempfile.TemporaryDirectory() as folder:
                try:
                    with self._opened(each, entry, Path(folder)) as runner:
                        runner.run(COUNTED_WARM_UP + COUNTED)
                        counts = runner.instructions()
                        warm = counts[COUNTED_WARM_UP:]
                        yield replace(
                            blank,
                            warm_up=COUNTED_WARM_UP,
                            environment={**blank.environment, "runtime": runner.runtime},
                            peak_memory_bytes=runner.memory_growth_bytes(),
                            instructions=statistics.median_low(warm) if warm else None,
                            instructions_each=tuple(counts),
                        )
                except RunnerError as error:
                    yield self._failed(each, blank, error)


def start(each: Round, entry: Entry, *, evict: bool = False) -> Runner:
    """Starts a runner that has opened an entry's file on the round's target.

    Args:
        each: The round.
        entry: One of its entries.
        evict: Whether the file is dropped from the page cache first.

    Raises:
        RunnerError: The file cannot be opened there.
    """
    return each.target.start(entry.launch(each.threads, evict=evict))
