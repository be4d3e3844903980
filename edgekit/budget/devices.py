"""Measures what a budget asks for and nothing else, by the benchmark's own means."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from edgekit import formats
from edgekit.app import opening
from edgekit.app.inference import HOST
from edgekit.benchmarks import parity, results
from edgekit.benchmarks.bench import Bench
from edgekit.benchmarks.devices import runtimes, targets
from edgekit.benchmarks.devices.protocol import RunnerError, Target
from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Measurement, Parity
from edgekit.benchmarks.spec import Limits, Suite
from edgekit.budget.limits import DeviceSetting, LabelledData
from edgekit.budget.meter import Wanted, measurement
from edgekit.budget.quantities import RUN, TABLE
from edgekit.bundle import Artifact, Bundle
from edgekit.conversion import worker
from edgekit.errors import BundleError, EdgekitError
from edgekit.evaluation.result import Quality
from edgekit.proof import verify

Say = Callable[[str], None]


class Devices:
    """The :class:`Meter` that asks the devices of ``edgekit devices``.

    A file runs in the first runtime that its device has for it.

    Args:
        say: is told what happens.
        tick: is told what happens right now, which the next call replaces.
    """

    def __init__(self, say: Say, tick: Say) -> None:
        self._say, self._tick = say, tick
        self._targets: dict[str, Target] = {}

    def timed(self, setting: DeviceSetting) -> bool:
        """Whether the clock of that device means anything: an emulator's does not."""
        return self._target(setting).timed

    def blank(self, bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
        """See :class:`Meter`."""
        return self._blank(self._entry(bundle, artifact, setting), setting)

    def measure(
        self, bundle: Bundle, setting: DeviceSetting, wanted: Wanted
    ) -> Mapping[str, Measurement]:
        """See :class:`Meter`."""
        named = {artifact.path.name: artifact for artifact in bundle.artifacts}
        entries = [self._entry(bundle, named[file], setting) for file in wanted]
        runs = [entry for entry in entries if entry.runtime and _run(wanted[entry.subject.file])]
        keys = frozenset().union(*wanted.values())
        found = [
            *(self._asked(each, setting, wanted) for each in entries if each not in runs),
            *self._runs(bundle, runs, setting, keys),
        ]
        return {row.subject.file: row for row in found}

    def judge(
        self, bundle: Bundle, device: str, data: LabelledData, files: Sequence[str], compare: bool
    ) -> Mapping[str, Quality | str]:
        """See :class:`Meter`."""
        from edgekit.evaluation.kinds import EvaluationOptions
        from edgekit.evaluation.run import EvaluationRequest, run

        self._target(DeviceSetting(device))
        names = {artifact.path.name for artifact in opening.runnable(bundle.artifacts, device)}
        lost = {file: f"{device} cannot run it" for file in files if file not in names}
        asked = tuple(file for file in files if file in names)
        if not asked:
            return lost
        options = EvaluationOptions(dict(data.columns), dict(data.labels))
        request = EvaluationRequest(
            (bundle.path,), data.file, data.task, asked, device, data.limit, 0, options, compare
        )
        with tempfile.TemporaryDirectory() as folder:
            (report,) = run(request, Path(folder), say=self._say, tick=self._tick).bundles
        return {**lost, **{row.file: row for row in report.artifacts}}

    def _target(self, setting: DeviceSetting) -> Target:
        """The device of a setting, made at its first use."""
        name = setting.device
        if name not in self._targets:
            self._targets[name] = targets.make(name, say=self._say)
        return self._targets[name]

    def _entry(self, bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Entry:
        """A file with the runtime that its device opens it in; None as runtime if it has none."""
        found = runtimes.opening(self._target(setting).runtimes, artifact.format)
        return Entry(bundle, bundle.name, artifact, found[0] if found else None)

    def _blank(self, entry: Entry, setting: DeviceSetting) -> Measurement:
        """The measurement of a file under a setting, with no numbers yet."""
        target = self._target(setting)
        return measurement(entry, setting, target.name, str(target.facts()["machine"]))

    def _asked(self, entry: Entry, setting: DeviceSetting, wanted: Wanted) -> Measurement:
        """The measurement of one file before any latency: with its parity if that is wanted.

        A file that its device cannot run gets the reason, and no numbers.
        """
        keys, blank = wanted[entry.subject.file], self._blank(entry, setting)
        lost = f"{self._target(setting).name} has no runtime for {_title(entry)}"
        if "parity" in keys and setting.device == HOST:
            blank = _verified(entry, blank)
        elif "parity" in keys and entry.runtime:
            blank = self._answers(entry, blank, setting)
        return blank if entry.runtime else replace(blank, unmeasured=lost)

    def _answers(self, entry: Entry, blank: Measurement, setting: DeviceSetting) -> Measurement:
        """Adds its parity to ``blank``: the file runs the golden texts."""
        target = self._target(setting)
        most = None if target.timed else setting.length
        self._say(f"    check {blank.subject.label}")
        try:
            with target.start(entry.launch(setting.threads)) as runner:
                found = parity.check(target, runner, entry.bundle, entry.artifact, most)
        except (RunnerError, BundleError) as error:
            return replace(blank, failure=str(error))
        return replace(blank, parity=found)

    def _runs(
        self, bundle: Bundle, entries: Sequence[Entry], setting: DeviceSetting, keys: frozenset[str]
    ) -> Iterator[Measurement]:
        """Measures files by running them, as ``edgekit bench`` would under this setting.

        Args:
            bundle: that has the files.
            entries: the files with their runtimes; none measures nothing.
            setting: the device, its threads and the length of the text.
            keys: of the quantities that are wanted: they decide how many inferences are needed.

        Yields:
            A measurement for each file.
        """
        if not entries:
            return
        files = {entry.subject.file for entry in entries}
        suite = Suite(
            bundle.name,
            models=(),
            devices=(setting.device,),
            threads=(setting.threads,),
            lengths=(setting.length,),
            runtimes=tuple({entry.runtime.name for entry in entries if entry.runtime}),
            limits=_limits(keys),
        )
        kept: list[Measurement] = []
        named = [(bundle.name, _only(bundle, files))]
        bench = Bench(suite, named, kept.append, say=self._say, tick=self._tick)
        bench.run([self._target(setting)])
        yield from results.latest(kept)


def _run(keys: frozenset[str]) -> bool:
    """Whether one of these quantities needs inferences."""
    return any(TABLE[key].needs == RUN for key in keys)


def _title(entry: Entry) -> str:
    """What people call the file's format, like ``Core ML``."""
    return formats.get(entry.subject.format).title


def _verified(entry: Entry, blank: Measurement) -> Measurement:
    """The measurement of a file that is verified here: its parity is that of its worst runtime.

    Args:
        entry: the file, which is opened in everything on this machine that opens its format.
        blank: its measurement without any numbers.
    """
    file = entry.subject.file
    try:
        rows = worker.alone(verify.verify, _only(entry.bundle, {file}), debug=False)
    except EdgekitError as error:
        return replace(blank, failure=str(error))
    found = [row for row in rows if row.file == file]
    if not found:
        return blank
    worst = max(found, key=lambda row: (not row.passed, row.max_abs))
    cosine = 1.0 if worst.cosine is None else worst.cosine
    return replace(
        blank,
        subject=replace(blank.subject, runtime=worst.runtime),
        parity=Parity(
            worst.cases,
            worst.max_abs,
            cosine,
            worst.passed,
            worst.agreement,
            worst.decisions,
            worst.failure,
        ),
    )


def _limits(keys: frozenset[str]) -> Limits:
    """As few inferences and processes as quantities need: many for a latency or a load time."""
    if "p90" in keys:
        return Limits(cold=0)
    processes = Limits().processes if "load" in keys else 1
    return Limits(min_samples=2, max_samples=2, warm_up=0, processes=processes, cold=0)


def _only(bundle: Bundle, files: set[str]) -> Bundle:
    """The bundle with no other artifacts than those named."""
    kept = tuple(entry for entry in bundle.manifest.artifacts if entry.file in files)
    return replace(bundle, manifest=msgspec.structs.replace(bundle.manifest, artifacts=kept))
