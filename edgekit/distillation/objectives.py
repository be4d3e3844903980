"""What a student is trained for: the table of objectives, and the parts of their losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgekit.errors import PlanError
from edgekit.model.tasks import Task

KL, LABEL, MLM, COSINE, SIMILARITY, HIDDEN = "kl", "label", "mlm", "cos", "sim", "hidden"


@dataclass(frozen=True)
class Objective:
    """What a student learns from: a row of the table.

    ``weights`` are the parts of the loss and how much each counts; the ``learning_rate`` is a
    start for a few thousand examples. ``hard`` are the parts that need no teacher: what a control
    without distillation is trained with. ``last_only`` says that hidden states are compared after
    the last layer only, as in DistilBERT's paper, and not after each of the student's layers.
    """

    name: str
    tasks: tuple[str, ...]
    weights: Mapping[str, float]
    hard: tuple[str, ...]
    learning_rate: float
    labelled: bool = False
    last_only: bool = False


OBJECTIVES: Mapping[str, Objective] = {
    row.name: row
    for row in (
        Objective(
            "mlm",
            ("fill-mask",),
            {KL: 5.0, MLM: 2.0, COSINE: 1.0},
            (MLM,),
            5e-4,
            last_only=True,
        ),
        Objective(
            "task",
            ("text-classification", "token-classification", "question-answering"),
            {KL: 0.5, LABEL: 0.5, COSINE: 1.0},
            (LABEL,),
            1e-4,
            labelled=True,
        ),
        Objective(
            "embedding",
            ("sentence-similarity",),
            {COSINE: 1.0, SIMILARITY: 5.0, HIDDEN: 2.0},
            (),
            5e-4,
        ),
    )
}


def get(name: str) -> Objective:
    """The objective of that name.

    Raises:
        PlanError: there is none.
    """
    if name not in OBJECTIVES:
        raise PlanError(f"unknown objective '{name}': choose from {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name]


def weights(objective: Objective, given: Mapping[str, float]) -> dict[str, float]:
    """How much each part of the loss counts: the objective's own, but for those that are given.

    Raises:
        PlanError: a part is none of the objective's, is negative, or nothing is left.
    """
    for name, value in given.items():
        if name not in objective.weights:
            raise PlanError(
                f"--weights has no '{name}' here: the parts of {objective.name} are "
                f"{', '.join(objective.weights)}"
            )
        if not 0 <= value < float("inf"):
            raise PlanError(f"--weights {name}={value} is no weight: give 0 or more")
    found = {name: given.get(name, own) for name, own in objective.weights.items()}
    if not any(found.values()):
        raise PlanError("--weights leaves nothing to train: give one part more than 0")
    return found


def check_task(objective: Objective, task: Task, architectures: Sequence[str]) -> None:
    """Checks that a teacher has what the objective asks for.

    Raises:
        PlanError: it is for another task.
    """
    if task.name not in objective.tasks:
        named = architectures[0] if architectures else "no class"
        raise PlanError(
            f"--objective {objective.name} takes a teacher for {' or '.join(objective.tasks)}, and "
            f"this one is for {task.name} (its config names {named}): choose another objective"
        )
