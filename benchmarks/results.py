"""A folder of results: ``results.jsonl``, one measurement a line, written as it is finished.

A later line replaces an earlier one of the same key. A line that a killed process left half written
is passed over, and the next one begins on a line of its own. A line is a
:class:`~edgekit.benchmarks.measurement.Measurement`, and is checked against it whenever it is read.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from edgekit import documents
from edgekit.benchmarks.measurement import SCHEMA_VERSION, Measurement
from edgekit.errors import OutputError, PlanError

FILE = "results.jsonl"
_REMEDY = "measure again: the file is damaged or forged"


class _Reported(msgspec.Struct):
    """The part of a ``report.json`` that is read back: its raw measurements."""

    measurements: list[msgspec.Raw] | None = None


class Store:
    """The measurements of one folder, a line each; several threads may append.

    Args:
        folder: with ``results.jsonl``, which is made by the first measurement.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()

    def append(self, measurement: Measurement) -> None:
        """Adds one measurement, which is on disk when this returns.

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
    return documents.dump_json(measurement, FILE)


def read(paths: Sequence[Path]) -> list[Measurement]:
    """Reads the measurements of several results as one; of each key only the newest.

    Args:
        paths: folders of ``edgekit bench``, ``.jsonl`` files, or files ``report.json``.

    Raises:
        PlanError: one of them is no results, or of another major version, or has none.
    """
    found = [row for path in paths for row in _some(path)]
    return latest(sorted(found, key=lambda row: row.started) if len(paths) > 1 else found)


def latest(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The measurements without those that a later one of the same key replaces."""
    return list({row.key: row for row in measurements}.values())


def _some(path: Path) -> list[Measurement]:
    """The measurements of one folder or file."""
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        what = f"{path} has no {FILE}" if path.is_dir() else f"{path} does not exist"
        raise PlanError(f"{what}: give a folder or file of edgekit bench or edgekit eval")
    found = list(_reported(file) if file.suffix == ".json" else _read(file))
    if not found:
        raise PlanError(f"{file} has no result yet: run edgekit bench into its folder again")
    return found


def _reported(path: Path) -> Iterator[Measurement]:
    """The measurements that a ``report.json`` was made of."""
    data = documents.read_bytes(path, PlanError)
    rows = documents.decode_json(data, _Reported, str(path), PlanError, _REMEDY).measurements
    if rows is None:
        raise PlanError(f"{path} is no report of edgekit bench: it has no measurements")
    for number, row in enumerate(rows, 1):
        yield read_line(bytes(row), f"{path}, measurement {number}")


def _read(path: Path) -> Iterator[Measurement]:
    """The measurements in a ``results.jsonl``; a last line that a kill cut off is passed over."""
    lines = documents.read_bytes(path, PlanError).split(b"\n")
    whole = [(number, line) for number, line in enumerate(lines, 1) if _is_whole(line)]
    for number, line in whole:
        yield read_line(line, f"{path}, line {number}")
    if any(lines) and not whole:
        raise PlanError(f"{path} is not a results file of edgekit bench: no line of it is JSON")


def _is_whole(line: bytes) -> bool:
    """Whether a line is neither empty nor one that a kill cut off."""
    try:
        json.loads(line)  # takes NaN, which is a fault to be named and not a line cut off
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def read_line(row: bytes | str, origin: str) -> Measurement:
    """The measurement on one line of ``results.jsonl``: the inverse of :func:`line`.

    Args:
        row: the line.
        origin: what an error calls it.

    Raises:
        PlanError: it is damaged, or of another major version.
    """
    documents.check_major(row, SCHEMA_VERSION, origin, PlanError)
    return documents.decode_json(row, Measurement, origin, PlanError, _REMEDY)


def _ends_in_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
