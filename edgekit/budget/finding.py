"""One limit of a budget, and what a file really has."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.budget.limits import DeviceSetting, LabelledData
from edgekit.budget.quantities import ANSWERS, DATA, FILE, RUN, Quantity


@dataclass(frozen=True)
class Finding:
    """A limit of a budget beside what was measured for it.

    Attributes:
        file: the artifact's name.
        runtime: that it ran in, or that it was judged in.
        setting: device, threads and length.
        data: the labelled data, for a limit of quality.
        quantity: what is limited.
        metric: the name of the metric that a limit of quality is about.
        bound: the limit, in the quantity's unit.
        base: the baseline's value, if the limit is relative to one.
        share: what of the baseline's value the limit was to be.
        value: what was measured; None was not, and breaks the budget.
        reason: why there is no value, or what else is wrong with the file.
        warnings: codes of what may have disturbed a latency.
        of: the class that the value is about, where it is about one.
    """

    file: str
    runtime: str
    setting: DeviceSetting
    data: LabelledData | None
    quantity: Quantity
    metric: str
    bound: float
    base: float | None
    share: float | None
    value: float | None
    reason: str = ""
    warnings: tuple[str, ...] = ()
    of: str = ""

    @property
    def met(self) -> bool:
        """Whether the value is within its limit."""
        return (
            not self.reason
            and self.value is not None
            and self.quantity.meets(self.value, self.bound)
        )

    @property
    def title(self) -> str:
        """What was limited, in words, with the metric by its name: ``drop of accuracy``."""
        return self.quantity.title.format(metric=self.metric or "metric")

    @property
    def where(self) -> str:
        """What it was measured on, like ``LiteRT, host, 1 thread, 128 tokens``."""
        if self.quantity.needs == FILE:
            return ""
        device = self.setting.device
        where = {
            ANSWERS: device,
            RUN: str(self.setting),
            DATA: f"{device}, {self.data.file.name}" if self.data else "",
        }
        return ", ".join(filter(None, (self.runtime, where[self.quantity.needs])))

    def texts(self) -> tuple[str, str]:
        """The value and its limit as people read them, like ``22.9 MB`` and ``≤ 25.0 MB``.

        As many digits are shown as tell the two apart.
        """
        bound, measured = self.quantity.text(self.bound), "not measured"
        if self.value is not None:
            measured, bound = self.quantity.texts(self.value, self.bound)
        if self.of:
            measured += f" ({self.of})"
        bound = f"{'≥' if self.quantity.least else '≤'} {bound}"
        if self.base is not None and self.share is not None:
            change = f"{100 * (self.share - 1):+.6g}%"
            bound += f" ({change} of {self.quantity.text(self.base)})"
        return measured, bound

    @property
    def sentence(self) -> str:
        """File, quantity, value and limit, and the reason if there is one, in a line."""
        measured, bound = self.texts()
        where = f" ({self.where})" if self.where else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.file}: {self.title} {measured}, budget {bound}{where}{why}"
