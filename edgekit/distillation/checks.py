"""What a request for a distillation must be, in one line where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.data import texts as text_data
from edgekit.distillation import objectives
from edgekit.distillation.objectives import HIDDEN, Objective
from edgekit.distillation.request import DISTILBERT, PRECISIONS, STARTS, Inputs, Shape, Training
from edgekit.errors import OutputError, PlanError
from edgekit.model import sentence
from edgekit.model.source import Source


def weights(goal: Objective, given: Mapping[str, float], shape: Shape) -> dict[str, float]:
    """How much each part of the loss counts for this student.

    Hidden states are only compared where teacher and student read the same tokens.

    Args:
        goal: the objective.
        given: weights that are asked for instead of its own.
        shape: of the student.

    Raises:
        PlanError: hidden states were asked for where they cannot be compared, or a part is none of
            the objective's.
    """
    if shape.vocabulary is None or HIDDEN not in goal.weights:
        return objectives.weights(goal, given)
    if given.get(HIDDEN):
        raise PlanError(
            "--vocabulary gives the student other tokens than the teacher's, whose hidden states "
            "cannot be compared: leave hidden out of --weights"
        )
    return objectives.weights(goal, {**given, HIDDEN: 0.0})


def check_shape(shape: Shape, goal: Objective, found: Source) -> None:
    """Checks that such a student can be made of this teacher.

    Raises:
        PlanError: it cannot; the message says why.
    """
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
    if goal.name == "embedding" and found.default_prompt_name():
        raise PlanError(
            f"{found.origin} puts a prompt before every text (default_prompt_name), and distilling "
            f"does not: remove default_prompt_name from {sentence.CONFIG}, and put the prompt "
            "into the texts"
        )
    if not found.has_tokenizer:
        raise PlanError(
            f"{found.origin} brings no tokenizer, and texts cannot be read without one: put its "
            "tokenizer.json beside config.json"
        )


def check_inputs(inputs: Inputs, goal: Objective, cache_teacher: bool) -> None:
    """Checks that the objective has the data that it is trained on, and no others.

    Raises:
        PlanError: something is missing, or of no use.
        DataError: a file of texts does not exist.
    """
    if goal.labelled and (inputs.data is None or inputs.texts):
        raise PlanError(f"--objective {goal.name} is trained on labelled examples: give --data")
    if not goal.labelled and (inputs.data is not None or not inputs.texts):
        raise PlanError(f"--objective {goal.name} is trained on texts: give --texts")
    if inputs.packed and goal.name != "mlm":
        raise PlanError("--packed joins texts, which only --objective mlm can be trained on")
    if cache_teacher and goal.name == "mlm":
        raise PlanError("--cache-teacher is of no use with mlm, which masks anew in every epoch")
    for option, path in (("--data", inputs.data), ("--eval", inputs.evaluation)):
        if path is not None and not path.is_file():
            raise PlanError(f"{option} {path} is no file: give labelled examples")
    text_data.check(inputs.texts)


def check_numbers(numbers: Training) -> None:
    """Checks that the numbers of a training are in their ranges.

    Raises:
        PlanError: naming the first that is not.
    """
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


def check_replaceable(out: Path, marks: Sequence[str], allowed: bool, remedy: str) -> None:
    """Checks that a training may write a student into a folder.

    Args:
        out: the folder.
        marks: files by which a student is told from somebody's own folder.
        allowed: whether a student that an earlier run left there may be replaced.
        remedy: the option that allows it, for the message.

    Raises:
        OutputError: the folder holds something else, or a student that may not be replaced.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() and not allowed:
        raise OutputError(f"{out} exists: pass {remedy}")
    if out.exists() and not all((out / name).is_file() for name in marks):
        raise OutputError(f"{out} is no student, so it will not be replaced: choose another -o")


def length(found: Source, given: int | None) -> int:
    """The most tokens of an example: as asked for, else 128 or the teacher's own limit.

    Raises:
        PlanError: the teacher takes no texts of this length.
    """
    most = found.limit
    if given is not None and not 8 <= given <= most:
        raise PlanError(f"--max-length {given}: give 8 to {most}, which is the teacher's limit")
    return min(found.own_length, 128) if given is None else given
