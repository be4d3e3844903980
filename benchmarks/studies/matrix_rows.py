"""Rows of the support matrix: a small model of an architecture for a task, in every format.

All tasks of an architecture are measured in one process, since importing the libraries takes
longer than converting a small model; a row that makes that process crash is measured again with
processes of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit import formats
from edgekit.benchmarks.studies import small_models
from edgekit.bundle import Bundle
from edgekit.conversion import pipeline, plan
from edgekit.conversion.plan import ExportPlan, PlannedArtifact
from edgekit.conversion.request import ConversionRequest
from edgekit.conversion.worker import CrashError, Worker
from edgekit.errors import EdgekitError
from edgekit.model import tasks
from edgekit.support import Cell

BUCKETS = (16, small_models.LENGTH)
Pair = tuple[str, str]  # an architecture and a task
Job = tuple[Pair, Sequence[str]]  # with the names of the formats


def has_model(pair: Pair) -> bool:
    """Whether Transformers has a model class of the architecture for the task."""
    import transformers

    architecture, task = pair
    auto = getattr(transformers, tasks.get(task).auto_class)
    return transformers.CONFIG_MAPPING[architecture] in auto._model_mapping


def make_plan(pair: Pair, to: Sequence[str], folder: Path) -> ExportPlan:
    """A plan that converts a small model to each format in every recipe that the format has.

    Args:
        pair: the architecture and the task.
        to: names of formats.
        folder: where the model and the bundle are written.
    """
    config = small_models.save_config(pair[0], tasks.get(pair[1]), folder / "model")
    plans = [
        plan.make(
            ConversionRequest(
                f"config:{config}",
                task=pair[1],
                to=[name],
                recipe=formats.get(name).default_recipes,
                buckets=BUCKETS,
                out=folder / "bundle",
                force=True,
            )
        )
        for name in to
    ]
    return replace(
        plans[0],
        artifacts=tuple(row for each in plans for row in each.artifacts),
        options={name: options for each in plans for name, options in each.options.items()},
    )


@dataclass(frozen=True)
class MatrixRow:
    """What became of an architecture and a task, and how long that took."""

    pair: Pair
    cells: tuple[Cell, ...]
    seconds: float


def measure(pair: Pair, to: Sequence[str], isolated: bool = False) -> MatrixRow:
    """Converts a small model and proves it.

    Args:
        pair: the architecture and the task.
        to: names of formats.
        isolated: convert each format in a process of its own, which may crash.

    Returns:
        A cell for each format and recipe, with its worst error or why there is none.
    """
    started = time.perf_counter()
    if has_model(pair):
        with tempfile.TemporaryDirectory() as folder:
            cells = list(attempt(pair, make_plan(pair, to, Path(folder)), isolated))
    else:
        built = [(name, formats.get(name).default_recipes) for name in to]
        cells = [Cell(*pair, name, recipe) for name, recipes in built for recipe in recipes]
    return MatrixRow(pair, tuple(cells), time.perf_counter() - started)


def measure_all(rows: Sequence[Job], say: Callable[[MatrixRow], None]) -> None:
    """Tells ``say`` of each row (a pair and its formats) as it is measured, in this process."""
    for pair, to in rows:
        say(measure(pair, to))


def measure_apart(rows: Sequence[Job], say: Callable[[MatrixRow], None]) -> None:
    """Measures rows as :func:`measure_all` does, in another process.

    A row that makes that process crash is measured again with a process for each format.
    """
    left = list(rows)

    def heard(row: MatrixRow) -> None:
        del left[0]
        say(row)

    while left:
        with tempfile.TemporaryDirectory() as folder:
            worker = Worker(measure_all, (tuple(left),), Path(folder) / "log", threads=1)
            try:
                worker.result(heard)
            except CrashError:
                heard(measure(*left[0], isolated=True))


def attempt(pair: Pair, planned: ExportPlan, isolated: bool = False) -> Iterator[Cell]:
    """Converts all files of a plan at once; where that leaves none of them, each alone.

    Args:
        pair: the architecture and the task.
        planned: what is converted.
        isolated: in a process for each format.

    Yields:
        A cell for each file.
    """
    failure = None
    try:
        pipeline.convert(planned, isolated=isolated)
    except EdgekitError as error:
        failure = error
    if failure is None or planned.out.exists():
        yield from _published(pair, Bundle.open(planned.out, check_hashes=False))
    elif len(planned.artifacts) == 1:
        yield _cell(pair, planned.artifacts[0], str(failure))
    else:
        for artifact in planned.artifacts:
            alone = planned.out.with_name(f"alone-{artifact.file}")
            yield from attempt(pair, replace(planned, artifacts=(artifact,), out=alone), isolated)


def _published(pair: Pair, bundle: Bundle) -> Iterator[Cell]:
    """The cells of a bundle: its files with their worst errors, and those that it refused."""
    for artifact in bundle.artifacts:
        proofs = artifact.proofs
        worst = max(row.max_abs for row in proofs), min(row.cosine for row in proofs)
        yield Cell(*pair, artifact.format, artifact.recipe, *worst)
    for row in bundle.manifest.refused:
        yield Cell(*pair, row.format, row.recipe, failure=_phrase(row.failure))


def _cell(pair: Pair, artifact: PlannedArtifact, failure: str) -> Cell:
    return Cell(*pair, artifact.format, artifact.recipe, failure=_phrase(failure))


def _phrase(message: str) -> str:
    """A failure in one line, without the remedies that only a command line needs."""
    return " ".join(message.split()).split(". nothing was written")[0][:300]
