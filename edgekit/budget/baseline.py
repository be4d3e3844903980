"""Stored reports as what a new bundle is compared with, like with like or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edgekit.benchmarks.measurement import Measurement
from edgekit.budget.limits import LabelledData
from edgekit.budget.quantities import FILE, Observation, Quantity
from edgekit.errors import PlanError
from edgekit.evaluation.result import Evaluation
from edgekit.files import file_sha256
from edgekit.reporting import comparison, sources

T = TypeVar("T")


@dataclass(frozen=True)
class Baseline:
    """Measurements and evaluations of a former bundle; ``origin`` names their files."""

    rows: tuple[Measurement, ...]
    evaluations: tuple[Evaluation, ...]
    origin: str

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Baseline:
        """Reads the stored results that limits are relative to.

        Args:
            paths: folders of ``edgekit bench`` or ``edgekit eval``, or files of theirs.

        Raises:
            PlanError: one of them is neither, or holds no result.
        """
        found = sources.read(paths)
        return cls(found.measurements, found.evaluations, ", ".join(map(str, paths)))

    def value(self, quantity: Quantity, blank: Measurement) -> float:
        """What the baseline's file had of a quantity, in the same runtime and conditions.

        A size has no conditions: any measurement of the file will do.

        Args:
            quantity: what is asked for.
            blank: the new file's measurement before any number is in it: it tells what has to be
                equal.

        Raises:
            PlanError: nothing fits; the message says what differs from the nearest that there is.
        """
        subject, placed = blank.subject, quantity.needs != FILE
        if placed and not subject.runtime:
            raise PlanError(
                f"{blank.conditions.device} has no runtime for {subject.file}: leave it out of "
                "the budget's files"
            )
        rows = [
            row
            for row in self.rows
            if row.subject.file == subject.file
            and (row.subject.runtime == subject.runtime or not placed)
            and quantity.read(Observation(row)) is not None
        ]
        rows = _of_model(rows, lambda row: row.subject.model, subject.model, self.origin)
        if not rows:
            raise self._nothing(quantity, subject.file)
        unlike = [
            comparison.differences(blank.conditions, row.conditions) if placed else []
            for row in rows
        ]
        return quantity.read(Observation(self._alike(rows, unlike, subject.file))) or 0.0

    def metric(
        self, quantity: Quantity, bundle: str, file: str, device: str, data: LabelledData
    ) -> float:
        """The metric that the baseline's file had on the same data.

        Args:
            quantity: what is asked for, such as a drop.
            bundle: the model's name.
            file: the artifact's name.
            device: as ``--device`` names it.
            data: has to be the same file by its SHA-256, cut at the same ``limit``.

        Raises:
            PlanError: nothing fits; the message says what differs from the nearest that there is.
        """
        asked = _Asked(device, file_sha256(data.file), data.limit)
        found = [
            (each.bundle, row, _Asked(row.device, whole.data.sha256, whole.data.limit))
            for whole in self.evaluations
            for each in whole.bundles
            for row in each.artifacts
            if row.file == file and row.metrics and row.metrics[0].value is not None
        ]
        found = _of_model(found, lambda each: each[0], bundle, self.origin)
        if not found:
            raise self._nothing(quantity, file)
        _, row, _ = self._alike(found, [asked.unlike(facts) for *_, facts in found], file)
        value = row.metrics[0].value
        assert value is not None
        return value

    def _nothing(self, quantity: Quantity, file: str) -> PlanError:
        """The error of a file whose quantity the baseline lacks altogether."""
        return PlanError(
            f"{self.origin} has no {quantity.key} of {file}: measure the baseline with it, or "
            "write an absolute limit"
        )

    def _alike(self, rows: Sequence[T], unlike: Sequence[list[str]], file: str) -> T:
        """The newest row that differs in nothing.

        Args:
            rows: of the file, the oldest first.
            unlike: for each row, in what it differs from the new file's.
            file: for the message.

        Raises:
            PlanError: every row differs; the message says in what the one does that differs least.
        """
        alike = [row for row, differs in zip(rows, unlike, strict=True) if not differs]
        if not alike:
            least = min(unlike, key=len)
            raise PlanError(
                f"{file} cannot be compared with {self.origin}: they differ in {'; '.join(least)}"
            )
        return alike[-1]


@dataclass(frozen=True)
class _Asked:
    """What has to be equal before two metrics may be compared.

    ``data`` is the SHA-256 of the labelled data, ``limit`` how many of its examples were asked at
    most.
    """

    device: str
    data: str
    limit: int | None

    def unlike(self, other: _Asked) -> list[str]:
        """What differs between the two, like ``device (host and arm64)``.

        Of a hash its first 12 digits.
        """
        pairs = {
            "device": (self.device, other.device),
            "data": (self.data[:12], other.data[:12]),
            "limit": (self.limit, other.limit),
        }
        return [f"{key} ({a} and {b})" for key, (a, b) in pairs.items() if a != b]


def _of_model(rows: Sequence[T], name: Callable[[T], str], model: str, origin: str) -> list[T]:
    """The rows of an earlier report that are about a model.

    Args:
        rows: of the report.
        name: what a row calls its model.
        model: the name that is looked for; it need not be that of a report's only model.
        origin: the report, for the message.

    Raises:
        PlanError: the report has several models, and none of that name.
    """
    names = list(dict.fromkeys(map(name, rows)))
    if len(names) > 1 and model not in names:
        raise PlanError(f"{origin} has {', '.join(names)}, and none is called {model}")
    return [row for row in rows if len(names) == 1 or name(row) == model]
