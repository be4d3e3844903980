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
    """The protocol of what measures for a budget: this machine's devices, or a test's numbers."""

    def timed(self, setting: DeviceSetting) -> bool:
        """Whether the device's clock means anything; where not, instructions are counted."""
        ...

    def blank(self, bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
        """A measurement with the file, its runtime and the conditions, and no numbers yet."""
        ...

    def measure(
        self, bundle: Bundle, setting: DeviceSetting, wanted: Wanted
    ) -> Mapping[str, Measurement]:
        """What files take on a device.

        Args:
            bundle: that has the files.
            setting: the device, its threads and the length of the text.
            wanted: by the names of files, the keys of quantities to measure.

        Returns:
            By the names of files a measurement with what was wanted, or with why that is missing.
        """
        ...

    def judge(
        self, bundle: Bundle, device: str, data: LabelledData, files: Sequence[str], compare: bool
    ) -> Mapping[str, Quality | str]:
        """How good files are over labelled data.

        Args:
            bundle: that has the files.
            device: as ``--device`` names it.
            data: the labelled data.
            files: names of files.
            compare: whether PyTorch has to be asked as well, for a drop or an agreement.

        Returns:
            By the names of files the quality, or why there is none.
        """
        ...


def unopened(bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
    """The measurement of a file that no runtime opens: its size is known, and nothing else."""
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
