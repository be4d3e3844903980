"""What is asked for, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgekit.data import texts as text_data
from edgekit.distillation import objectives
from edgekit.distillation.objectives import HIDDEN, Objective
from edgekit.errors import MissingExtraError, OutputError, PlanError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model import source
from edgekit.model.source import NO_TRUST, Source, Trust
from edgekit.model.tasks import Task

DISTILBERT = "distilbert"
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
STARTS = ("teacher", "random")
_TASK_NAMES = {"mlm": "fill-mask", "embedding": "sentence-similarity"}


@dataclass(frozen=True)
class Shape:
    """What the student is.

    ``layers`` are those of the teacher that it begins with, counted from 0. ``architecture`` is
    None for the teacher's own; ``width`` is another hidden size, and ``vocabulary`` the folder of
    another tokenizer, or None. With ``start`` ``random`` the layers are drawn, while embeddings
    and head are still the teacher's.
    """

    layers: tuple[int, ...]
    architecture: str | None = None
    width: int | None = None
    vocabulary: Path | None = None
    start: str = "teacher"


@dataclass(frozen=True)
class Training:
    """How it is trained.

    A step takes ``batch`` examples, over all processes; ``micro_batch`` is how many of them one
    process has in memory at a time (None: its whole share). ``length`` is the most tokens of an
    example. ``steps`` None are ``epochs`` over the examples. ``weights`` are the parts of the loss.
    ``dropout`` turns on the student's own, which its config names.
    """

    weights: Mapping[str, float]
    learning_rate: float
    epochs: float = 3.0
    steps: int | None = None
    batch: int = 32
    micro_batch: int | None = None
    length: int = 128
    warmup: float = 0.1
    temperature: float = 2.0
    dropout: bool = False
    weight_decay: float = 0.01
    max_gradient: float = 1.0
    train_embeddings: bool = False
    seed: int = 0
    precision: str = "auto"
    save_every: int = 500
    keep: int = 2


@dataclass(frozen=True)
class Inputs:
    """What it is trained and judged on."""

    data: Path | None = None
    texts: tuple[str, ...] = ()
    evaluation: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    packed: bool = False


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
    require()
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
    _check_shape(shape, goal, found)
    inputs = Inputs(
        None if data is None else Path(data),
        tuple(map(str, texts)),
        None if evaluation is None else Path(evaluation),
        columns or {},
        labels or {},
        limit,
        packed,
    )
    _check_inputs(inputs, goal, cache_teacher)
    own = shape.width is not None or shape.vocabulary is not None or goal.name == "mlm"
    numbers = Training(
        _weights(goal, weights or {}, shape),
        goal.learning_rate if learning_rate is None else learning_rate,
        length=_length(found, length),
        train_embeddings=own if train_embeddings is None else train_embeddings,
        **training,  # type: ignore[arg-type]
    )
    _check_numbers(numbers)
    planned = Plan(
        found, task, goal, Path(out), shape, numbers, inputs, controls,
        cache_teacher, tensorboard, resume, force,
    )  # fmt: skip
    _check_replaceable(planned.out, ("config.json", "model.safetensors"), force)
    _check_replaceable(planned.work, (), force or resume)
    return planned


def require() -> None:
    """Raises MissingExtraError if Accelerate is not installed."""
    from importlib.util import find_spec

    if find_spec("accelerate") is None:
        raise MissingExtraError("accelerate", "distill")


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


def _weights(goal: Objective, given: Mapping[str, float], shape: Shape) -> dict[str, float]:
    """The parts of the loss; hidden states are only compared where both read the same tokens."""
    if shape.vocabulary is None or HIDDEN not in goal.weights:
        return objectives.weights(goal, given)
    if given.get(HIDDEN):
        raise PlanError(
            "--vocabulary gives the student other tokens than the teacher's, whose hidden states "
            "cannot be compared: leave hidden out of --weights"
        )
    return objectives.weights(goal, {**given, HIDDEN: 0.0})


def _check_shape(shape: Shape, goal: Objective, found: Source) -> None:
    if shape.architecture not in (None, DISTILBERT):
        raise PlanError(f"--student {shape.architecture}: edgekit has {DISTILBERT} alone")
    if shape.architecture and found.family.model_type != "bert":
        raise PlanError(
            f"--student {DISTILBERT} takes a BERT as teacher, and this one is a "
            f"{found.family.model_type}: leave --student out for a student of its own architecture"
        )
    if shape.architecture and shape.width:
        raise PlanError(f"--student {DISTILBERT} has the teacher's width: leave --width out")
    if shape.vocabulary and goal.name != "embedding":
        raise PlanError(
            "--vocabulary needs --objective embedding: with other tokens only the vector of the "
            "whole text can be compared with the teacher's"
        )
    if shape.vocabulary and not shape.vocabulary.is_dir():
        raise PlanError(f"--vocabulary {shape.vocabulary} is no folder: give one with a tokenizer")
    if shape.start not in STARTS:
        raise PlanError(f"--start {shape.start}: choose from {', '.join(STARTS)}")
    if not found.has_tokenizer:
        raise PlanError(
            f"{found.origin} brings no tokenizer, and texts cannot be read without one: put its "
            "tokenizer.json beside config.json"
        )


def _check_inputs(inputs: Inputs, goal: Objective, cache_teacher: bool) -> None:
    if goal.labelled and (inputs.data is None or inputs.texts):
        raise PlanError(f"--objective {goal.name} is trained on labelled examples: give --data")
    if not goal.labelled and (inputs.data is not None or not inputs.texts):
        raise PlanError(f"--objective {goal.name} is trained on texts: give --texts")
    if inputs.packed and goal.name != "mlm":
        raise PlanError("--packed joins texts, which only --objective mlm can be trained on")
    if cache_teacher and goal.name == "mlm":
        raise PlanError("--cache-teacher is of no use with mlm, which masks anew in every epoch")
    text_data.check(inputs.texts)


def _check_numbers(numbers: Training) -> None:
    """Of the numbers, those that the command line's types do not check for everyone."""
    above = {
        "lr": numbers.learning_rate,
        "epochs": numbers.epochs,
        "steps": 1 if numbers.steps is None else numbers.steps,
        "batch": numbers.batch,
        "micro_batch": 1 if numbers.micro_batch is None else numbers.micro_batch,
        "temperature": numbers.temperature,
        "save_every": numbers.save_every,
        "keep": numbers.keep,
    }
    for name, value in above.items():
        if not 0 < value < float("inf"):
            raise PlanError(f"--{name.replace('_', '-')} {value} is not above 0")
    if not 0 <= numbers.warmup < 1:
        raise PlanError(f"--warmup {numbers.warmup} is no share: give 0 or more, and less than 1")
    if numbers.precision not in PRECISIONS:
        raise PlanError(f"--precision {numbers.precision}: choose from {', '.join(PRECISIONS)}")


def _check_replaceable(out: Path, marks: Sequence[str], allowed: bool) -> None:
    """That nothing of somebody else's would be replaced.

    Args:
        out: the folder.
        marks: files by which a student is told.
        allowed: whether what an earlier run left there may be replaced.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() and not allowed:
        raise OutputError(f"{out} exists: pass --force to replace it, or --resume to go on")
    if out.exists() and not all((out / name).is_file() for name in marks):
        raise OutputError(f"{out} is no student, so it will not be replaced: choose another -o")


def _length(found: Source, length: int | None) -> int:
    most = found.limit
    if length is not None and not 8 <= length <= most:
        raise PlanError(f"--max-length {length}: give 8 to {most}, which is the teacher's limit")
    return min(found.default_length(), 128) if length is None else length
