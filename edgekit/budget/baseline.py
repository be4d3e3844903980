"""Stored reports as what a new bundle is compared with, like with like or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.benchmarks import results
from edgekit.benchmarks.measurement import Measurement
from edgekit.budget.limits import Data
from edgekit.budget.quantities import FILE, Quantity, Reading
from edgekit.errors import PlanError
from edgekit.evaluation import report
from edgekit.files import file_sha256
from edgekit.report import comparison


@dataclass(frozen=True)
class Baseline:
    """Measurements and evaluations of a former bundle; ``origin`` names their files."""

    rows: tuple[Measurement, ...]
    evaluations: tuple[Mapping[str, Any], ...]
    origin: str

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Baseline:
        """From folders or files of ``edgekit bench`` and ``edgekit eval``.

        Raises:
            PlanError: one of them is none of these, or has nothing in it.
        """
        evaluated = [_file(path) for path in paths if _is_evaluation(_file(path))]
        benches = [path for path in paths if _file(path) not in evaluated]
        return cls(
            tuple(results.read(benches)) if benches else (),
            tuple(map(_evaluation, evaluated)),
            ", ".join(map(str, paths)),
        )

    def value(self, quantity: Quantity, blank: Measurement) -> float:
        """What the file of ``blank`` had: in the same runtime and under the same conditions.

        A size has no conditions.

        Raises:
            PlanError: there is none; the message says what differs from those that there are.
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
            and quantity.read(Reading(row)) is not None
        ]
        rows = _of_model(rows, lambda row: row.subject.model, subject.model, self.origin)
        if not rows:
            raise self._nothing(quantity, subject.file)
        unlike = [
            comparison.differences(blank.conditions, row.conditions) if placed else []
            for row in rows
        ]
        return quantity.read(Reading(self._alike(rows, unlike, subject.file))) or 0.0

    def metric(self, quantity: Quantity, bundle: str, file: str, device: str, data: Data) -> float:
        """The metric that the file had on the same data.

        Raises:
            PlanError: there is none; the message says what differs from those that there are.
        """
        asked = {"device": device, "data": file_sha256(data.file), "limit": data.limit}
        found = [
            (each["bundle"], row, {"device": row["device"], **_facts(whole)})
            for whole in self.evaluations
            for each in whole["bundles"]
            for row in each["artifacts"]
            if row["file"] == file and row["metrics"] and row["metrics"][0]["value"] is not None
        ]
        found = _of_model(found, lambda each: each[0], bundle, self.origin)
        if not found:
            raise self._nothing(quantity, file)
        unlike = [
            [
                f"{key} ({_short(key, asked)} and {_short(key, facts)})"
                for key in asked
                if asked[key] != facts[key]
            ]
            for *_, facts in found
        ]
        _, row, _ = self._alike(found, unlike, file)
        return float(row["metrics"][0]["value"])

    def _nothing(self, quantity: Quantity, file: str) -> PlanError:
        return PlanError(
            f"{self.origin} has no {quantity.key} of {file}: measure the baseline with it, or "
            "write an absolute limit"
        )

    def _alike(self, rows: Sequence[Any], unlike: Sequence[list[str]], file: str) -> Any:
        """The newest that does not differ."""
        alike = [row for row, differs in zip(rows, unlike, strict=True) if not differs]
        if not alike:
            least = min(unlike, key=len)
            raise PlanError(
                f"{file} cannot be compared with {self.origin}: they differ in {'; '.join(least)}"
            )
        return alike[-1]


def _of_model(rows: Sequence[Any], name: Any, model: str, origin: str) -> list[Any]:
    """A report may hold several models; one that holds a single model needs no name."""
    names = list(dict.fromkeys(map(name, rows)))
    if len(names) > 1 and model not in names:
        raise PlanError(f"{origin} has {', '.join(names)}, and none is called {model}")
    return [row for row in rows if len(names) == 1 or name(row) == model]


def _short(key: str, facts: Mapping[str, Any]) -> str:
    """Of the data's hash as much as people compare."""
    return str(facts[key])[: 12 if key == "data" else None]


def _facts(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": whole["data"]["sha256"], "limit": whole["data"]["limit"]}


def _file(path: Path) -> Path:
    """The file to read: of a folder of ``edgekit eval`` its report."""
    return path / report.FILE if (path / report.FILE).is_file() else path


def _is_evaluation(path: Path) -> bool:
    return path.suffix == ".json" and "bundles" in _json(path)


def _evaluation(path: Path) -> Mapping[str, Any]:
    from jsonschema import Draft202012Validator

    whole = _json(path)
    error = next(Draft202012Validator(report.schema()).iter_errors(whole), None)
    if error is not None:
        raise PlanError(f"{path} is damaged: {error.json_path}: {error.message[:200]}")
    return whole


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise PlanError(f"{path} is not JSON: {error}") from error
    return found if isinstance(found, dict) else {}
