"""A stored report as what a new bundle is compared with, like with like or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.benchmarks import results
from edgekit.benchmarks.measurement import Measurement
from edgekit.budget.quantities import FILE, Quantity
from edgekit.errors import PlanError
from edgekit.report import comparison


@dataclass(frozen=True)
class Baseline:
    """Measurements of a former bundle; ``origin`` is their file's name."""

    rows: tuple[Measurement, ...]
    origin: str

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """From a folder of ``edgekit bench``, or its ``results.jsonl`` or ``report.json``.

        Raises:
            PlanError: it is none of these, or has nothing in it.
        """
        return cls(tuple(results.read([path])), str(path))

    def value(self, quantity: Quantity, blank: Measurement) -> float:
        """What the file of ``blank`` had: in the same runtime and under the same conditions.

        A size has no conditions.

        Raises:
            PlanError: there is none; the message says what differs from those that there are.
        """
        rows = [row for row in self._of_model(blank.subject.model) if _same_file(row, blank)]
        if quantity.needs != FILE:
            if not blank.subject.runtime:
                raise PlanError(
                    f"{blank.conditions.device} has no runtime for {blank.subject.file}: leave it "
                    "out of the budget's files"
                )
            rows = [row for row in rows if row.subject.runtime == blank.subject.runtime]
        found = [row for row in rows if quantity.read(row)]
        if not found:
            where = "" if quantity.needs == FILE else f" in {blank.subject.runtime}"
            raise PlanError(
                f"{self.origin} has no {quantity.title} of {blank.subject.file}{where}: measure "
                "the baseline with it, or write an absolute limit"
            )
        if quantity.needs != FILE:
            found = self._alike(found, blank)
        return quantity.read(found[-1]) or 0.0

    def _of_model(self, model: str) -> Sequence[Measurement]:
        """A report may hold several models; one that holds a single model needs no name."""
        models = list(dict.fromkeys(row.subject.model for row in self.rows))
        if len(models) > 1 and model not in models:
            raise PlanError(f"{self.origin} has {', '.join(models)}, and none is called {model}")
        return [row for row in self.rows if len(models) == 1 or row.subject.model == model]

    def _alike(self, rows: Sequence[Measurement], blank: Measurement) -> list[Measurement]:
        unlike = [comparison.differences(blank.conditions, row.conditions) for row in rows]
        alike = [row for row, differs in zip(rows, unlike, strict=True) if not differs]
        if not alike:
            least = min(unlike, key=len)
            raise PlanError(
                f"{blank.subject.file} cannot be compared with {self.origin}: they differ in "
                f"{'; '.join(least)}"
            )
        return alike


def _same_file(row: Measurement, blank: Measurement) -> bool:
    return row.subject.file == blank.subject.file
