"""The table of ways to evaluate: which columns each reads, and which kind it makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.data import columns, labels, rows
from edgekit.data.columns import Role
from edgekit.data.table import Data
from edgekit.errors import DataError, InputError, PlanError
from edgekit.evaluation import (
    classification,
    masks,
    reading,
    retrieval,
    scores,
    tagging,
)
from edgekit.evaluation.kinds import AnyKind, EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer

Build = Callable[[Data, ModelFacts, EvaluationOptions], tuple[AnyKind, list[str]]]
Fits = Callable[[object], bool]  # whether a cell may be a label
IsLabel = Callable[[Facts, EvaluationOptions], Fits]


def _is_number(facts: Facts, options: EvaluationOptions) -> Fits:
    """A function that tells whether a cell is a finite number."""

    def fits(value: object) -> bool:
        try:
            return isinstance(value, str | int | float) and math.isfinite(float(value))
        except (ValueError, OverflowError):
            return False

    return fits


def _is_label(facts: Facts, options: EvaluationOptions) -> Fits:
    """A function that tells whether a cell may be one of the model's labels."""
    return labels.is_label(facts.labels, options.labels)


def _is_word(facts: Facts, options: EvaluationOptions) -> Fits:
    """A function that tells whether a cell is a single word."""
    return lambda value: isinstance(value, str) and len(value.split()) == 1


def _is_list(facts: Facts, options: EvaluationOptions) -> Fits:
    """A function that tells whether a cell is a list."""
    return lambda value: isinstance(value, list)


@dataclass(frozen=True)
class Way:
    """A way of evaluating, and what its data look like: a row of the table.

    Attributes:
        roles: what columns are for, in the order in which columns without names are taken.
        build: reads the examples.
        is_label: makes a function that tells a label's cell from a text.
        words: whether the data are words with labels.
    """

    roles: Sequence[Role]
    build: Build
    is_label: IsLabel = _is_number
    words: bool = False


WAYS: Mapping[str, Way] = {
    "text-classification": Way(columns.CLASSIFICATION, classification.build, _is_label),
    "regression": Way(columns.CLASSIFICATION, scores.build),
    "sentence-similarity": Way(columns.SIMILARITY, scores.build),
    "retrieval": Way(columns.RETRIEVAL, retrieval.build),
    "question-answering": Way(columns.READING, reading.build),
    "token-classification": Way(columns.TAGGING, tagging.build, _is_list, words=True),
    "fill-mask": Way(columns.MASKS, masks.build, _is_word),
}


@dataclass(frozen=True)
class Prepared:
    """Labelled data, read for a model.

    Attributes:
        way: the name of the way of evaluating.
        data: the file with its columns.
        kind: the examples.
        notes: sentences about what was guessed.
    """

    way: str
    data: Data
    kind: AnyKind
    notes: tuple[str, ...]

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The rows of one example.

        Raises:
            DataError: its text is none that the task can take; the message has its place in the
                file.
        """
        try:
            return self.kind.prompt(tokenizer, index)
        except InputError as error:
            place = self.kind.asked[index].place
            raise DataError(f"{self.data.table.path}, {place}: {error}") from error


def prepare(
    path: Path, model: ModelFacts, task: str | None, options: EvaluationOptions, limit: int | None
) -> Prepared:
    """Reads the data for a model.

    Args:
        path: of the data.
        model: what is known of it.
        task: what to evaluate, where the model's task leaves a choice.
        options: the user's.
        limit: the most examples, from the first on.

    Raises:
        PlanError: the model is not for the task, the task has no metric, or a label is renamed to
            none of the model's.
        DataError: naming the place in the data and the remedy.
    """
    names = _ways(model.facts, task)
    labels.check(model.facts.labels, options.labels)
    roles = [role for name in names for role in WAYS[name].roles]
    known = columns.known(roles, options.columns)
    table = rows.read(path, known, limit, words=WAYS[names[0]].words)
    name = next(
        (name for name in names if columns.fits(table, WAYS[name].roles, options.columns)), names[0]
    )
    way = WAYS[name]
    is_label = way.is_label(model.facts, options)
    chosen = columns.choose(table, way.roles, options.columns, is_label)
    data = Data(table, chosen)
    kind, notes = way.build(data, model, options)
    guessed = [f"{path.name}: {chosen.guess}"] if chosen.guess else []
    return Prepared(name, data, kind, (*guessed, *notes))


def _ways(facts: Facts, task: str | None) -> list[str]:
    """The names of the ways in which the model may be evaluated.

    Of several the data's columns decide.

    Raises:
        PlanError: the task has no metric, or the way that was asked for is none of the model's.
    """
    own = "regression" if facts.problem_type == "regression" else facts.task
    ways = [own, "retrieval"] if own == "sentence-similarity" else [own]
    if own not in WAYS:
        raise PlanError(
            f"{facts.task} has no metric: convert the model with --task sentence-similarity, or "
            "for the task that it was fine-tuned for"
        )
    wanted = own if task == facts.task else task
    if wanted is not None and wanted not in ways:
        raise PlanError(f"the model is for {facts.task}: --task takes {', '.join(ways)}")
    return ways if wanted is None else [wanted]
