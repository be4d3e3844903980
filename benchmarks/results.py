"""A folder of results: ``results.jsonl``, one measurement a line, written as it is finished.

A later line replaces an earlier one of the same key. A line that a killed process left half written
is passed over, and the next one begins on a line of its own. ``results.schema.json`` in the package
documents a line and checks it whenever a file is read.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgekit.benchmarks.measurement import SCHEMA_VERSION, Measurement
from edgekit.errors import OutputError, PlanError

FILE = "results.jsonl"
_MAJOR = SCHEMA_VERSION.partition(".")[0]


class Store:
    """The results of one folder; several threads may append."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()

    def append(self, measurement: Measurement) -> None:
        """One more line, on disk when this returns.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self._lock, self.path.open("ab+") as file:
                if file.tell() and not _ends_in_newline(file):
                    file.write(b"\n")
                file.write(line(measurement).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}") from error

    def load(self) -> list[Measurement]:
        """The newest measurement of every key, in the order of their first lines.

        Raises:
            PlanError: the file holds something else, or results of another major version.
        """
        return latest(_read(self.path)) if self.path.exists() else []


def line(measurement: Measurement) -> str:
    """A measurement as it stands in the file, without the line's end."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **measurement.to_json()})


def read(paths: Sequence[Path]) -> list[Measurement]:
    """Results of folders, ``.jsonl`` files or reports as one; the newest of every key.

    Raises:
        PlanError: one of them is no results, or of another major version, or has none.
    """
    found = [row for path in paths for row in _some(path)]
    return latest(sorted(found, key=lambda row: row.started) if len(paths) > 1 else found)


def latest(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Without those that a later one of the same key replaces."""
    return list({row.key: row for row in measurements}.values())


def _some(path: Path) -> list[Measurement]:
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        what = f"{path} has no {FILE}" if path.is_dir() else f"{path} does not exist"
        raise PlanError(f"{what}: give a folder of edgekit bench, its {FILE} or report.json")
    found = list(_reported(file) if file.suffix == ".json" else _read(file))
    if not found:
        raise PlanError(f"{file} has no result yet: run edgekit bench into its folder again")
    return found


def _reported(path: Path) -> Iterator[Measurement]:
    """The measurements that a ``report.json`` was made of."""
    try:
        report = _loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PlanError(f"{path} is not readable JSON: {error}") from error
    rows = report.get("measurements") if isinstance(report, dict) else None
    if not isinstance(rows, list):
        raise PlanError(f"{path} is no report of edgekit bench: it has no measurements")
    for number, row in enumerate(rows, 1):
        yield _checked(row, f"{path}, measurement {number}")


def _read(path: Path) -> Iterator[Measurement]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}") from error
    whole = 0
    for number, text in enumerate(lines, 1):
        try:
            row = _loads(text)
        except ValueError:
            continue  # empty, or cut off by a kill
        whole += 1
        yield _checked(row, f"{path}, line {number}")
    if any(lines) and not whole:
        raise PlanError(f"{path} is not a results file of edgekit bench: no line of it is JSON")


def _loads(text: str | bytes) -> Any:
    """JSON in which a number that is none (NaN, 1e400) is null, which the schema refuses."""
    try:
        return json.loads(text, parse_float=_finite, parse_constant=lambda name: None)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _checked(row: Any, origin: str) -> Measurement:
    if not isinstance(row, dict) or "schema_version" not in row:
        raise PlanError(f"{origin} is no result of edgekit bench: it has no schema_version")
    version = str(row["schema_version"])
    if version.partition(".")[0] != _MAJOR:
        raise PlanError(
            f"{origin} has schema version {version}, and this edgekit reads {_MAJOR}.x: measure "
            "again or install a matching edgekit"
        )
    error = next(_validator().iter_errors(row), None)
    if error is not None:
        raise PlanError(f"{origin} is damaged or forged: {error.json_path}: {error.message[:200]}")
    return Measurement.from_json(row)


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    text = files("edgekit").joinpath("results.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def _ends_in_newline(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
