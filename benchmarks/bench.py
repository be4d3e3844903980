"""A suite on its devices: prepare bundles, check each file there, measure interleaved, keep it all.

Files that can be compared (same device, threads and length) form a round: all of them are opened,
each in a process of its own, and their inferences are interleaved. A finished round is on disk at
once, and is not measured again when the same command runs again into the same folder.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from edgekit import formats
from edgekit.benchmarks import entries, parity, sampling
from edgekit.benchmarks.devices.host.device import Host
from edgekit.benchmarks.devices.protocol import LostError, RunnerError, Target
from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Conditions, Measurement, Parity
from edgekit.benchmarks.sampling import Round, Sampling
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, PlanError
from edgekit.version import VERSION
from edgekit.words import count

Say = Callable[[str], None]
Named = tuple[str | None, Bundle]


class _StoppedError(Exception):
    """:meth:`Bench.stop` was called."""


class Bench:
    """The measuring of a suite over opened bundles.

    Args:
        suite: what is measured.
        bundles: the models' names, None for the bundle's own, and bundles.
        keep: gets every measurement as soon as it is finished.
        done: what was measured before, by :attr:`Measurement.key`, and is not measured again.
        say: is told what happens.
        tick: is told what happens right now, which the next call replaces.
    """

    def __init__(
        self,
        suite: Suite,
        bundles: Sequence[Named],
        keep: Callable[[Measurement], None],
        done: Mapping[tuple[object, ...], Measurement] | None = None,
        say: Say = lambda text: None,
        tick: Say = lambda text: None,
    ) -> None:
        self._suite, self._bundles = suite, bundles
        self._keep, self._done, self._say = keep, done or {}, say
        self._sampling = Sampling(suite, say, tick, self._failed, self._go_on)
        self._stopped = threading.Event()
        self._lost: set[tuple[str, int, int, int]] = set()
        self._parity: dict[tuple[str, str, str], Parity | str] = {}

    def run(self, targets: Iterable[Target]) -> None:
        """Measures everything that is missing.

        Several threads may do so at once, each with targets of its own. A round that lost a
        measurement because its device went away is measured once more.

        Args:
            targets: the devices.

        Raises:
            PlanError: a bundle takes no text as long as one that is asked for, or no file is asked
                for.
        """
        rounds = self.plan(targets)
        try:
            for number, each in enumerate(rounds, 1):
                self._round(each, f"{number}/{len(rounds)}")
            self._again(rounds)
        except _StoppedError:
            return

    def _again(self, rounds: Sequence[Round]) -> None:
        """Measures the rounds that lost something once more, until a device is lost again."""
        for each in [each for each in rounds if each.place in self._lost]:
            self._lost.remove(each.place)
            self._round(each, "once more")
            if each.place in self._lost:
                return

    def _round(self, each: Round, mark: str) -> None:
        """Measures one round, unless it was measured before, and keeps the results."""
        self._go_on()
        texts = "" if each.batch == 1 else f"{each.batch} x "
        tokens = f"{texts}{each.length} tokens"
        where = f"[{mark}] {each.target.name}, {count(each.threads, 'thread')}, {tokens}"
        if self._finished_before(each):
            self._say(f"{where}: measured before")
            return
        self._say(f"{where}: {count(len(each.entries), 'file')}")
        for measurement in self._measure(each):
            if measurement.failure is not None:
                self._go_on()  # it failed because it was stopped
                self._say(f"    failed: {measurement.subject.label}: {measurement.failure}")
            self._keep(replace(measurement, ended=_now()))

    def _go_on(self) -> None:
        """Raises _StoppedError once :meth:`stop` was called."""
        if self._stopped.is_set():
            raise _StoppedError

    def _failed(self, each: Round, blank: Measurement, error: RunnerError) -> Measurement:
        """The measurement of a file that failed; whether its device went away is remembered."""
        if isinstance(error, LostError):
            self._lost.add(each.place)
        return replace(blank, failure=str(error))

    def stop(self) -> None:
        """Ends :meth:`run` in other threads. What they have not finished is not kept."""
        self._stopped.set()

    def plan(self, targets: Iterable[Target]) -> list[Round]:
        """The rounds that :meth:`run` measures on these targets; raises as it does."""
        rounds = [found for target in targets for found in self._rounds(target)]
        for each in rounds:
            for entry in each.entries:
                entry.padded(each.length)
        return rounds

    def _finished_before(self, each: Round) -> bool:
        """Whether all of a round was measured before.

        If so, its measurements are kept once more with today's suite, if that has changed. A round
        with something missing is measured again as a whole: only interleaved files have pairs of
        samples.
        """
        done = [self._done.get(self._blank(each, entry).key) for entry in each.entries]
        if None in done:
            return False
        for row in filter(None, done):
            today = replace(row, suite=self._suite.facts())
            if today != row:
                self._keep(today)
        return True

    def _rounds(self, target: Target) -> Iterator[Round]:
        """The rounds of one device: for each count of threads, length and batch.

        Raises:
            PlanError: the device runs no file of the recipes and for the runtimes asked for.
        """
        found = tuple(
            entry
            for name, bundle in self._bundles
            for entry in entries.of(bundle, name, target, self._suite)
        )
        if not any(entry.runtime for entry in found) and (self._suite.runtimes or not found):
            raise PlanError(
                f"{target.name}: no file of these bundles is of the recipes and for the runtimes "
                "asked for: leave --recipe or --runtime out"
            )
        for threads in self._suite.threads:
            for length in self._suite.lengths:
                for batch in self._suite.batch:
                    yield Round(target, threads, length, batch, found)

    def _measure(self, each: Round) -> Iterator[Measurement]:
        """Measures those files of a round whose answers are right.

        Yields:
            A measurement for each file; those that are wrong, or cannot be opened, have the reason.
        """
        checked = [(entry, self._checked(each, entry)) for entry in each.entries]
        fit = [
            (entry, blank) for entry, blank in checked if not (blank.failure or blank.unmeasured)
        ]
        yield from self._sampling.measure(each, fit)
        yield from (blank for _, blank in checked if blank.failure or blank.unmeasured)

    def _blank(self, each: Round, entry: Entry) -> Measurement:
        """The measurement of an entry in which nothing has been measured yet."""
        facts = dict(each.target.facts())
        return Measurement(
            entry.subject,
            Conditions(
                each.target.name, str(facts["machine"]), each.threads, each.length, each.batch
            ),
            {**facts, "edgekit": VERSION},
            _now(),
            padded_to=entry.padded(each.length),
            memory_limit_bytes=None if each.target.timed else self._suite.memory_limit_bytes,
            suite=self._suite.facts(),
        )

    def _checked(self, each: Round, entry: Entry) -> Measurement:
        """The measurement of an entry before any latency: with its parity, or why it has none.

        The golden texts are asked once a device. The first process that opens a file finds it
        evicted from the page cache, so that is where loading it from disk is measured.
        """
        blank = self._blank(each, entry)
        if reason := _unmeasurable(each, entry):
            return replace(blank, unmeasured=reason)
        assert entry.runtime is not None
        key = (each.target.name, str(entry.path), entry.runtime.name)
        evicted: tuple[float, ...] = ()
        if key not in self._parity:
            self._go_on()
            self._say(f"    check {entry.subject.label}")
            try:
                self._parity[key], evicted = self._check(each, entry)
            except LostError as error:  # it says nothing about the file
                return self._failed(each, blank, error)
        found = self._parity[key]
        if isinstance(found, str):
            absent = entry.artifact is None  # PyTorch's own model is a baseline, not a result
            return replace(blank, unmeasured=found) if absent else replace(blank, failure=found)
        if not found.passed:
            wrong = f"wrong answers on {found.cases} golden texts: {found.failure}"
            numbers = found if math.isfinite(found.max_abs) else None  # NaN has no error to keep
            return replace(blank, parity=numbers, failure=wrong)
        return replace(blank, parity=found, load_evicted_ms=evicted)

    def _check(self, each: Round, entry: Entry) -> tuple[Parity | str, tuple[float, ...]]:
        """The parity of a file on a device, or why there is none; and how long it took to open.

        Returns:
            The second is milliseconds of loading it from disk, empty where the device cannot evict
            files.

        Raises:
            LostError: the device went away.
        """
        try:
            with sampling.start(each, entry, evict=True) as runner:
                most = None if each.target.timed else max(self._suite.lengths)
                found = parity.check(each.target, runner, entry.bundle, entry.artifact, most)
                loaded = each.target.timed and entry.artifact and runner.evicts
                return found, (runner.load_ms,) if loaded else ()
        except LostError:
            raise
        except EdgekitError as error:
            return str(error), ()


def _unmeasurable(each: Round, entry: Entry) -> str | None:
    """Why an entry cannot be measured in a round at all, such as no runtime; None where it can."""
    device, file = each.target.name, entry.subject.file
    if entry.runtime is None:
        return f"{device} has no runtime for {formats.get(entry.subject.format).title}"
    host = device == Host.name
    if entry.bound_to_host and not host:
        return f"{file} on {device}: {entry.bound_to_host}"
    if each.batch > 1 and not (entry.runtime.batched and host):
        return f"{file} on {device}: {entry.runtime.title} takes one text at a time"
    return None


def _now() -> str:
    """The time now in UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
