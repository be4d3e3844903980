"""Measurements summed up, in groups that may be compared. Nothing is rendered here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from edgekit import stats
from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.benchmarks.measurement import Conditions, Measurement
from edgekit.reporting import comparison
from edgekit.reporting.comparison import Comparison
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
        """The comparison of that kind (:mod:`edgekit.reporting.comparison`); None without it."""
        return next((each for each in self.comparisons if each.kind == kind), None)

    @property
    def is_file(self) -> bool:
        """Whether it is a file that a phone can get, and not PyTorch's own model."""
        return self.measurement.subject.format != PYTORCH


@dataclass(frozen=True)
class Group:
    """Measurements under equal conditions, which may be compared; the fastest comes first."""

    conditions: Conditions
    against: str | None
    rows: tuple[Result, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """The measurements that have a number to show."""
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


def settings(measurements: Iterable[Measurement], against: str | None) -> Iterator[Setting]:
    """Sorts measurements by machine and threads, and in each by conditions.

    Args:
        measurements: of any machines.
        against: the model that the others are compared with, if any.

    Returns:
        Settings, each with its groups, the shortest length first.
    """
    grouped: dict[Conditions, list[Measurement]] = {}
    for row in measurements:
        grouped.setdefault(row.conditions, []).append(row)
    found: dict[tuple[str, str, int, int], list[Group]] = {}
    for where, rows in grouped.items():
        key = (where.device, where.machine, where.threads, where.batch)
        found.setdefault(key, []).append(_group(where, rows, against))
    for key, members in found.items():
        yield Setting(*key, tuple(sorted(members, key=lambda group: group.conditions.length)))


def _group(conditions: Conditions, rows: Sequence[Measurement], against: str | None) -> Group:
    """Measurements under equal conditions, summed up and compared."""
    named = against or next((row.suite.against for row in rows if row.suite.against), None)
    summed = [
        replace(_row(row), comparisons=tuple(comparison.of(row, rows, named))) for row in rows
    ]
    return Group(conditions, named, tuple(sorted(_pareto(summed), key=_rank)))


def _row(row: Measurement) -> Result:
    """One measurement, summed up, and not compared yet."""
    return Result(
        row,
        _summary(row),
        *(_median(row.load_ms), _median(row.load_evicted_ms)),
        *(_median(row.first_ms), _median(row.tokenizer_ms), _median(row.cold_ms)),
    )


def _summary(row: Measurement) -> Summary | None:
    """The latencies summed up; None where there are none."""
    if not row.latency_ms:
        return None
    return stats.summarise(row.samples, row.conditions.batch)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _rank(row: Result) -> tuple[bool, float, str]:
    """The key that sorts results: the cheapest first, and last what has no result."""
    cost = row.latency.median.value if row.latency else row.measurement.instructions
    return (cost is None, float(cost or 0), row.measurement.subject.label)


def _pareto(rows: Sequence[Result]) -> Iterator[Result]:
    """The same results; those that no other beats both in size and in latency are marked."""
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
