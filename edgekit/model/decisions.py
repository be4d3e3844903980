"""The decisions that users take from outputs, and by how much each choice won."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Arrays = Mapping[str, np.ndarray]
Decide = Callable[[Arrays], tuple[np.ndarray, np.ndarray]]
"""From outputs without a batch axis to choices (integers) and margins (in units of the output)."""


def _argmax(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The winner along the last axis and its lead over the runner-up."""
    if scores.shape[-1] < 2:
        return np.zeros(scores.shape[:-1], int), np.full(scores.shape[:-1], np.inf)
    top = np.partition(scores, -2, axis=-1)
    return scores.argmax(-1), top[..., -1] - top[..., -2]


def largest(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """The label, or the vocabulary's entry, of the largest logit.

    Args:
        outputs: ``logits``, (labels,) of a text or (tokens, labels or entries).

    Returns:
        One choice, or one a token, and the lead over the second; infinite where there is one label.
    """
    choice, margin = _argmax(outputs["logits"])
    return np.atleast_1d(choice), np.atleast_1d(margin)


def span(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """The tokens at which an answer begins and ends, each chosen for itself.

    Args:
        outputs: ``start_logits`` and ``end_logits``, (tokens,).

    Returns:
        (2,) positions of tokens, and (2,) the lead of each over the second.
    """
    parts = [_argmax(outputs[name]) for name in ("start_logits", "end_logits")]
    return np.array([choice for choice, _ in parts]), np.array([margin for _, margin in parts])


def signs(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """For each label by itself, whether its probability passes one half: its logit passes zero.

    Args:
        outputs: ``logits``, (labels,).

    Returns:
        0 or 1 for each label, and how far its logit is from zero.
    """
    logits = outputs["logits"]
    return (logits > 0).astype(int), np.abs(logits)


def none(outputs: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """No decision: embeddings and regressions are compared by their values alone.

    Returns:
        Two empty arrays.
    """
    return np.empty(0, int), np.empty(0)
