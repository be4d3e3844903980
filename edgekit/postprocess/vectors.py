"""Embeddings of every kind, dense, sparse or one for each token, and how alike two texts are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from edgekit.postprocess.scores import number, ranked
from edgekit.tokens.encoded import Encoded


@dataclass(frozen=True)
class Similarity:
    """How alike two texts are, the larger the more; a cosine is from -1 to 1."""

    similarity: float


@dataclass(frozen=True)
class Vector:
    """One text's vector, as the model gives it."""

    vector: tuple[float, ...]


@dataclass(frozen=True)
class TokenWeight:
    """A vocabulary entry and its weight in a sparse vector."""

    token: str
    index: int
    weight: float


@dataclass(frozen=True)
class SparseVector:
    """The largest weights, in order, and how many of the whole vector are not 0."""

    weights: tuple[TokenWeight, ...]
    nonzero: int


@dataclass(frozen=True)
class MultiVector:
    """A vector for each token of the row that counts, special ones included."""

    vectors: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class TokenVector:
    """A token's piece of the text and its vector."""

    text: str
    start: int
    end: int
    vector: tuple[float, ...]


@dataclass(frozen=True)
class TokenVectors:
    """The vectors of a text's tokens, without special ones."""

    tokens: tuple[TokenVector, ...]


def similarity(a: np.ndarray, b: np.ndarray, kind: str = "cosine") -> Similarity:
    """How alike two vectors of the same size are: the larger, the more.

    Args:
        a: the first text's.
        b: the second text's.
        kind: ``cosine`` of the angle between them, which is 0 where one has length 0; ``dot`` for
            the product, ``euclidean`` and ``manhattan`` for the distance, negative.
    """
    x, y = np.asarray(a, np.float32).ravel(), np.asarray(b, np.float32).ravel()
    return Similarity(number(similarities(y[None], x, kind)[0]))


def similarities(vectors: np.ndarray, query: np.ndarray, kind: str) -> np.ndarray:
    """How alike one vector is to each of many.

    Args:
        vectors: (count, size).
        query: (size,).
        kind: as :func:`similarity` takes it.

    Returns:
        (count,), the larger the more alike.
    """
    found: np.ndarray = _SIMILARITIES[kind](vectors, query)
    return found


def max_similarity(query: np.ndarray, document: np.ndarray) -> Similarity:
    """How alike two texts are that have a vector for each token: MaxSim.

    The sum, over the query's vectors, of the largest dot product with one of the document's.
    Source: https://arxiv.org/abs/2004.12832.

    Args:
        query: (length, size).
        document: (length, size), of another length.
    """
    products = np.asarray(query, np.float32) @ np.asarray(document, np.float32).T
    return Similarity(number(products.max(1).sum(dtype=np.float32)))


def sparse(values: np.ndarray, token: Callable[[int], str], top: int) -> SparseVector:
    """A sparse vector's largest weights, with their entries.

    Args:
        values: (vocabulary,).
        token: gives a vocabulary's entry by its id.
        top: how many are kept; those that are 0 never are.
    """
    weights = np.asarray(values, np.float32)
    nonzero = int(np.count_nonzero(weights))
    best = map(int, ranked(weights)[: min(top, nonzero)])
    return SparseVector(
        tuple(TokenWeight(token(index), index, number(weights[index])) for index in best), nonzero
    )


def multi(values: np.ndarray) -> MultiVector:
    """The answer that is all of a text's token vectors, from (length, size)."""
    return MultiVector(tuple(vector(row).vector for row in values))


def _cosines(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The cosine of ``query``, (size,), with each of ``vectors``: (count,).

    0 where a length is 0.
    """
    norms = np.linalg.norm(vectors, axis=1).astype(np.float64) * np.linalg.norm(query)
    cosines = np.divide(vectors @ query, norms, out=np.zeros_like(norms), where=norms > 0)
    clamped: np.ndarray = cosines.clip(-1.0, 1.0)
    return clamped


_SIMILARITIES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cosine": _cosines,
    "dot": lambda vectors, query: vectors @ query,
    "euclidean": lambda vectors, query: -np.linalg.norm(vectors - query, axis=1),
    "manhattan": lambda vectors, query: -np.abs(vectors - query).sum(1),
}


def vector(values: np.ndarray) -> Vector:
    """The answer that is a text's vector, from (size,)."""
    return Vector(tuple(number(value) for value in np.asarray(values).ravel()))


def tokens(values: np.ndarray, encoded: Encoded, text: str) -> TokenVectors:
    """Each token's vector with its piece of the text.

    Args:
        values: (length, size).
        encoded: the row that they are of.
        text: the row's text.
    """
    return TokenVectors(
        tuple(
            TokenVector(text[start:end], start, end, vector(values[place]).vector)
            for place, (start, end) in enumerate(encoded.offsets)
            if encoded.sequence_ids[place] is not None
        )
    )
