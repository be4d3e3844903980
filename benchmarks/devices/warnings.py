"""Warnings about a measurement: a closed set, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit import stats

FEW = 10  # samples below which an interval of the median says little
WIDE = 0.05  # half-width of the median's interval, relative
DRIFT = 0.05  # of the median between the first and the last third
# Interquartile ranges from the median. Tukey's outer fences (Exploratory Data Analysis, 1977) count
# three from the quartiles.
OUTLIER_IQRS = 3.0
OUTLIERS = 0.1  # share of the samples
BUSY_SHARE = 0.25  # of one core, taken by others meanwhile
STOLEN_SHARE = 0.02  # of all processor time, taken by a virtual machine's host
THROTTLED_SHARE = 0.9  # of the clock at the start


@dataclass(frozen=True)
class MeasurementWarning:
    """What a warning's code stands for."""

    message: str
    advice: str


TABLE: Mapping[str, MeasurementWarning] = {
    "few-samples": MeasurementWarning(
        f"fewer than {FEW} samples", "give it more time (--seconds) or fewer models"
    ),
    "wide-interval": MeasurementWarning(
        f"the median is known to no better than {WIDE:.0%}",
        "close other programs and give it more time (--seconds)",
    ),
    "outliers": MeasurementWarning(
        f"more than {OUTLIERS:.0%} of the samples lie far outside the rest",
        "close other programs; look at the p99, not at the mean",
    ),
    "drift": MeasurementWarning(
        "the first third and the last third of the samples differ",
        "let the machine reach its working temperature, then measure again; ratios of models "
        "measured interleaved still hold",
    ),
    "busy": MeasurementWarning(
        "other programs used the processor meanwhile", "close them and measure again"
    ),
    "stolen": MeasurementWarning(
        "the virtual machine's host took processor time away",
        "measure again at a quieter time or on a machine of its own",
    ),
    "throttled": MeasurementWarning(
        "the processor's clock went down meanwhile",
        "let it cool down, set the governor to performance, measure again",
    ),
    "hot": MeasurementWarning(
        "the phone was too hot before or after, and slows down then",
        "take it off the charger and out of its case, somewhere cool, or let edgekit wait longer "
        "(--cool)",
    ),
    "battery-saver": MeasurementWarning(
        "the phone saves its battery, which limits its clock",
        "charge it, switch the battery saver off and measure again",
    ),
    "unproven": MeasurementWarning(
        "edgekit's way of measuring there is not proven on a real device yet",
        "compare it once with a measurement of your own before you rely on it",
    ),
}


@dataclass(frozen=True)
class Load:
    """What the machine that computed did while samples were taken; None is what it does not tell.

    Attributes:
        others_cores: How many cores other processes kept busy, on average.
        stolen_share: The share of all processor time that a virtual machine's host took, 0 to 1.
        clock_share: The clock at the end, relative to the start.
        hot: Whether a phone was above the limits of temperature before or after.
        saving: Whether a phone had its battery saver on.
    """

    others_cores: float | None = None
    stolen_share: float | None = None
    clock_share: float | None = None
    hot: bool | None = None
    saving: bool | None = None


def of(
    latency_ms: Sequence[float], load: Load, environment: Mapping[str, object], block: int = 1
) -> Iterator[str]:
    """The codes of :data:`TABLE` that apply to a measurement.

    Args:
        latency_ms: Its samples, in the order in which they were taken; at least one.
        load: What the machine did meanwhile.
        environment: The device's facts; ``unproven`` among them has a warning of its own.
        block: How many samples a turn has.
    """
    values = np.asarray(latency_ms, np.float64)
    if len(values) < FEW:
        yield "few-samples"
    elif stats.median(values, block).half_width > WIDE:
        yield "wide-interval"
    low, high = np.percentile(values, [25, 75])
    far = np.abs(values - np.median(values)) > OUTLIER_IQRS * max(high - low, 0.01 * low)
    if far.mean() > OUTLIERS:
        yield "outliers"
    if len(values) >= FEW and _drift(values) > DRIFT:
        yield "drift"
    yield from _of_machine(load)
    if environment.get("unproven"):
        yield "unproven"


def _drift(values: np.ndarray) -> float:
    """How far the medians of the first and the last third are apart, relative to the whole's."""
    third = len(values) // 3
    first, last = np.median(values[:third]), np.median(values[-third:])
    return float(abs(last - first) / np.median(values))


def _of_machine(load: Load) -> Iterator[str]:
    if load.others_cores is not None and load.others_cores > BUSY_SHARE:
        yield "busy"
    if load.stolen_share is not None and load.stolen_share > STOLEN_SHARE:
        yield "stolen"
    if load.clock_share is not None and load.clock_share < THROTTLED_SHARE:
        yield "throttled"
    if load.hot:
        yield "hot"
    if load.saving:
        yield "battery-saver"
