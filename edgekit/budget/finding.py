"""One limit of a budget, and what a file really has."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.budget.limits import DeviceSetting, LabelledData
from edgekit.budget.quantities import ANSWERS, DATA, FILE, RUN, Quantity


@dataclass(frozen=True)
class Finding:
    """A limit of a budget beside what was measured for it.

    A ``value`` of None was not measured, and breaks the budget. ``base`` is the baseline's value,
    and ``share`` what of it the limit was to be. ``reason`` says why there is no value, or what
    else is wrong with the file; ``of`` names the class it is about.
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
