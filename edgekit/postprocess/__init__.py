"""From a model's outputs to its answer: one module a task, nothing but arithmetic.

``docs/postprocess.md`` is the same in words, for those who write it in Kotlin or Swift; a bundle's
``postprocess.json`` has golden vectors for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from edgekit.bundle import Bundle
from edgekit.manifest.fields import Activation
from edgekit.manifest.fields import Similarity as SimilarityKind
from edgekit.manifest.texts import PostprocessingFacts
from edgekit.postprocess import entities, labels, masks, spans, vectors
from edgekit.postprocess.entities import Tagging
from edgekit.postprocess.labels import Classification
from edgekit.postprocess.masks import FilledMasks
from edgekit.postprocess.spans import SpanAnswer
from edgekit.postprocess.vectors import (
    MultiVector,
    Similarity,
    SparseVector,
    TokenVectors,
    Vector,
)
from edgekit.tokens.encoded import Prompt

TOP = 5

Answer = (
    SpanAnswer
    | Classification
    | Tagging
    | FilledMasks
    | Similarity
    | Vector
    | SparseVector
    | MultiVector
    | TokenVectors
)
Outputs = Sequence[Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Facts:
    """What post-processing has to know of a model.

    Attributes:
        task: its name.
        problem_type: what a text classifier's logits mean, by Transformers' name; None for other
            tasks.
        labels: in the order of the logits.
        mask_id: the id of the mask token; None without one.
        token: gives a vocabulary's entry by its id.
        similarity: how two vectors are compared.
    """

    task: str
    problem_type: str | None
    labels: tuple[str, ...]
    mask_id: int | None
    token: Callable[[int], str]
    similarity: SimilarityKind = "cosine"

    @classmethod
    def of(cls, bundle: Bundle, token: Callable[[int], str]) -> Facts:
        """The facts of a bundle's model.

        Args:
            bundle: opened.
            token: gives an entry of its tokenizer's vocabulary by its id.
        """
        manifest = bundle.manifest
        return cls(
            manifest.task,
            manifest.problem_type,
            manifest.labels,
            manifest.special_token("mask_token"),
            token,
            manifest.similarity or "cosine",
        )


def settings(task: str, problem_type: str | None) -> PostprocessingFacts:
    """The settings of :func:`answer` for a task, as the manifest tells them to apps."""
    activation = _ACTIVATIONS.get(problem_type or task, "identity")
    spans_only = task == "question-answering"
    return PostprocessingFacts(
        activation=activation,
        threshold=0.5 if activation == "sigmoid" else None,
        null_threshold=spans.NULL_THRESHOLD if spans_only else None,
        max_answer_tokens=spans.MAX_ANSWER_TOKENS if spans_only else None,
        top=TOP,
    )


_ACTIVATIONS: Mapping[str, Activation] = {  # by the problem type, or else the task
    "single_label_classification": "softmax",
    "multi_label_classification": "sigmoid",
    "token-classification": "softmax",
    "question-answering": "softmax",
    "fill-mask": "softmax",
}


def answer(facts: Facts, prompt: Prompt, outputs: Outputs, top: int = TOP) -> Answer:
    """The answer to a prompt.

    Args:
        facts: of the model.
        prompt: what was asked.
        outputs: of each row of the prompt, without padding and without a batch axis.
        top: the most spans, labels or fillers that are kept.

    Raises:
        InputError: a text that the task cannot answer, like one without a mask.
    """
    return _TASKS[facts.task](facts, prompt, outputs, top)


def _span(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    """The answer to a question, of the windows over its context."""
    windows = [
        spans.Window(encoded, row["start_logits"], row["end_logits"])
        for encoded, row in zip(prompt.encodings, outputs, strict=True)
    ]
    return spans.find(windows, prompt.texts[1], top)


def _label(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    problem = facts.problem_type or "single_label_classification"
    return labels.classify(outputs[0]["logits"], facts.labels, problem, top)


def _tag(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    logits = outputs[0]["logits"]
    return entities.tag(logits, prompt.encodings[0], facts.labels, prompt.texts[0])


def _fill(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    logits = outputs[0]["logits"]
    return masks.fill(logits, prompt.encodings[0], facts.mask_id, facts.token, top)


def _compare(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    """How alike two texts are; of one text its vector."""
    rows = [row["sentence_embedding"] for row in outputs]
    if len(rows) == 1:
        return vectors.vector(rows[0])
    return vectors.similarity(rows[0], rows[1], facts.similarity)


def _weigh(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    """How alike two texts are by their sparse vectors; of one text its largest weights."""
    rows = [row["sparse_embedding"] for row in outputs]
    if len(rows) == 1:
        return vectors.sparse(rows[0], facts.token, top)
    return vectors.similarity(rows[0], rows[1], facts.similarity)


def _match(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    """How well a query and a document match, token by token; of one text its vectors.

    Vectors at skipped places are left out.
    """
    rows = [
        np.delete(row["token_embeddings"], encoded.skipped, axis=0)
        for encoded, row in zip(prompt.encodings, outputs, strict=True)
    ]
    return vectors.multi(rows[0]) if len(rows) == 1 else vectors.max_similarity(*rows)


def _vectors(facts: Facts, prompt: Prompt, outputs: Outputs, top: int) -> Answer:
    values = outputs[0]["last_hidden_state"]
    return vectors.tokens(values, prompt.encodings[0], prompt.texts[0])


_TASKS: Mapping[str, Callable[[Facts, Prompt, Outputs, int], Answer]] = {
    "question-answering": _span,
    "text-classification": _label,
    "token-classification": _tag,
    "fill-mask": _fill,
    "sentence-similarity": _compare,
    "feature-extraction": _vectors,
    "sparse-embedding": _weigh,
    "late-interaction": _match,
}


def to_json(found: Answer) -> dict[str, object]:
    """An answer as plain data for JSON.

    Of question answering it also has ``best``, the span to show, or null for no answer.
    """
    plain = asdict(found)
    if isinstance(found, SpanAnswer):
        best = found.best()
        return {"best": best and asdict(best), **plain}
    return plain
