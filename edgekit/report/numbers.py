"""Measurements to a report's numbers: summed up, grouped, compared. Nothing is rendered here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from edgekit import stats
from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.benchmarks.measurement import Conditions, Measurement
from edgekit.report import comparison, paper, texts
from edgekit.report.comparison import Comparison
from edgekit.report.paper import Claim
from edgekit.report.texts import TextsRow
from edgekit.stats import Summary

_USUAL_LENGTH = 128  # what models are usually compared at


@dataclass(frozen=True)
class Result:
    """One measurement, summed up. Times are medians in milliseconds, None if not measured.

    ``pareto``: no file of the group is both smaller and faster.
    """

    measurement: Measurement
    latency: Summary | None
    load_ms: float | None
    load_evicted_ms: float | None
    first_ms: float | None
    tokenizer_ms: float | None
    cold_ms: float | None
    comparisons: tuple[Comparison, ...] = ()
    pareto: bool = False

    def against(self, kind: str) -> Comparison | None:
        """Its comparison of one of :mod:`edgekit.report.comparison`'s kinds."""
        return next((each for each in self.comparisons if each.kind == kind), None)

    @property
    def is_file(self) -> bool:
        """False for PyTorch's own model, which no phone gets."""
        return self.measurement.subject.format != PYTORCH


@dataclass(frozen=True)
class Group:
    """Everything that may be compared: measured under equal conditions; the fastest first."""

    conditions: Conditions
    against: str | None
    rows: tuple[Result, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """Rows with something to show."""
        return tuple(row for row in self.rows if comparison.measured(row.measurement))


@dataclass(frozen=True)
class Setting:
    """One machine with its threads: its groups stand beside those of others, never against them."""

    device: str
    machine: str
    threads: int
    batch: int
    groups: tuple[Group, ...]

    @property
    def main(self) -> Group:
        """The group that speaks for the setting: at 128 tokens, or a middle length."""
        found = [group for group in self.groups if group.results] or list(self.groups)
        usual = [group for group in found if group.conditions.length == _USUAL_LENGTH]
        return (usual or [found[(len(found) - 1) // 2]])[0]


@dataclass(frozen=True)
class Report:
    """All that the renderers show; ``measurements`` are the raw ones."""

    title: str
    settings: tuple[Setting, ...]
    texts: tuple[TextsRow, ...]
    paper: tuple[Claim, ...]
    measurements: tuple[Measurement, ...]

    @property
    def rows(self) -> Iterator[Result]:
        """Of every group."""
        return (row for setting in self.settings for group in setting.groups for row in group.rows)

    @property
    def random_weights(self) -> tuple[str, ...]:
        """The models whose weights nobody trained."""
        subjects = [row.subject for row in self.measurements]
        return tuple(dict.fromkeys(each.model for each in subjects if each.random_weights))


def build(measurements: Sequence[Measurement], against: str | None = None) -> Report:
    """The report of these measurements; ``against`` is a model to compare with all the others.

    Raises:
        PlanError: ``against`` cannot be compared with anything here.
    """
    if against is not None:
        comparison.check(measurements, against)
    measurements = _told_apart(measurements)
    grouped: dict[Conditions, list[Measurement]] = {}
    for row in measurements:
        grouped.setdefault(row.conditions, []).append(row)
    groups = [_group(conditions, rows, against) for conditions, rows in grouped.items()]
    titles = [row.suite.title or row.suite.name for row in measurements]
    return Report(
        "; ".join(dict.fromkeys(filter(None, titles))) or "Benchmark",
        tuple(_settings(groups)),
        tuple(texts.rows(measurements)),
        tuple(paper.claims(measurements)),
        tuple(measurements),
    )


def _told_apart(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Of several bundles of one name the newest keeps it; the others get their identifier."""
    newest: dict[str, str] = {}
    for row in sorted(measurements, key=lambda row: row.started):
        newest[row.subject.model] = row.subject.bundle_id

    def named(row: Measurement) -> Measurement:
        model, bundle_id = row.subject.model, row.subject.bundle_id
        if bundle_id == newest[model]:
            return row
        return replace(row, subject=replace(row.subject, model=f"{model} ({bundle_id[:6]})"))

    return list(map(named, measurements))


def _settings(groups: Iterable[Group]) -> Iterator[Setting]:
    found: dict[tuple[str, str, int, int], list[Group]] = {}
    for group in groups:
        where = group.conditions
        found.setdefault((where.device, where.machine, where.threads, where.batch), []).append(
            group
        )
    for key, members in found.items():
        yield Setting(*key, tuple(sorted(members, key=lambda group: group.conditions.length)))


def _group(conditions: Conditions, rows: Sequence[Measurement], against: str | None) -> Group:
    named = against or next((row.suite.against for row in rows if row.suite.against), None)
    summed = [
        replace(_row(row), comparisons=tuple(comparison.of(row, rows, named))) for row in rows
    ]
    return Group(conditions, named, tuple(sorted(_pareto(summed), key=_rank)))


def _row(row: Measurement) -> Result:
    return Result(
        row,
        _summary(row),
        *(_median(row.load_ms), _median(row.load_evicted_ms)),
        *(_median(row.first_ms), _median(row.tokenizer_ms), _median(row.cold_ms)),
    )


def _summary(row: Measurement) -> Summary | None:
    if not row.latency_ms:
        return None
    return stats.summarise(row.latency_ms, row.conditions.batch, row.block)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _rank(row: Result) -> tuple[bool, float, str]:
    """The cheapest first; what has no result last."""
    cost = row.latency.median.value if row.latency else row.measurement.instructions
    return (cost is None, float(cost or 0), row.measurement.subject.label)


def _pareto(rows: Sequence[Result]) -> Iterator[Result]:
    """Marks the files that none beats both in size and in latency."""
    points = [
        (row.measurement.subject.size_bytes, row.latency.median.value)
        for row in rows
        if row.latency and row.is_file
    ]
    for row in rows:
        if row.latency is None or not row.is_file:
            yield row
            continue
        size, ms = row.measurement.subject.size_bytes, row.latency.median.value
        beaten = any(s <= size and t <= ms and (s, t) != (size, ms) for s, t in points)
        yield replace(row, pareto=not beaten)
