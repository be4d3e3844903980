"""What a budget asks of whatever measures for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Conditions, Measurement
from edgekit.budget.limits import DeviceSetting, LabelledData
from edgekit.bundle import Artifact, Bundle
from edgekit.evaluation.result import Quality

Wanted = Mapping[str, frozenset[str]]  # keys of quantities by file


class Meter(Protocol):
    """What measures; a test brings its own."""

    def timed(self, setting: DeviceSetting) -> bool:
        """Whether the device has a clock that means something; else it counts instructions."""
        ...

    def blank(self, bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
        """The file, its runtime and the conditions, with nothing measured yet."""
        ...

    def measure(
        self, bundle: Bundle, setting: DeviceSetting, wanted: Wanted
    ) -> Mapping[str, Measurement]:
        """By the files' names, each with at least what is wanted of it, or why that is missing."""
        ...

    def judge(
        self, bundle: Bundle, device: str, data: LabelledData, files: Sequence[str], compare: bool
    ) -> Mapping[str, Quality | str]:
        """By the files' names, each with its quality over labelled data, or why it has none.

        ``compare`` says whether PyTorch has to be asked as well.
        """
        ...


def unopened(bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
    """A file as it lies there, which needs no device."""
    return measurement(Entry(bundle, bundle.name, artifact, None), setting, setting.device, "")


def measurement(entry: Entry, setting: DeviceSetting, device: str, machine: str) -> Measurement:
    """A measurement in which nothing has been measured yet.

    Args:
        entry: the file and its runtime.
        setting: threads and length of the budget.
        device: the device's name, like ``android:SERIAL``.
        machine: what the device calls its hardware.
    """
    conditions = Conditions(device, machine, setting.threads, setting.length)
    return Measurement(entry.subject, conditions, {}, "")
