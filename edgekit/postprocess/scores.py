"""Logits to probabilities and ranks: float32 throughout, ties to the lower index."""

from __future__ import annotations

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities that sum to 1 along the last axis, in float32.

    The largest logit is subtracted first, so that nothing overflows.
    """
    logits = np.asarray(logits, np.float32)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The probability of each value for itself, in float32; never overflows."""
    logits = np.asarray(logits, np.float32)
    powers = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1, powers) / (1 + powers), np.float32)


def ranked(logits: np.ndarray) -> np.ndarray:
    """Indices of a vector's values from the largest to the smallest, equal ones in order."""
    return np.argsort(-np.asarray(logits, np.float32), kind="stable")


def number(value: np.float32 | float) -> float:
    """A float32 as the shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))
