"""A folder of results: ``results.jsonl``, one measurement a line, written as it is finished.

A later line replaces an earlier one of the same key. A line that a killed process left half written
is passed over, and the next one begins on a line of its own.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edgekit.benchmarks.measurement import SCHEMA_VERSION, Measurement
from edgekit.errors import OutputError, PlanError

FILE = "results.jsonl"


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
        row = {"schema_version": SCHEMA_VERSION, **measurement.to_json()}
        try:
            with self._lock, self.path.open("ab+") as file:
                if file.tell() and not _ends_in_newline(file):
                    file.write(b"\n")
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}") from error

    def load(self) -> list[Measurement]:
        """The newest measurement of every key, in the order of their first lines.

        Raises:
            PlanError: a line is of another major version.
        """
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        return latest(Measurement.from_json(_current(row, self.path)) for row in _rows(lines))


def latest(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Without those that a later one of the same key replaces."""
    return list({row.key: row for row in measurements}.values())


def _rows(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue  # cut off by a kill
        if isinstance(row, dict):
            yield row


def _current(row: dict[str, Any], path: Path) -> dict[str, Any]:
    version = str(row.get("schema_version", "none"))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise PlanError(
            f"{path} has results of schema version {version}, and this edgekit reads "
            f"{SCHEMA_VERSION.split('.')[0]}.x: measure again or install a matching edgekit"
        )
    return {key: value for key, value in row.items() if key != "schema_version"}


def _ends_in_newline(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
