"""Budgets against what was measured: a finding for every file and limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from edgekit import recipe
from edgekit.benchmarks.measurement import Measurement
from edgekit.budget import meter as meters
from edgekit.budget.baseline import Baseline
from edgekit.budget.limits import Budget, Limit, Setting
from edgekit.budget.meter import Meter
from edgekit.budget.quantities import ANSWERS, FILE, RUN, Quantity
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import PlanError


@dataclass(frozen=True)
class Finding:
    """One limit and what the file really has; None was not measured, and is a breach.

    ``base`` is the baseline's value and ``share`` what of it the limit was to be. ``reason`` says
    why there is no value, or what else is wrong with the file.
    """

    file: str
    runtime: str
    setting: Setting
    quantity: Quantity
    bound: float
    base: float | None
    share: float | None
    value: float | None
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the budget is kept."""
        return not self.reason and self.value is not None and self.value <= self.bound

    @property
    def where(self) -> str:
        """What it was measured on, like ``LiteRT, host, 1 thread, 128 tokens``."""
        where = {FILE: "", ANSWERS: self.setting.device, RUN: str(self.setting)}
        parts = [self.runtime, where[self.quantity.needs]]
        return ", ".join(filter(None, parts))

    def texts(self) -> tuple[str, str]:
        """What was measured and the budget, for people."""
        bound, measured = self.quantity.text(self.bound), "not measured"
        if self.value is not None:
            measured, bound = self.quantity.texts(self.value, self.bound)
        if self.base is not None and self.share is not None:
            change = f"{100 * (self.share - 1):+.6g}%"
            bound += f" ({change} of {self.quantity.text(self.base)})"
        return measured, bound

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        measured, bound = self.texts()
        where = f" ({self.where})" if self.where else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.file}: {self.quantity.title} {measured}, budget {bound}{where}{why}"


@dataclass(frozen=True)
class _Line:
    artifact: Artifact
    setting: Setting
    limit: Limit


def check(
    bundle: Bundle, budgets: Sequence[Budget], baseline: Baseline | None, meter: Meter
) -> tuple[Finding, ...]:
    """Every limit of every file that it fits, the broken ones first.

    Raises:
        PlanError: a budget fits no file, cannot be measured on its device, or is relative to a
            baseline that is not there or not alike. Nothing was measured.
    """
    lines = [line for budget in budgets for line in _lines(bundle, budget)]
    for line in lines:
        _check_device(line, meter)
    bounds = [_bound(bundle, line, baseline, meter) for line in lines]
    rows = _measured(bundle, lines, meter)
    found = [
        _finding(line, bound, base, rows[line.setting, line.artifact.path.name])
        for line, (bound, base) in zip(lines, bounds, strict=True)
    ]
    return tuple(sorted(found, key=lambda each: each.met))


def _lines(bundle: Bundle, budget: Budget) -> Iterator[_Line]:
    fitting = [
        artifact
        for artifact in bundle.artifacts
        if any(fnmatchcase(artifact.path.name, pattern) for pattern in budget.files)
    ]
    unused = [
        pattern
        for pattern in budget.files
        if not any(fnmatchcase(artifact.path.name, pattern) for artifact in bundle.artifacts)
    ]
    if unused:
        names = ", ".join(artifact.path.name for artifact in bundle.artifacts)
        raise PlanError(
            f"the budget for '{unused[0]}' fits no file of {bundle.path}: it has {names}"
        )
    for artifact in fitting:
        yield from (_Line(artifact, budget.setting, limit) for limit in budget.limits)


def _check_device(line: _Line, meter: Meter) -> None:
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
    """The limit in numbers, and the baseline's value that it comes from."""
    limit, artifact = line.limit, line.artifact
    base = None
    bound = limit.bound
    if limit.share is not None:
        if baseline is None:
            raise PlanError(
                f"{limit.quantity.key} is relative to a baseline: name one with --baseline"
            )
        blank = meters.unopened if limit.quantity.needs == FILE else meter.blank
        base = baseline.value(limit.quantity, blank(bundle, artifact, line.setting))
        bound = base * limit.share
    if limit.quantity.key == "parity":
        allowed = recipe.get(artifact.recipe).tolerance.max_abs
        bound = allowed if bound is None else min(bound, allowed)
    assert bound is not None
    return bound, base


def _measured(
    bundle: Bundle, lines: Sequence[_Line], meter: Meter
) -> Mapping[tuple[Setting, str], Measurement]:
    found: dict[tuple[Setting, str], Measurement] = {}
    wanted: dict[Setting, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        file = line.artifact.path.name
        found[line.setting, file] = meters.unopened(bundle, line.artifact, line.setting)
        if line.limit.quantity.needs != FILE:
            wanted[line.setting][file].add(line.limit.quantity.key)
    for setting, files in wanted.items():
        keys = {file: frozenset(each) for file, each in files.items()}
        rows = meter.measure(bundle, setting, keys)
        found.update({(setting, file): row for file, row in rows.items()})
    return found


def _finding(line: _Line, bound: float, base: float | None, row: Measurement) -> Finding:
    quantity = line.limit.quantity
    value, reason = quantity.read(row), ""
    if value is None:
        reason = row.failure or row.unmeasured or "the device does not tell"
    elif quantity.key == "parity" and row.parity and not row.parity.passed and value <= bound:
        least = recipe.get(line.artifact.recipe).tolerance.cosine
        reason = f"its cosine is {row.parity.cosine:.6f} and has to be {least:g}"
    return Finding(
        row.subject.file,
        row.subject.runtime,
        line.setting,
        quantity,
        bound,
        base,
        line.limit.share,
        value,
        reason,
        row.warnings if quantity.clock else (),
    )
