"""What went wrong while a report's numbers were measured, and what makes them worth less."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.benchmarks.devices.warnings import TABLE, MeasurementWarning
from edgekit.reporting import wording
from edgekit.reporting.numbers import Report


@dataclass(frozen=True)
class WarningSummary:
    """A warning, once for all measurements that it is about.

    ``code`` is a key of :data:`edgekit.benchmarks.devices.warnings.TABLE`; ``about`` names the
    measurements.
    """

    code: str
    message: str
    advice: str
    about: tuple[str, ...]


def warnings(report: Report) -> list[WarningSummary]:
    """Each warning of a report once, with the measurements that it is about."""
    found: dict[str, list[str]] = {}
    for row in report.measurements:
        for code in row.warnings:
            about = f"{row.subject.label}, {wording.conditions(row.conditions)}"
            found.setdefault(code, []).append(about)
    unknown = MeasurementWarning("unknown to this version", "update edgekit")
    table = {code: TABLE.get(code, unknown) for code in found}
    return [
        WarningSummary(code, table[code].message, table[code].advice, tuple(found[code]))
        for code in found
    ]


def unfinished(report: Report, kind: str) -> list[tuple[str, str]]:
    """What failed, or was not tried: each file with its reason, once for all lengths.

    Args:
        report: with the measurements.
        kind: ``failure`` or ``unmeasured``.

    Returns:
        The model with its file, and the reason.
    """
    found: dict[tuple[str, str], list[int]] = {}
    for row in report.measurements:
        reason = getattr(row, kind)
        if reason is not None:
            name = f"{row.subject.model} {row.subject.file or row.subject.runtime}"
            found.setdefault((name, reason), []).append(row.conditions.length)
    return list(found)
