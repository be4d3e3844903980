"""Sentence similarity and feature extraction: vectors, and the cosine of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgekit.postprocess.scores import number
from edgekit.tokens.encoding import Encoded


@dataclass(frozen=True)
class Similarity:
    """The cosine of the angle between two texts' vectors: from -1 to 1."""

    similarity: float


@dataclass(frozen=True)
class Vector:
    """One text's vector, as the model gives it."""

    vector: tuple[float, ...]


@dataclass(frozen=True)
class TokenVector:
    """A token's piece of the text and its vector."""

    text: str
    start: int
    end: int
    vector: tuple[float, ...]


@dataclass(frozen=True)
class TokenVectors:
    """Of every token of the text; special tokens are left out."""

    tokens: tuple[TokenVector, ...]


def similarity(a: np.ndarray, b: np.ndarray) -> Similarity:
    """Of two vectors, whether they have length 1 or not; 0 where one has length 0."""
    x, y = np.asarray(a, np.float32).ravel(), np.asarray(b, np.float32).ravel()
    norms = float(np.linalg.norm(x)) * float(np.linalg.norm(y))
    cosine = float(x @ y) / norms if norms else 0.0
    return Similarity(number(max(-1.0, min(1.0, cosine))))


def vector(values: np.ndarray) -> Vector:
    """From a sentence embedding of shape (hidden,)."""
    return Vector(tuple(number(value) for value in np.asarray(values).ravel()))


def tokens(values: np.ndarray, encoded: Encoded, text: str) -> TokenVectors:
    """From token vectors of shape (length, hidden)."""
    return TokenVectors(
        tuple(
            TokenVector(text[start:end], start, end, vector(values[place]).vector)
            for place, (start, end) in enumerate(encoded.offsets)
            if encoded.sequence_ids[place] is not None
        )
    )
