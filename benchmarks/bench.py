"""A suite on its devices: prepare bundles, check each file there, measure in turns, keep it all.

Files that can be compared (same device, threads and length) form a round: all of them are opened,
each in a process of its own, and take turns. A finished round is on disk at once, and is not
measured again when the same command runs again into the same folder.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edgekit import formats
from edgekit.benchmarks import cautions, entries, parity, turns
from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Conditions, Measurement, Operator, Parity
from edgekit.benchmarks.protocol import LostError, Runner, RunnerError, Target
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, PlanError

Say = Callable[[str], None]
Named = tuple[str | None, Bundle]
TOKENIZER_RUNS = 30
COUNTED_WARM_UP, COUNTED = 1, 3  # inferences in an emulator, where each may take seconds


@dataclass(frozen=True)
class Round:
    """What is measured in turns."""

    target: Target
    threads: int
    length: int
    entries: tuple[Entry, ...]


class Bench:
    """One run of a suite over opened bundles.

    ``keep`` gets every measurement as soon as it is finished; ``done`` are those that a former run
    left, by their keys. ``say`` is told what happens, ``tick`` what happens right now.
    """

    def __init__(
        self,
        suite: Suite,
        bundles: Sequence[Named],
        keep: Callable[[Measurement], None],
        done: Mapping[tuple[Any, ...], Measurement] | None = None,
        say: Say = lambda text: None,
        tick: Say = lambda text: None,
    ) -> None:
        self._suite, self._bundles = suite, bundles
        self._keep, self._done, self._say, self._tick = keep, done or {}, say, tick
        self._stopped = threading.Event()
        self._parity: dict[tuple[str, str, str], Parity | str] = {}

    def run(self, targets: Iterable[Target]) -> None:
        """Measures everything that is missing; several threads may, each with targets of its own.

        Raises:
            PlanError: a bundle takes no text as long as one that is asked for, or no file is asked
                for.
        """
        rounds = self.plan(targets)
        for number, each in enumerate(rounds, 1):
            if self._stopped.is_set():
                return
            where = f"{each.target.name}, {_count(each.threads, 'thread')}, {each.length} tokens"
            if self._finished_before(each):
                self._say(f"[{number}/{len(rounds)}] {where}: measured before")
                continue
            self._say(f"[{number}/{len(rounds)}] {where}: {len(each.entries)} files")
            for measurement in self._measure(each):
                if measurement.failure is not None:
                    self._say(f"    failed: {measurement.subject.label}: {measurement.failure}")
                self._keep(measurement)

    def stop(self) -> None:
        """Ends :meth:`run` in other threads after the round they are in."""
        self._stopped.set()

    def plan(self, targets: Iterable[Target]) -> list[Round]:
        """What :meth:`run` measures; raises as it does."""
        rounds = [found for target in targets for found in self._rounds(target)]
        for each in rounds:
            for entry in each.entries:
                entry.padded(each.length)
        return rounds

    def _finished_before(self, each: Round) -> bool:
        """Whether nothing of a round is missing; what is asked of it today is then kept with it.

        A round with something missing is measured again as a whole: only files that took turns have
        pairs of samples.
        """
        done = [self._done.get(self._blank(each, entry).key) for entry in each.entries]
        if None in done:
            return False
        for row in filter(None, done):
            today = replace(row, suite=json.loads(json.dumps(self._suite.facts())))
            if today != row:
                self._keep(today)
        return True

    def _rounds(self, target: Target) -> Iterator[Round]:
        found = tuple(
            entry
            for name, bundle in self._bundles
            for entry in entries.of(bundle, name, target, self._suite)
        )
        if not found:
            raise PlanError(
                f"{target.name}: no file of these bundles is of the recipes and for the runtimes "
                "asked for: leave --recipe or --runtime out"
            )
        for threads in self._suite.threads:
            for length in self._suite.lengths:
                yield Round(target, threads, length, found)

    def _measure(self, each: Round) -> Iterator[Measurement]:
        checked = [(entry, self._checked(each, entry)) for entry in each.entries]
        fit = [
            (entry, blank) for entry, blank in checked if not (blank.failure or blank.unmeasured)
        ]
        measure = self._timed if each.target.timed else self._counted
        yield from measure(each, fit)
        yield from (blank for _, blank in checked if blank.failure or blank.unmeasured)

    def _blank(self, each: Round, entry: Entry) -> Measurement:
        """The measurement before anything was measured."""
        facts = dict(each.target.facts())
        return Measurement(
            entry.subject,
            Conditions(each.target.name, facts["machine"], each.threads, each.length),
            {**facts, "edgekit": _version()},
            datetime.now(timezone.utc).isoformat(timespec="seconds"),
            padded_to=entry.padded(each.length),
            memory_limit_bytes=None if each.target.timed else self._suite.memory_limit_bytes,
            suite=self._suite.facts(),
        )

    def _checked(self, each: Round, entry: Entry) -> Measurement:
        """With its parity, tried once a device; loading it from disk is measured by the way."""
        blank = self._blank(each, entry)
        if entry.runtime is None:
            title = formats.get(entry.subject.format).title
            return replace(blank, unmeasured=f"{each.target.name} has no runtime for {title}")
        key = (each.target.name, str(entry.path), entry.runtime)
        evicted: tuple[float, ...] = ()
        if key not in self._parity:
            self._say(f"    check {entry.subject.label}")
            try:
                self._parity[key], evicted = self._check(each, entry)
            except LostError as error:  # it says nothing about the file
                return replace(blank, failure=str(error))
        found = self._parity[key]
        if isinstance(found, str):
            absent = entry.artifact is None  # PyTorch's own model is a base line, not a result
            return replace(blank, unmeasured=found) if absent else replace(blank, failure=found)
        if not found.passed:
            wrong = (
                f"wrong answers: max abs {found.max_abs:.3g}, cosine {found.cosine:.4f} on "
                f"{found.cases} golden texts"
            )
            return replace(blank, parity=found, failure=wrong)
        return replace(blank, parity=found, load_evicted_ms=evicted)

    def _check(self, each: Round, entry: Entry) -> tuple[Parity | str, tuple[float, ...]]:
        try:
            with self._start(each, entry, evict=True) as runner:
                most = None if each.target.timed else max(self._suite.lengths)
                found = parity.check(each.target, runner, entry.bundle, entry.artifact, most)
                loaded = each.target.timed and entry.artifact and runner.evicts
                return found, (runner.load_ms,) if loaded else ()
        except LostError:
            raise
        except EdgekitError as error:
            return str(error), ()

    def _start(self, each: Round, entry: Entry, *, evict: bool = False) -> Runner:
        assert entry.runtime is not None
        inputs, outputs = entry.names()
        place = each.target.put(entry.path)
        return each.target.start(entry.runtime, place, each.threads, inputs, outputs, evict=evict)

    def _opened(self, each: Round, entry: Entry, folder: Path) -> Runner:
        """Open, fed with the round's text."""
        runner = self._start(each, entry)
        path = folder / f"{len(list(folder.iterdir()))}.bin"
        entry.write_text(each.length, path)
        runner.feed(entry.padded(each.length), each.target.put(path))
        return runner

    def _timed(
        self, each: Round, pairs: Sequence[tuple[Entry, Measurement]]
    ) -> Iterator[Measurement]:
        """Latencies in turns, with loads, first inferences and memory of each process."""
        limits, stamp = self._suite.limits, datetime.now(timezone.utc).isoformat()
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder, opened = Path(name), []
            for entry, blank in pairs:
                self._tick(f"load {entry.subject.label}")
                try:
                    loads, firsts = self._loads(each, entry, folder)
                    runner = stack.enter_context(self._opened(each, entry, folder))
                    firsts.append(runner.run(1)[0])
                except RunnerError as error:
                    yield replace(blank, failure=str(error))
                    continue
                loads.append(runner.load_ms)
                found = replace(
                    blank,
                    round=stamp,
                    warm_up=limits.warm_up + 1,
                    load_ms=tuple(loads),
                    first_ms=tuple(firsts),
                    environment={**blank.environment, "runtime": runner.runtime},
                )
                opened.append((entry, found, runner))
            if not opened:
                return
            runners = [runner for *_, runner in opened]
            with runners[0].watch(limits.cool_seconds) as watch:
                lanes = turns.run(runners, limits, lambda n: self._tick(f"{n} inferences each"))
                load = watch.load()
            self._say(f"    {len(lanes[0].latency_ms)} inferences each")
            for (entry, found, _), lane in zip(opened, lanes, strict=True):
                yield self._finished(each, entry, found, lane, load)

    def _loads(self, each: Round, entry: Entry, folder: Path) -> tuple[list[float], list[float]]:
        """Milliseconds of opening it and of its first inference, in processes that end again."""
        loads, firsts = [], []
        for _ in range(self._suite.limits.loads - 1):
            with self._opened(each, entry, folder) as runner:
                loads.append(runner.load_ms)
                firsts.append(runner.run(1)[0])
        return loads, firsts

    def _finished(
        self, each: Round, entry: Entry, found: Measurement, lane: turns.Lane, load: cautions.Load
    ) -> Measurement:
        if lane.failure is not None:
            return replace(found, failure=lane.failure)
        try:
            return replace(
                found,
                latency_ms=tuple(lane.latency_ms),
                tokenizer_ms=entries.tokenizer_ms(entry.bundle, each.length, TOKENIZER_RUNS),
                peak_memory_bytes=lane.runner.memory_growth_bytes(),
                energy_mj=lane.runner.energy_mj(statistics.median(lane.latency_ms)),
                profile=tuple(self._profile(lane.runner)),
                warnings=tuple(cautions.of(lane.latency_ms, load)),
            )
        except RunnerError as error:
            return replace(found, failure=str(error))

    def _profile(self, runner: Runner) -> Iterator[Operator]:
        """Of a runtime that has a profiler; the others have none to show."""
        if not self._suite.profile:
            return
        try:
            rows = runner.profile(self._suite.limits.profile_runs)
        except RunnerError as error:
            self._say(f"    no profile: {error}")
            return
        yield from (Operator(row["name"], row["calls"], row["time_ms"]) for row in rows)

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
                    yield replace(blank, failure=str(error))


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _version() -> str:
    import edgekit

    return edgekit.__version__
