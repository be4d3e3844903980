"""What a model is for: its Auto class, its outputs, and the decision its user takes from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.errors import UnsupportedError
from edgekit.model import config as configs
from edgekit.model.config import Config
from edgekit.signature import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor
    from transformers.utils import ModelOutput

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Output:
    """One output. ``field`` is the attribute of the Transformers model's output it is taken from.

    ``axes`` may name ``labels``, ``vocabulary`` and ``hidden`` besides ``batch`` and ``length``:
    sizes that the config knows.
    """

    name: str
    axes: tuple[str, ...]
    description: str
    field: str = "logits"


@dataclass(frozen=True)
class Task:
    """One row of the table.

    ``decision`` maps outputs without their batch axis to ``(choice, margin)``: integers that must
    agree with PyTorch's, and by how much (in units of the output) each choice won. ``problem_type``
    is what the logits of a text classifier mean (see :func:`fitted`), None for other tasks.
    ``softmax`` says whether one over the last axis follows, which does not see what all scores of a
    row share.
    """

    name: str
    auto_class: str
    architectures: tuple[str, ...]
    outputs: tuple[Output, ...]
    decision: Callable[[Arrays], tuple[np.ndarray, np.ndarray]]
    has_head: bool = False
    problem_type: str | None = None
    softmax: bool = False

    @property
    def decides(self) -> bool:
        """Whether its user takes a decision; embeddings and regressions are values."""
        return self.decision is not _no_decision

    @property
    def has_labels(self) -> bool:
        """Whether the config names what its outputs mean."""
        return any("labels" in output.axes for output in self.outputs)

    @property
    def makes_vectors(self) -> bool:
        """Whether it gives one dense vector of a text, which is never all zeros."""
        return self.has_head and self.outputs[0].axes == ("batch", "hidden")

    @property
    def headless(self) -> bool:
        """Whether the Transformers model is a bare encoder, without a head for a task."""
        return self.auto_class == _HEADLESS


def _argmax(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The winner along the last axis and its lead over the runner-up."""
    if scores.shape[-1] < 2:
        return np.zeros(scores.shape[:-1], int), np.full(scores.shape[:-1], np.inf)
    top = np.partition(scores, -2, axis=-1)
    return scores.argmax(-1), top[..., -1] - top[..., -2]


def _logits_decision(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    choice, margin = _argmax(outputs["logits"])
    return np.atleast_1d(choice), np.atleast_1d(margin)


def _span_decision(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    parts = [_argmax(outputs[name]) for name in ("start_logits", "end_logits")]
    return np.array([choice for choice, _ in parts]), np.array([margin for _, margin in parts])


def _sign_decision(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Each label for itself: its sigmoid passes one half where its logit passes zero."""
    logits = outputs["logits"]
    return (logits > 0).astype(int), np.abs(logits)


def _no_decision(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and regressions are compared by their values alone."""
    return np.empty(0, int), np.empty(0)


_PROBLEMS: Mapping[str, Mapping[str, Any]] = {
    "single_label_classification": {"decision": _logits_decision, "softmax": True},
    "multi_label_classification": {"decision": _sign_decision, "softmax": False},
    "regression": {"decision": _no_decision, "softmax": False},
}

_TOKEN = ("batch", "length")
_HEADLESS = "AutoModel"

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "question-answering",
            "AutoModelForQuestionAnswering",
            ("ForQuestionAnswering",),
            (
                Output(
                    "start_logits",
                    _TOKEN,
                    "score of each token as the answer's first",
                    "start_logits",
                ),
                Output(
                    "end_logits", _TOKEN, "score of each token as the answer's last", "end_logits"
                ),
            ),
            _span_decision,
            softmax=True,
        ),
        Task(
            "text-classification",
            "AutoModelForSequenceClassification",
            ("ForSequenceClassification",),
            (Output("logits", ("batch", "labels"), "score of each label"),),
            _logits_decision,
            softmax=True,
        ),
        Task(
            "token-classification",
            "AutoModelForTokenClassification",
            ("ForTokenClassification",),
            (Output("logits", (*_TOKEN, "labels"), "score of each label for each token"),),
            _logits_decision,
            softmax=True,
        ),
        Task(
            "fill-mask",
            "AutoModelForMaskedLM",
            ("ForMaskedLM", "ForPreTraining"),
            (
                Output(
                    "logits",
                    (*_TOKEN, "vocabulary"),
                    "score of each vocabulary entry at each token",
                ),
            ),
            _logits_decision,
            softmax=True,
        ),
        Task(
            "feature-extraction",
            _HEADLESS,
            ("Model",),
            (
                Output(
                    "last_hidden_state",
                    (*_TOKEN, "hidden"),
                    "the last layer's vector of each token",
                    "last_hidden_state",
                ),
            ),
            _no_decision,
        ),
        Task(
            "sentence-similarity",
            _HEADLESS,
            (),
            (
                Output(
                    "sentence_embedding",
                    ("batch", "hidden"),
                    "one vector for the text; the dot product of two is their similarity",
                    "last_hidden_state",
                ),
            ),
            _no_decision,
            has_head=True,
        ),
        Task(
            "sparse-embedding",
            "AutoModelForMaskedLM",
            (),
            (
                Output(
                    "sparse_embedding",
                    ("batch", "vocabulary"),
                    "a weight of each vocabulary entry, 0 for most; the dot product of two texts' "
                    "is their similarity",
                ),
            ),
            _no_decision,
            has_head=True,
        ),
        Task(
            "late-interaction",
            _HEADLESS,
            (),
            (
                Output(
                    "token_embeddings",
                    (*_TOKEN, "hidden"),
                    "one vector for each token, special ones included; a query's similarity with a "
                    "document is the sum, over its vectors, of the largest dot product",
                    "last_hidden_state",
                ),
            ),
            _no_decision,
            has_head=True,
        ),
    )
}


def get(name: str) -> Task:
    """The task of that name.

    Raises:
        UnsupportedError: there is none; the message lists them.
    """
    if name not in TASKS:
        raise UnsupportedError(f"unknown task '{name}': choose from {', '.join(TASKS)}")
    return TASKS[name]


def fitted(task: Task, config: Config, problem: str | None = None) -> Task:
    """A text classifier's task with its problem type; other tasks as they are.

    ``problem`` is what the checkpoint's own library says of it, which goes before its config.

    Where the config names none, one label is a regression and several exclude each other: the
    rule by which Transformers chooses the loss.

    Raises:
        SourceError: the config's labels are not numbered from 0 without gaps.
        UnsupportedError: the config names a problem type that Transformers does not have, or a
            count of labels that leaves question answering without a start and an end.
    """
    if task.name == "question-answering" or task.has_labels:
        count = configs.label_count(config)
    if task.name == "question-answering" and count != 2:
        raise UnsupportedError(
            f"question-answering needs 2 labels, start and end, and the config has {count}: "
            "name the checkpoint's own task with --task"
        )
    if task.name != "text-classification":
        return task
    default = "regression" if count == 1 else "single_label_classification"
    problem = problem or configs.text(config, "problem_type") or default
    return with_problem(task, problem)


def with_problem(task: Task, problem_type: str | None) -> Task:
    """A text classifier's task with what its logits mean.

    Args:
        task: text classification.
        problem_type: Transformers' name for it, such as ``regression``; None leaves the task as it
            is.

    Raises:
        UnsupportedError: edgekit does not have the problem type.
    """
    if problem_type is None:
        return task
    if problem_type not in _PROBLEMS:
        raise UnsupportedError(
            f"problem_type '{problem_type}' is not supported: edgekit has {', '.join(_PROBLEMS)}"
        )
    return replace(task, problem_type=problem_type, **_PROBLEMS[problem_type])


def infer(architectures: Sequence[str]) -> Task:
    """The task of a checkpoint, from the class its config names.

    Raises:
        UnsupportedError: the class is none that edgekit knows.
    """
    name = architectures[0] if architectures else "Model"
    for task in TASKS.values():
        if name.endswith(task.architectures):
            return task
    raise UnsupportedError(
        f"no task is known for the architecture class '{name}': name one with --task "
        f"({', '.join(TASKS)})"
    )


def check_head(task: Task, architectures: Sequence[str]) -> None:
    """Refuses a head for another task: BERT's of text and of tokens have the same weights.

    Raises:
        UnsupportedError: the class of the checkpoint is for another task that has a head too.
    """
    for other in TASKS.values():
        made_for_it = architectures and architectures[0].endswith(other.architectures)
        same_class = task.auto_class == other.auto_class
        if made_for_it and not (task.headless or other.headless or same_class):
            raise UnsupportedError(
                f"the checkpoint is a {architectures[0]}, for {other.name}, and was not trained "
                f"for {task.name}: name its own task with --task"
            )


def tensor_specs(task: Task, sizes: Mapping[str, int]) -> tuple[TensorSpec, ...]:
    """The task's outputs with the sizes of one model filled in (free axes stay named)."""

    def axis(name: str) -> int | str:
        return sizes.get(name, name)

    return tuple(
        TensorSpec(
            output.name, "float32", tuple(axis(name) for name in output.axes), output.description
        )
        for output in task.outputs
    )


def output_values(task: Task, model_output: ModelOutput) -> dict[str, Tensor]:
    """The task's outputs, by their names in edgekit, picked from what a model returned."""
    return {output.name: getattr(model_output, output.field) for output in task.outputs}
