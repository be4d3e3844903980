"""The table of ways to evaluate: which columns each reads, and which kind it makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import PlanError
from edgekit.evaluation import classification, columns, labels, rows, scores
from edgekit.evaluation.columns import Role
from edgekit.evaluation.kinds import Data, Kind, Options
from edgekit.postprocess import Facts

Build = Callable[[Data, Facts, Options], tuple[Kind, list[str]]]
IsLabel = Callable[[Facts, Options], Callable[[Any], bool]]


def _is_number(facts: Facts, options: Options) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        try:
            return math.isfinite(float(value))
        except (TypeError, ValueError):
            return False

    return fits


def _is_label(facts: Facts, options: Options) -> Callable[[Any], bool]:
    return labels.is_label(facts.labels, options.labels)


@dataclass(frozen=True)
class Way:
    """One row of the table. ``words`` says that the data are words with labels."""

    roles: Sequence[Role]
    build: Build
    is_label: IsLabel = _is_number
    words: bool = False


WAYS: Mapping[str, Way] = {
    "text-classification": Way(columns.CLASSIFICATION, classification.build, _is_label),
    "regression": Way(columns.CLASSIFICATION, scores.build),
    "sentence-similarity": Way(columns.SIMILARITY, scores.build),
}


@dataclass(frozen=True)
class Prepared:
    """Data made into a kind; ``notes`` say in words what was guessed."""

    way: str
    data: Data
    kind: Kind
    notes: tuple[str, ...]


def prepare(
    path: Path, facts: Facts, task: str | None, options: Options, limit: int | None
) -> Prepared:
    """Reads the data for a model.

    Args:
        path: of the data.
        facts: of the model.
        task: what to evaluate, where the model's task leaves a choice.
        options: the user's.
        limit: the most examples, from the first on.

    Raises:
        PlanError: the model is not for the task, or the task has no metric.
        DataError: naming the place in the data and the remedy.
    """
    name = _way(facts, task)
    way = WAYS[name]
    known = columns.known(way.roles, options.columns)
    table = rows.read(path, known, limit, words=way.words)
    chosen = columns.choose(table, way.roles, options.columns, way.is_label(facts, options))
    data = Data(table, chosen)
    kind, notes = way.build(data, facts, options)
    guessed = [f"{path.name}: {chosen.guess}"] if chosen.guess else []
    return Prepared(name, data, kind, (*guessed, *notes))


def _way(facts: Facts, task: str | None) -> str:
    own = "regression" if facts.problem_type == "regression" else facts.task
    ways = {facts.task: own, own: own}
    if facts.task == "sentence-similarity":
        ways["retrieval"] = "retrieval"
    if own not in WAYS:
        raise PlanError(
            f"{facts.task} has no metric: convert the model with --task sentence-similarity, or "
            "for the task that it was fine-tuned for"
        )
    if task is not None and task not in ways:
        raise PlanError(
            f"the model is for {facts.task}, not {task}: --task takes {', '.join(ways)}"
        )
    return ways[task or facts.task]
