"""What a budget can limit: how it is written, how it is read off a measurement, how it is shown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edgekit import stats
from edgekit.benchmarks.measurement import Measurement
from edgekit.evaluation.result import Quality

# what has to be done for it: look at the file, ask the golden texts, measure, ask labelled data
FILE, ANSWERS, RUN, DATA = "file", "answers", "run", "data"
_BYTES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_TIMES = {"ms": 1.0, "s": 1e3}
_COUNTS = {"M": 1e6, "G": 1e9}
_MOST_DIGITS = 15  # that a float64 surely holds
_SMALL = -4  # power of ten below which a value is written with one


@dataclass(frozen=True)
class Observation:
    """What is known of one file under one setting: its measurement and its quality.

    ``lost`` says why there is no quality.
    """

    measurement: Measurement
    quality: Quality | None = None
    lost: str = ""


@dataclass(frozen=True)
class Quantity:
    """A row of the table. Values are in bytes, milliseconds, instructions or without a unit.

    Args:
        key: its name in a budget.
        title: its name for people; ``{metric}`` stands for the metric's.
        example: a limit as it may stand in a budget.
        units: what a number may be followed by, and how much that is; empty for a plain number.
        unit: the one of them that values are shown in.
        read: its value; None where it was not measured.
        needs: what has to be done for it, :data:`FILE`, :data:`ANSWERS`, :data:`RUN`, :data:`DATA`.
        clock: what the device must have: True a clock, False an emulator's counter, None neither.
        allows: which limits make sense.
        least: whether it is to be at least the limit, and not at most.
        relative: whether it makes sense relative to a baseline.
        compares: whether PyTorch has to be asked as well.
        of: what of the file the value is of, where the title does not say it.
    """

    key: str
    title: str
    example: str
    units: Mapping[str, float]
    unit: str
    read: Callable[[Observation], float | None]
    needs: str = RUN
    clock: bool | None = None
    allows: Callable[[float], bool] = lambda limit: limit > 0
    least: bool = False
    relative: bool = True
    compares: bool = False
    of: Callable[[Observation], str] = lambda row: ""

    def text(self, value: float, digits: int = 3) -> str:
        """A value with its unit, like ``22.9 MB``.

        Args:
            value: in bytes, milliseconds, instructions, or without a unit.
            digits: how many are significant.
        """
        if not math.isfinite(value):
            return str(value)
        scaled = value / self.units.get(self.unit, 1.0)
        magnitude = math.floor(math.log10(abs(scaled))) if scaled else 0
        if magnitude < _SMALL:
            return f"{scaled:.{digits - 1}e} {self.unit}".strip()
        decimals = max(0, digits - 1 - magnitude)
        return f"{scaled:,.{decimals}f} {self.unit}".strip()

    def texts(self, value: float, other: float) -> tuple[str, str]:
        """Two values with as many digits as show that they differ, if they do."""
        for digits in range(3, _MOST_DIGITS):
            pair = self.text(value, digits), self.text(other, digits)
            if value == other or pair[0] != pair[1]:
                break
        return pair

    def meets(self, value: float, bound: float) -> bool:
        """Whether a value is within a bound, both without rounding; NaN is not."""
        return value >= bound if self.least else value <= bound


def _load(row: Observation) -> float | None:
    return statistics.median(row.measurement.load_ms) if row.measurement.load_ms else None


def _p90(row: Observation) -> float | None:
    found = row.measurement
    return stats.summarise(found.samples).p90 if found.latency_ms else None


def _parity(row: Observation) -> float | None:
    return row.measurement.parity.max_abs if row.measurement.parity else None


def _metric(row: Observation) -> float | None:
    return row.quality.metrics[0].value if row.quality and row.quality.metrics else None


def _drop(row: Observation) -> float | None:
    return row.quality.metrics[0].drop if row.quality and row.quality.metrics else None


def _class_drop(row: Observation) -> float | None:
    return max(_class_drops(row), default=(None, ""))[0]


def _worst_class(row: Observation) -> str:
    return max(_class_drops(row), default=(None, ""))[1]


def _class_drops(row: Observation) -> list[tuple[float, str]]:
    parts = row.quality.classes if row.quality else ()
    return [(part.score.drop, part.label) for part in parts if part.score.drop is not None]


def _agreement(row: Observation) -> float | None:
    return row.quality.agreement if row.quality else None


def _rmse(row: Observation) -> float | None:
    return row.quality.rmse if row.quality else None


def _is_share(limit: float) -> bool:
    return 0 < limit <= 1


def _is_drop(limit: float) -> bool:
    return 0 <= limit < 1


_ROWS = (
    Quantity(
        *("size", "size", "25 MB", _BYTES, "MB"),
        lambda row: row.measurement.subject.size_bytes,
        FILE,
    ),
    Quantity("load", "load time", "300 ms", _TIMES, "ms", _load, clock=True),
    Quantity("p90", "p90 latency", "40 ms", _TIMES, "ms", _p90, clock=True),
    Quantity(
        *("memory", "peak memory", "120 MB", _BYTES, "MB"),
        lambda row: row.measurement.peak_memory_bytes,
    ),
    Quantity(
        *("instructions", "instructions", "900 M", _COUNTS, "M"),
        lambda row: row.measurement.instructions,
        clock=False,
    ),
    Quantity("parity", "parity, max abs", "0.05", {}, "", _parity, ANSWERS),
    Quantity(
        *("metric", "{metric}", "0.9", {}, "", _metric, DATA),
        allows=_is_share,
        least=True,
    ),
    Quantity(
        *("drop", "drop of {metric}", "0.01", {}, "", _drop, DATA),
        allows=_is_drop,
        relative=False,
        compares=True,
    ),
    Quantity(
        *("class_drop", "largest drop of a class", "0.03", {}, "", _class_drop, DATA),
        allows=_is_drop,
        relative=False,
        compares=True,
        of=_worst_class,
    ),
    Quantity(
        *("agreement", "agreement with PyTorch", "0.98", {}, "", _agreement, DATA),
        allows=_is_share,
        least=True,
        relative=False,
        compares=True,
    ),
    Quantity(
        *("rmse", "RMSE of the score", "0.02", {}, "", _rmse, DATA),
        relative=False,
        compares=True,
    ),
)
TABLE: Mapping[str, Quantity] = {row.key: row for row in _ROWS}
