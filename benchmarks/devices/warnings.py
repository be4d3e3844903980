"""Warnings about a measurement: a closed set, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit import stats
from edgekit.stats import Samples

FEW = 10  # samples below which an interval of the median says little
WIDE = 0.05  # half-width of the median's interval, relative
FEW_PROCESSES = 3  # below which the interval of what another start changes says nothing
DRIFT = 0.05  # of the median between the first and the last third of each process
_THIRDS = 3
# Interquartile ranges from the median. Tukey's outer fences (Exploratory Data Analysis, 1977) count
# three from the quartiles.
OUTLIER_IQRS = 3.0
OUTLIERS = 0.1  # share of the samples
BUSY_SHARE = 0.25  # of one core, taken by others meanwhile
STOLEN_SHARE = 0.02  # of all processor time, taken by a virtual machine's host
THROTTLED_SHARE = 0.9  # of the clock at the start


@dataclass(frozen=True)
class MeasurementWarning:
    """What a warning's code stands for: what happened, and what to do about it."""

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
    "few-processes": MeasurementWarning(
        f"fewer than {FEW_PROCESSES} processes: what another start of the file changes, some "
        "percent, is not known",
        "measure in more of them (--processes)",
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
        others_cores: how many cores other processes kept busy, on average.
        stolen_share: the share of all processor time that a virtual machine's host took, 0 to 1.
        clock_share: the clock at the end, relative to the start.
        hot: whether a phone was above the limits of temperature before or after.
        saving: whether a phone had its battery saver on.
    """

    others_cores: float | None = None
    stolen_share: float | None = None
    clock_share: float | None = None
    hot: bool | None = None
    saving: bool | None = None


def of(samples: Samples, loads: Sequence[Load], environment: Mapping[str, object]) -> Iterator[str]:
    """The codes of :data:`TABLE` that apply to a measurement.

    Args:
        samples: its latencies.
        loads: what the machine did during each of the processes.
        environment: the device's facts; ``unproven`` among them has a warning of its own.
    """
    values = samples.array
    if len(values) < FEW:
        yield "few-samples"
    elif stats.median(samples).half_width > WIDE:
        yield "wide-interval"
    if len(samples.parts) < FEW_PROCESSES:
        yield "few-processes"
    low, high = np.percentile(values, [25, 75])
    far = np.abs(values - np.median(values)) > OUTLIER_IQRS * max(high - low, 0.01 * low)
    if far.mean() > OUTLIERS:
        yield "outliers"
    if len(values) >= FEW and _drift(samples) > DRIFT:
        yield "drift"
    yield from dict.fromkeys(code for load in loads for code in _of_machine(load))
    if environment.get("unproven"):
        yield "unproven"


def _drift(samples: Samples) -> float:
    """How far the processes' first and last thirds are apart, relative to each one's median."""
    parts = [part / np.median(part) for part in samples.parts if len(part) >= _THIRDS]
    if not parts:
        return 0.0
    first = np.concatenate([part[: len(part) // _THIRDS] for part in parts])
    last = np.concatenate([part[-(len(part) // _THIRDS) :] for part in parts])
    return float(abs(np.median(last) - np.median(first)))


def _of_machine(load: Load) -> Iterator[str]:
    """The codes that apply to what the machine did during one process."""
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
