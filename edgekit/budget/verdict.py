"""Budgets against what was measured: a finding for every file and limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from edgekit.benchmarks.measurement import Measurement
from edgekit.budget import meter as meters
from edgekit.budget.baseline import Baseline
from edgekit.budget.finding import Finding
from edgekit.budget.limits import Budget, DeviceSetting, LabelledData, Limit
from edgekit.budget.meter import Meter
from edgekit.budget.quantities import ANSWERS, DATA, FILE, RUN, Observation
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import PlanError
from edgekit.evaluation.result import Quality


@dataclass(frozen=True)
class _Line:
    """One limit of one file, with the conditions it is to be measured under."""

    artifact: Artifact
    setting: DeviceSetting
    data: LabelledData | None
    limit: Limit

    @property
    def file(self) -> str:
        return self.artifact.path.name


def check(
    bundle: Bundle, budgets: Sequence[Budget], baseline: Baseline | None, meter: Meter
) -> tuple[Finding, ...]:
    """Measures a bundle and holds it against budgets.

    Args:
        bundle: opened.
        budgets: at least one.
        baseline: of a former bundle, for limits that are relative to it.
        meter: measures, only what the budgets ask for.

    Returns:
        A finding for every limit of every file that a budget fits, the broken ones first.

    Raises:
        PlanError: a budget fits no file, cannot be measured on its device, or is relative to a
            baseline that is not there or not alike. Nothing was measured.
    """
    lines = [line for budget in budgets for line in _lines(bundle, budget)]
    for line in lines:
        _check_device(line, meter)
    bounds = [_bound(bundle, line, baseline, meter) for line in lines]
    measured, judged = _measured(bundle, lines, meter), _judged(bundle, lines, meter)
    found = [
        _finding(line, bound, base, _reading(line, measured, judged))
        for line, (bound, base) in zip(lines, bounds, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: each.met))


def _lines(bundle: Bundle, budget: Budget) -> Iterator[_Line]:
    """A line for each limit of a budget and each file that it fits.

    Files that take text are held to limits of size alone: all else is measured without text.

    Raises:
        PlanError: a pattern fits no file, or only such as cannot be measured.
    """
    files = (*bundle.artifacts, *bundle.text_artifacts)
    for pattern in budget.files:
        fitting = [file for file in files if fnmatchcase(file.path.name, pattern)]
        if not fitting:
            names = ", ".join(file.path.name for file in files)
            raise PlanError(
                f"the budget for '{pattern}' fits no file of {bundle.path}: it has {names}"
            )
        more = [each.quantity.key for each in budget.limits if each.quantity.needs != FILE]
        if more and all(file.takes_text for file in fitting):
            raise PlanError(
                f"the budget for '{pattern}' fits files that take text, of which {more[0]} cannot "
                "be measured: budget the file without -text in its name, which is the same model"
            )
    for file in files:
        if any(fnmatchcase(file.path.name, pattern) for pattern in budget.files):
            for limit in budget.limits:
                if not file.takes_text or limit.quantity.needs == FILE:
                    yield _Line(file, budget.setting, budget.data, limit)


def _check_device(line: _Line, meter: Meter) -> None:
    """Refuses a limit that its device cannot measure.

    Such is a time where no clock means anything, or instructions where there is one.

    Raises:
        PlanError: naming what to write instead.
    """
    quantity, setting = line.limit.quantity, line.setting
    if quantity.clock is None or quantity.needs == FILE:
        return
    if quantity.clock and not meter.timed(setting):
        raise PlanError(
            f"{quantity.key} cannot be measured on {setting.device}, which has no clock that means "
            "anything: budget instructions there"
        )
    if not quantity.clock and (meter.timed(setting) or setting.threads > 1):
        raise PlanError(
            f'{quantity.key} are counted by an emulator and in one thread: say device = "arm64" '
            f'and threads = 1, not "{setting.device}" and {setting.threads}'
        )


def _bound(
    bundle: Bundle, line: _Line, baseline: Baseline | None, meter: Meter
) -> tuple[float, float | None]:
    """The limit as a number in the quantity's unit, and the baseline's value if it needs one.

    Raises:
        PlanError: the baseline is missing, or has nothing that is alike.
    """
    limit = line.limit
    bound, base = limit.bound, None
    if limit.share is not None:
        if baseline is None:
            raise PlanError(
                f"{limit.quantity.key} is relative to a baseline: name one with --baseline"
            )
        base = _base(bundle, line, baseline, meter)
        bound = base * limit.share
    if limit.quantity.key == "parity":
        allowed = line.artifact.tolerance.max_abs
        bound = allowed if bound is None else min(bound, allowed)
    assert bound is not None
    return bound, base


def _base(bundle: Bundle, line: _Line, baseline: Baseline, meter: Meter) -> float:
    """The baseline's value of what a limit is about."""
    quantity = line.limit.quantity
    if line.data is not None and quantity.needs == DATA:
        device = line.setting.device
        return baseline.metric(quantity, bundle.name, line.file, device, line.data)
    blank = meters.unopened if quantity.needs == FILE else meter.blank
    return baseline.value(quantity, blank(bundle, line.artifact, line.setting))


def _measured(
    bundle: Bundle, lines: Sequence[_Line], meter: Meter
) -> Mapping[tuple[DeviceSetting, str], Measurement]:
    """Measures the files of all limits: each device and setting once, for all that is asked of it.

    Returns:
        By setting and the name of the file.
    """
    found: dict[tuple[DeviceSetting, str], Measurement] = {}
    wanted: dict[DeviceSetting, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        found[line.setting, line.file] = meters.unopened(bundle, line.artifact, line.setting)
        if line.limit.quantity.needs in (ANSWERS, RUN):
            wanted[line.setting][line.file].add(line.limit.quantity.key)
    for setting, files in wanted.items():
        keys = {file: frozenset(each) for file, each in files.items()}
        rows = meter.measure(bundle, setting, keys)
        found.update({(setting, file): row for file, row in rows.items()})
    return found


def _judged(
    bundle: Bundle, lines: Sequence[_Line], meter: Meter
) -> Mapping[tuple[str, LabelledData, str], Quality | str]:
    """Judges the files of those limits that are about quality.

    Each file of data is asked once on a device; PyTorch is asked only where a limit is against it.

    Returns:
        By device, data and the name of the file; a text instead of a quality says why there is
        none.
    """
    wanted: dict[tuple[str, LabelledData], dict[str, bool]] = defaultdict(dict)
    for line in lines:
        quantity = line.limit.quantity
        if line.data is not None and quantity.needs == DATA:
            files = wanted[line.setting.device, line.data]
            files[line.file] = files.get(line.file, False) or quantity.compares
    found: dict[tuple[str, LabelledData, str], Quality | str] = {}
    for (device, data), files in wanted.items():
        judged = meter.judge(bundle, device, data, tuple(files), any(files.values()))
        found.update({(device, data, file): quality for file, quality in judged.items()})
    return found


def _reading(
    line: _Line,
    measured: Mapping[tuple[DeviceSetting, str], Measurement],
    judged: Mapping[tuple[str, LabelledData, str], Quality | str],
) -> Observation:
    """What was measured and judged for one limit."""
    row = measured[line.setting, line.file]
    if line.data is None or line.limit.quantity.needs != DATA:
        return Observation(row)
    found = judged[line.setting.device, line.data, line.file]
    return Observation(row, lost=found) if isinstance(found, str) else Observation(row, found)


def _finding(line: _Line, bound: float, base: float | None, reading: Observation) -> Finding:
    """What one limit and its measurement come to.

    Args:
        line: the limit and its file.
        bound: the limit as a number.
        base: the baseline's value that it is relative to, if it is.
        reading: what was measured.
    """
    quantity, row, quality = line.limit.quantity, reading.measurement, reading.quality
    value = quantity.read(reading)
    return Finding(
        line.file,
        quality.runtime if quality else row.subject.runtime,
        line.setting,
        line.data,
        quantity,
        quality.metrics[0].name if quality and quality.metrics else "",
        bound,
        base,
        line.limit.share,
        value,
        _why(line, reading) if value is None else _what_else(line, row, bound),
        row.warnings if quantity.clock else (),
        quantity.of(reading),
    )


def _why(line: _Line, reading: Observation) -> str:
    """Why nothing was measured that a limit could be held against."""
    row, quality = reading.measurement, reading.quality
    if line.limit.quantity.needs != DATA:
        return row.failure or row.unmeasured or f"{line.setting.device} does not tell"
    return reading.lost or (quality and quality.failure) or "it is not defined for these data"


def _what_else(line: _Line, row: Measurement, bound: float) -> str:
    """What is wrong with a file although its value was measured; empty if nothing is.

    A parity within its limit may still come with decisions that are not PyTorch's.
    """
    if line.limit.quantity.key != "parity" or row.parity is None or row.parity.passed:
        return ""
    least = line.artifact.tolerance.cosine
    if row.parity.max_abs > bound:
        return ""
    return f"its cosine is {row.parity.cosine:.6f} and has to be {least:g}"
