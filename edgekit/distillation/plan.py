"""A request and its teacher as a plan, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit import extras
from edgekit.distillation import checks, objectives
from edgekit.distillation.objectives import Objective
from edgekit.distillation.request import DistillationRequest, Inputs, Shape, Training
from edgekit.errors import PlanError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model import finding
from edgekit.model.source import Source
from edgekit.model.tasks import Task

_TASK_NAMES = {"mlm": "fill-mask", "embedding": "sentence-similarity"}


@dataclass(frozen=True)
class DistillationPlan:
    """A request that was checked against its teacher, with every number decided."""

    request: DistillationRequest
    teacher: Source
    task: Task
    objective: Objective
    shape: Shape
    training: Training
    inputs: Inputs

    @property
    def out(self) -> Path:
        """The folder of the student."""
        return self.request.out

    @property
    def work(self) -> Path:
        """The folder beside ``out`` for all but the student: checkpoints, logs and the report."""
        return self.out.with_name(f"{self.out.name}.distill")


def make(request: DistillationRequest) -> DistillationPlan:
    """Checks a request against its teacher and this machine.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    extras.require("pytorch", "eval", "distill")
    goal = objectives.get(request.objective)
    teacher = finding.find(request.teacher, request.trust)
    task = _task(teacher, goal)
    shape = _shape(request, teacher)
    checks.check_shape(shape, goal, teacher)
    checks.check_inputs(request.inputs, goal, request.cache_teacher)
    training = _training(request, teacher, goal, shape)
    checks.check_numbers(training)
    planned = DistillationPlan(request, teacher, task, goal, shape, training, request.inputs)
    marks, force = ("config.json", "model.safetensors"), request.force
    checks.check_replaceable(planned.out, marks, force, "--force to replace it")
    force = force or request.resume
    checks.check_replaceable(planned.work, (), force, "--resume to go on, or --force")
    return planned


def _shape(request: DistillationRequest, teacher: Source) -> Shape:
    """The student's shape: its layers are counted out, the teacher's own architecture is None."""
    same = request.student in (None, teacher.family.model_type)
    return Shape(
        choose(request.layers, layer_count(teacher)),
        None if same else request.student,
        request.width,
        request.vocabulary,
        request.start,
    )


def _training(
    request: DistillationRequest, teacher: Source, goal: Objective, shape: Shape
) -> Training:
    """The numbers of the training; the objective's own where the request names none.

    Embeddings that the student does not have from its teacher are trained.
    """
    own = shape.width is not None or shape.vocabulary is not None or goal.name == "mlm"
    rate, trained = request.lr, request.train_embeddings
    return Training(
        weights=checks.weights(goal, request.weights or {}, shape),
        learning_rate=goal.learning_rate if rate is None else rate,
        epochs=request.epochs,
        steps=request.steps,
        batch=request.batch,
        micro_batch=request.micro_batch,
        length=checks.length(teacher, request.max_length),
        warmup=request.warmup,
        temperature=request.temperature,
        dropout=request.dropout,
        train_embeddings=own if trained is None else trained,
        seed=request.seed,
        precision=request.precision,
        save_every=request.save_every,
        keep=request.keep,
    )


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
    """The task that the student is trained for: the objective's own, or else the teacher's.

    Raises:
        PlanError: the teacher is for a task that the objective cannot be trained for.
    """
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
