"""The samples of one round: files that can be compared, opened together, interleaved."""

from __future__ import annotations

import random
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
from edgekit.words import count

Say = Callable[[str], None]
TOKENIZER_RUNS = 30  # encodings of a text that are timed
COUNTED_WARM_UP, COUNTED = 1, 3  # inferences in an emulator, where each may take seconds


@dataclass(frozen=True)
class Round:
    """Files that are measured together, under the same conditions.

    Attributes:
        target: the device.
        threads: how many threads a runtime may use.
        length: how many tokens the text has, special ones included.
        batch: how many texts of that length an inference takes.
        entries: the files, each in one runtime.
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
        suite: says what is measured and when to stop.
        say: is told what happens.
        tick: is told what happens right now, which the next call replaces.
        failed: makes the measurement of a file that failed, of what was measured so far.
        go_on: is called between inferences; it raises to end the measuring.
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
            each: the round.
            pairs: its files, each with the measurement of it so far.

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
        """Measures latencies, interleaved, in several processes of each file in turn."""
        limits, stamp = self._suite.limits, datetime.now(timezone.utc).isoformat()
        going = [
            (entry, replace(found, round=stamp, block=limits.block, warm_up=limits.warm_up + 1))
            for entry, found in pairs
        ]
        loads: list[warnings.Load] = []
        for number in range(1, limits.processes + 1):
            # what is opened first may be slower for it
            order = random.Random(number).sample(going, len(going))
            rows = list(self._process(each, order, number, loads))
            yield from (found for _, found in rows if found.failure is not None)
            going = [(entry, found) for entry, found in rows if found.failure is None]
        if going:
            most = max(len(found.latency_ms) for _, found in going)
            self._say(f"    {most} inferences each, in {count(limits.processes, 'process')}")
        for _, found in going:
            codes = warnings.of(found.samples, loads, found.environment)
            yield replace(found, warnings=tuple(codes))

    def _process(
        self,
        each: Round,
        going: Sequence[tuple[Entry, Measurement]],
        number: int,
        loads: list[warnings.Load],
    ) -> Iterator[tuple[Entry, Measurement]]:
        """Opens every file in a new process, all at once, and samples them in turns.

        Args:
            each: the round.
            going: its files, each with the measurement of it so far.
            number: which of the processes it is; after the last one all else is measured.
            loads: what the machine did meanwhile is added to them.

        Returns:
            The same files with what was added; one that failed has a failure.
        """
        limits = self._suite.limits
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            opened = []
            for entry, found in going:
                self._tick(f"process {number} of {limits.processes}: load {entry.subject.label}")
                try:
                    opened.append((entry, *self._ready(each, entry, found, Path(folder), stack)))
                except RunnerError as error:
                    yield entry, self._lost(each, found, error)
            if not opened:
                return
            runners = [runner for *_, runner in opened]
            with each.target.watch(limits.cool_seconds) as watch:
                series = interleaved.sample(runners, limits.of_a_process, self._ticked)
                loads.append(watch.load())
            for (entry, found, _), one in zip(opened, series, strict=True):
                yield entry, self._added(each, entry, found, one, number == limits.processes)

    def _ready(
        self, each: Round, entry: Entry, found: Measurement, folder: Path, stack: ExitStack
    ) -> tuple[Measurement, Runner]:
        """Opens a file in a new process, and does one inference.

        Returns:
            The measurement with the time of both added, and the runner.
        """
        runner = stack.enter_context(self._opened(each, entry, folder))
        more = replace(
            found,
            load_ms=(*found.load_ms, runner.load_ms),
            first_ms=(*found.first_ms, runner.run(1)[0]),
            environment={**found.environment, "runtime": runner.runtime},
        )
        return more, runner

    def _ticked(self, number: int) -> None:
        self._go_on()
        self._tick(f"{number} inferences each")

    def _lost(self, each: Round, found: Measurement, error: RunnerError) -> Measurement:
        """The measurement of a file that failed after some processes.

        What earlier ones gave is dropped: it is no latency of a file that does not last.
        """
        return self._failed(each, replace(found, latency_ms=(), processes=()), error)

    def _added(
        self,
        each: Round,
        entry: Entry,
        found: Measurement,
        series: interleaved.Series,
        last: bool,
    ) -> Measurement:
        """Adds the inferences of one more process to a file's measurement.

        Args:
            each: the round.
            entry: the file.
            found: its measurement so far.
            series: what the process gave.
            last: whether it is the last of the processes.
        """
        if series.failure is not None:
            return self._lost(each, found, series.failure)
        more = replace(
            found,
            latency_ms=(*found.latency_ms, *series.latency_ms),
            processes=(*found.processes, len(series.latency_ms)),
        )
        try:
            return self._finished(each, entry, more, series.runner) if last else more
        except RunnerError as error:
            return self._lost(each, found, error)

    def _finished(
        self, each: Round, entry: Entry, found: Measurement, runner: Runner
    ) -> Measurement:
        """Adds what is asked of the last process alone: memory, cold inferences, profile."""
        return replace(
            found,
            tokenizer_ms=entries.tokenizer_ms(entry.bundle, each.length, TOKENIZER_RUNS),
            peak_memory_bytes=runner.memory_growth_bytes(),
            cold_ms=tuple(runner.cold(self._suite.limits.cold)),
            energy_mj=runner.energy_mj(statistics.median(found.latency_ms)),
            profile=tuple(self._profile(runner)),
        )

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
        """Measures instructions and memory in an emulator, one file after the other."""
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
        each: the round.
        entry: one of its entries.
        evict: whether the file is dropped from the page cache first.

    Raises:
        RunnerError: the file cannot be opened there.
    """
    return each.target.start(entry.launch(each.threads, evict=evict))
