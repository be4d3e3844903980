"""A request and its teacher as a plan, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit import extras
from edgekit.distillation import checks, objectives
from edgekit.distillation.objectives import Objective
from edgekit.distillation.request import Inputs, Shape, Training
from edgekit.errors import PlanError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model import source
from edgekit.model.source import NO_TRUST, Source, Trust
from edgekit.model.tasks import Task

_TASK_NAMES = {"mlm": "fill-mask", "embedding": "sentence-similarity"}


@dataclass(frozen=True)
class Plan:
    """A whole request. Checkpoints, logs and the report go to ``work``, the student to ``out``."""

    teacher: Source
    task: Task
    objective: Objective
    out: Path
    shape: Shape
    training: Training
    inputs: Inputs
    controls: bool = False
    cache_teacher: bool = False
    tensorboard: bool = False
    resume: bool = False
    force: bool = False

    @property
    def work(self) -> Path:
        """The folder beside ``out`` that holds all but the student."""
        return self.out.with_name(f"{self.out.name}.distill")


def make(
    teacher: str,
    out: str | Path,
    *,
    layers: int | Sequence[int],
    objective: str,
    data: str | Path | None = None,
    texts: Sequence[str] = (),
    evaluation: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    limit: int | None = None,
    packed: bool = False,
    student: str | None = None,
    width: int | None = None,
    vocabulary: str | Path | None = None,
    start: str = "teacher",
    weights: Mapping[str, float] | None = None,
    learning_rate: float | None = None,
    train_embeddings: bool | None = None,
    length: int | None = None,
    controls: bool = False,
    cache_teacher: bool = False,
    tensorboard: bool = False,
    resume: bool = False,
    force: bool = False,
    trust: Trust = NO_TRUST,
    **training: object,
) -> Plan:
    """Checks a request. The arguments are those of :func:`edgekit.distill`.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    extras.require("pytorch", "eval", "distill")
    goal = objectives.get(objective)
    # BERT's own checkpoint has a head for the next sentence besides, which no student learns from
    found = source.find(teacher, replace(trust, unused_weights=True))
    task = _task(found, goal)
    shape = Shape(
        choose(layers, layer_count(found)),
        None if student in (None, found.family.model_type) else student,
        width,
        None if vocabulary is None else Path(vocabulary),
        start,
    )
    checks.check_shape(shape, goal, found)
    inputs = Inputs(
        None if data is None else Path(data),
        tuple(map(str, texts)),
        None if evaluation is None else Path(evaluation),
        columns or {},
        labels or {},
        limit,
        packed,
    )
    checks.check_inputs(inputs, goal, cache_teacher)
    own = shape.width is not None or shape.vocabulary is not None or goal.name == "mlm"
    numbers = Training(
        checks.weights(goal, weights or {}, shape),
        goal.learning_rate if learning_rate is None else learning_rate,
        length=checks.length(found, length),
        train_embeddings=own if train_embeddings is None else train_embeddings,
        **training,  # type: ignore[arg-type]
    )
    checks.check_numbers(numbers)
    planned = Plan(
        found, task, goal, Path(out), shape, numbers, inputs, controls,
        cache_teacher, tensorboard, resume, force,
    )  # fmt: skip
    marks = ("config.json", "model.safetensors")
    checks.check_replaceable(planned.out, marks, force, "--force to replace it")
    checks.check_replaceable(planned.work, (), force or resume, "--resume to go on, or --force")
    return planned


def layer_count(found: Source) -> int:
    """How many layers a checkpoint's config says, or its architecture's default."""
    from transformers import CONFIG_MAPPING

    kind = CONFIG_MAPPING[found.family.model_type]
    count: int = kind.from_dict(dict(found.config)).num_hidden_layers
    return count


def choose(layers: int | Sequence[int], count: int) -> tuple[int, ...]:
    """The teacher's layers of a student, counted from 0.

    A number takes so many, evenly and with the last: 3 of 6 are 1, 3 and 5.

    Raises:
        PlanError: the teacher has no such layers, or they are not in its order.
    """
    if isinstance(layers, int):
        if not 1 <= layers <= count:
            raise PlanError(f"--layers {layers}: the teacher has {count}, give 1 to {count}")
        return tuple((place + 1) * count // layers - 1 for place in range(layers))
    found = tuple(layers)
    if not found or list(found) != sorted(set(found)) or not 0 <= found[0] <= found[-1] < count:
        raise PlanError(
            f"--layers {','.join(map(str, found))}: give some of 0 to {count - 1} in rising order"
        )
    return found


def _task(found: Source, goal: Objective) -> Task:
    """The teacher's task; a bare encoder may serve for sentence vectors."""
    architectures = configs.texts(found.config, "architectures")
    name = _TASK_NAMES.get(goal.name)
    if name is None:
        task = found.task(None)
        objectives.check_task(goal, task, architectures)
        return task
    try:
        return found.task(name)
    except UnsupportedError:
        objectives.check_task(goal, found.task(None), architectures)
        raise
