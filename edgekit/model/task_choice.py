"""Which task a checkpoint is for, as its config and its class tell."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.errors import UnsupportedError
from edgekit.model import config as configs
from edgekit.model.config import Config
from edgekit.model.tasks import TASKS, Task, with_labels

_OTHER_HEADS = ("HeadModel", "HeadsModel")  # as BertLMHeadModel: it has one, and no task here


def infer(architectures: Sequence[str]) -> Task:
    """The task of a checkpoint, from the class its config names.

    Raises:
        UnsupportedError: the class is none that edgekit knows.
    """
    name = architectures[0] if architectures else "Model"
    for task in TASKS.values():
        if name.endswith(task.architectures) and not name.endswith(_OTHER_HEADS):
            return task
    raise UnsupportedError(
        f"no task is known for the architecture class '{name}': name one with --task "
        f"({', '.join(TASKS)})"
    )


def check_head(task: Task, architectures: Sequence[str]) -> None:
    """Refuses to give a checkpoint the head of another task than the one it was trained for.

    BERT's heads of text and of tokens have the same weights: nothing else would tell.

    Args:
        task: that is asked for.
        architectures: the classes that the config names.

    Raises:
        UnsupportedError: the class is for another task that has a head, too.
    """
    for other in TASKS.values():
        made_for_it = architectures and architectures[0].endswith(other.architectures)
        same_class = task.auto_class == other.auto_class
        if made_for_it and not (task.headless or other.headless or same_class):
            raise UnsupportedError(
                f"the checkpoint is a {architectures[0]}, for {other.name}, and was not trained "
                f"for {task.name}: name its own task with --task"
            )


def fitted(task: Task, config: Config, problem: str | None = None) -> Task:
    """The task with what the config's labels mean; tasks without labels as they are.

    Where nothing names the problem type, one label is a regression and several exclude each other:
    the rule by which Transformers chooses the loss.

    Args:
        task: what the checkpoint is for.
        config: its config.
        problem: the problem type by the checkpoint's own library, which goes before the config's.

    Raises:
        SourceError: the config's labels are not numbered from 0 without gaps.
        UnsupportedError: the config names a problem type that Transformers does not have, or a
            count of labels that leaves question answering without a start and an end.
    """
    if not (task.name == "question-answering" or task.has_labels):
        return task
    count = configs.label_count(config)
    if task.name == "question-answering" and count != 2:
        raise UnsupportedError(
            f"question-answering needs 2 labels, start and end, and the config has {count}: "
            "name the checkpoint's own task with --task"
        )
    if task.name != "text-classification":
        return with_labels(task, count, None)
    default = "regression" if count == 1 else "single_label_classification"
    problem = problem or configs.text(config, "problem_type") or default
    return with_labels(task, count, problem)
