"""Text classification: probabilities that exclude each other, one for each label, or values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.postprocess.scores import number, ranked, sigmoid, softmax


@dataclass(frozen=True)
class Label:
    """One label of a classifier.

    ``score`` is its probability, or of a regression the value itself.
    """

    label: str
    index: int
    score: float


@dataclass(frozen=True)
class Classification:
    """``labels`` from the largest score to the smallest; of a regression in the model's order.

    ``chosen`` are the names of the best label, or of all that pass one half where each stands for
    itself; of a regression none.
    """

    problem_type: str
    labels: tuple[Label, ...]
    chosen: tuple[str, ...]


def classify(
    logits: np.ndarray, names: Sequence[str], problem_type: str, top: int | None = None
) -> Classification:
    """Labels with their scores, from the logits of a text classifier.

    Args:
        logits: float32 (labels,).
        names: of the labels.
        problem_type: what the logits mean, by Transformers' name.
        top: how many labels are kept, from the best on; None keeps every one.
    """
    logits = np.asarray(logits, np.float32)
    scores = _SCORES[problem_type](logits)
    places = np.arange(len(logits)) if problem_type == "regression" else ranked(logits)
    rows = tuple(Label(names[i], i, number(scores[i])) for i in map(int, places))
    chosen = {
        "single_label_classification": rows[:1],
        "multi_label_classification": tuple(row for row in rows if logits[row.index] > 0),
        "regression": (),
    }
    return Classification(
        problem_type, rows[:top], tuple(row.label for row in chosen[problem_type])
    )


_SCORES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "single_label_classification": softmax,
    "multi_label_classification": sigmoid,
    "regression": lambda logits: logits,
}
