"""What a model is for: its Auto class, its outputs, and the decision its user takes from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.errors import UnsupportedError
from edgekit.model import decisions
from edgekit.model.decisions import Decide
from edgekit.signature import TensorSpec

if TYPE_CHECKING:
    from torch import Tensor
    from transformers.utils import ModelOutput


@dataclass(frozen=True)
class Output:
    """One output of a task.

    Attributes:
        name: in edgekit's files.
        axes: of its shape; ``labels``, ``vocabulary`` and ``hidden`` are sizes that the config
            knows.
        description: for people.
        field: the attribute of the Transformers model's output that it is taken from.
    """

    name: str
    axes: tuple[str, ...]
    description: str
    field: str = "logits"


@dataclass(frozen=True)
class Task:
    """One row of the table of tasks.

    Attributes:
        name: as ``--task`` has it.
        auto_class: Transformers' Auto class of its models.
        architectures: endings of the names of classes that are for it.
        outputs: of its graph.
        decision: which choices must agree with PyTorch's (see :mod:`edgekit.model.decisions`).
        has_head: whether steps after the Transformers model are in the graph.
        problem_type: what the logits of a text classifier mean (see :func:`with_labels`).
        softmax: whether one over the last axis follows, which does not see what all scores share.
        short_texts: whether its texts are mostly a sentence or less.
        usual_length: where texts are cut, in tokens, if nobody names a length; None: as late as the
            model and the usual buckets allow.
    """

    name: str
    auto_class: str
    architectures: tuple[str, ...]
    outputs: tuple[Output, ...]
    decision: Decide
    has_head: bool = False
    problem_type: str | None = None
    softmax: bool = False
    short_texts: bool = False
    usual_length: int | None = None

    @property
    def decides(self) -> bool:
        """Whether its user takes a decision; embeddings and regressions are values."""
        return self.decision is not decisions.none

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


_PROBLEMS: Mapping[str, tuple[Decide, bool]] = {  # with the decision, and whether a softmax follows
    "single_label_classification": (decisions.largest, True),
    "multi_label_classification": (decisions.signs, False),
    "regression": (decisions.none, False),
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
            decisions.span,
            softmax=True,
        ),
        Task(
            "text-classification",
            "AutoModelForSequenceClassification",
            ("ForSequenceClassification",),
            (Output("logits", ("batch", "labels"), "score of each label"),),
            decisions.largest,
            softmax=True,
            short_texts=True,
            usual_length=256,
        ),
        Task(
            "token-classification",
            "AutoModelForTokenClassification",
            ("ForTokenClassification",),
            (Output("logits", (*_TOKEN, "labels"), "score of each label for each token"),),
            decisions.largest,
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
            decisions.largest,
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
            decisions.none,
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
            decisions.none,
            has_head=True,
            short_texts=True,
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
            decisions.none,
            has_head=True,
        ),
        Task(
            "late-interaction",
            _HEADLESS,
            ("HF_ColBERT",),
            (
                Output(
                    "token_embeddings",
                    (*_TOKEN, "hidden"),
                    "one vector for each token, special ones included; a query's similarity with a "
                    "document is the sum, over its vectors, of the largest dot product, without "
                    "those of tokens that do not count",
                    "last_hidden_state",
                ),
            ),
            decisions.none,
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


def with_labels(task: Task, count: int, problem_type: str | None) -> Task:
    """A task with what its logits mean.

    Args:
        task: one of the table.
        count: labels of the checkpoint. A softmax over one sees nothing of its logit, which is then
            a value of its own.
        problem_type: of a text classifier, by Transformers' name, such as ``regression``; None: of
            another task.

    Raises:
        UnsupportedError: edgekit does not have the problem type.
    """
    if problem_type is not None:
        if problem_type not in _PROBLEMS:
            known = ", ".join(_PROBLEMS)
            raise UnsupportedError(
                f"problem_type '{problem_type}' is not supported: edgekit has {known}"
            )
        decision, softmax = _PROBLEMS[problem_type]
        task = replace(task, problem_type=problem_type, decision=decision, softmax=softmax)
    return replace(task, softmax=False) if task.has_labels and count == 1 else task


def tensor_specs(task: Task, sizes: Mapping[str, int]) -> tuple[TensorSpec, ...]:
    """The task's outputs as a signature has them.

    Args:
        task: whose.
        sizes: of one model, by the names of axes, such as ``labels``; other axes stay free.
    """

    def axis(name: str) -> int | str:
        return sizes.get(name, name)

    return tuple(
        TensorSpec(
            output.name, "float32", tuple(axis(name) for name in output.axes), output.description
        )
        for output in task.outputs
    )


def output_values(task: Task, model_output: ModelOutput) -> dict[str, Tensor]:
    """The task's outputs, by their names in edgekit.

    Args:
        task: whose.
        model_output: what a Transformers model returned.
    """
    return {output.name: getattr(model_output, output.field) for output in task.outputs}
