"""What a report is made of: results of ``edgekit bench`` and ``edgekit eval``, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edgekit import documents
from edgekit.benchmarks import results
from edgekit.benchmarks.measurement import Measurement
from edgekit.errors import PlanError
from edgekit.evaluation import result
from edgekit.evaluation.result import Evaluation


@dataclass(frozen=True)
class Sources:
    """Measurements and evaluations as ``edgekit bench`` and ``edgekit eval`` stored them."""

    measurements: tuple[Measurement, ...]
    evaluations: tuple[Evaluation, ...]


def read(paths: Sequence[Path]) -> Sources:
    """Reads stored results.

    Args:
        paths: folders of either command, ``results.jsonl``, ``report.json`` or ``eval.json``.

    Raises:
        PlanError: one of them is none of these, or has nothing in it.
    """
    evaluated = [file for file in map(_evaluation, paths) if file is not None]
    measured = [path for path in paths if _evaluation(path) is None or _has_both(path)]
    return Sources(
        tuple(results.read(measured)) if measured else (), tuple(map(result.read, evaluated))
    )


def _evaluation(path: Path) -> Path | None:
    """The path of an ``eval.json``: ``path`` itself, or the one in that folder.

    None if there is none.
    """
    if path.is_dir():
        file = path / result.FILE
        return file if file.is_file() else None
    return path if path.suffix == ".json" and path.is_file() and _is_evaluation(path) else None


def _has_both(path: Path) -> bool:
    return (path / results.FILE).is_file()


class _Kind(msgspec.Struct):
    """The field by which the JSON of an evaluation is told from that of a report of benchmarks."""

    bundles: object = None


def _is_evaluation(path: Path) -> bool:
    data = documents.read_bytes(path, PlanError)
    found = documents.decode_json(data, _Kind, str(path), PlanError, "measure or evaluate again")
    return found.bundles is not None
