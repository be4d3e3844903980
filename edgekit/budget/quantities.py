"""What a budget can limit: how it is written, how it is read off a measurement, how it is shown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edgekit.benchmarks import stats
from edgekit.benchmarks.measurement import Measurement

FILE, ANSWERS, RUN = "file", "answers", "run"  # look at it, ask it the golden texts, measure it
_BYTES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_TIMES = {"ms": 1.0, "s": 1e3}
_COUNTS = {"M": 1e6, "G": 1e9}
_MOST_DIGITS = 15


@dataclass(frozen=True)
class Quantity:
    """A row of the table. Values are in bytes, milliseconds, instructions or without a unit.

    Args:
        key: its name in a budget.
        title: its name for people.
        example: a limit as it may stand in a budget.
        units: what a number may be followed by, and how much that is; empty for a plain number.
        unit: the one of them that values are shown in.
        read: its value in a measurement; None where it was not measured.
        needs: what has to be done for it, :data:`FILE`, :data:`ANSWERS` or :data:`RUN`.
        clock: what the device must have: True a clock, False an emulator's counter, None neither.
    """

    key: str
    title: str
    example: str
    units: Mapping[str, float]
    unit: str
    read: Callable[[Measurement], float | None]
    needs: str = RUN
    clock: bool | None = None

    def text(self, value: float, digits: int = 3) -> str:
        """A value for people, like ``22.9 MB``."""
        if not math.isfinite(value):
            return str(value)
        scaled = value / self.units.get(self.unit, 1.0)
        magnitude = math.floor(math.log10(abs(scaled))) if scaled else 0
        decimals = max(0, digits - 1 - magnitude)
        return f"{scaled:,.{decimals}f} {self.unit}".strip()

    def texts(self, value: float, other: float) -> tuple[str, str]:
        """Two values with as many digits as show that they differ, if they do."""
        for digits in range(3, _MOST_DIGITS):
            pair = self.text(value, digits), self.text(other, digits)
            if value == other or pair[0] != pair[1]:
                break
        return pair


def _load(row: Measurement) -> float | None:
    return statistics.median(row.load_ms) if row.load_ms else None


def _p90(row: Measurement) -> float | None:
    return stats.summarise(row.latency_ms).p90 if row.latency_ms else None


def _parity(row: Measurement) -> float | None:
    return row.parity.max_abs if row.parity else None


TABLE: Mapping[str, Quantity] = {
    row.key: row
    for row in (
        Quantity("size", "size", "25 MB", _BYTES, "MB", lambda row: row.subject.size_bytes, FILE),
        Quantity("load", "load time", "300 ms", _TIMES, "ms", _load, clock=True),
        Quantity("p90", "p90 latency", "40 ms", _TIMES, "ms", _p90, clock=True),
        Quantity(
            "memory", "peak memory", "120 MB", _BYTES, "MB", lambda row: row.peak_memory_bytes
        ),
        Quantity(
            *("instructions", "instructions", "900 M", _COUNTS, "M"),
            lambda row: row.instructions,
            clock=False,
        ),
        Quantity("parity", "parity, max abs", "0.05", {}, "", _parity, ANSWERS),
    )
}
