"""``vocabulary.bin``: tokens, merges and scores in one file that an app reads at once.

``docs/tokenizers.md`` has its layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.tokens.stored import Component

MAGIC = b"EKVOCAB1"
_SCORES = 1  # bit 0 of the flags: there are scores
_UINT32, _FLOAT64 = np.dtype("<u4"), np.dtype("<f8")


@dataclass(frozen=True)
class Vocabulary:
    """The entries of a tokenizer's model.

    Attributes:
        tokens: by id, empty where an id has none; of two equal ones only the last has its text.
        merges: of byte-pair encoding: left id, right id, rank, merged id.
        scores: of Unigram, by id; empty for other models.
    """

    tokens: tuple[str, ...]
    merges: tuple[tuple[int, int, int, int], ...] = ()
    scores: tuple[float, ...] = ()

    @classmethod
    def of(cls, model: Component) -> Vocabulary:
        """The vocabulary of the block ``model`` of a ``tokenizer.json``."""
        stored = model["vocab"]
        if isinstance(stored, list):
            places = {piece: place for place, (piece, _) in enumerate(stored)}
            return cls(_by_id(places, len(stored)), scores=tuple(score for _, score in stored))
        tokens = _by_id(stored, max(stored.values(), default=-1) + 1)
        return cls(tokens, tuple(_merges(stored, model.get("merges", ()))))

    def dump(self) -> bytes:
        """The file's content."""
        texts = [token.encode() for token in self.tokens]
        starts = np.cumsum([0, *map(len, texts)], dtype=_UINT32)
        order = sorted(range(len(texts)), key=texts.__getitem__)
        head = (len(texts), len(self.merges), _SCORES if self.scores else 0, int(starts[-1]))
        parts = (head, starts, order, np.ravel(sorted(self.merges)))
        numbers = b"".join(np.asarray(part, _UINT32).tobytes() for part in parts)
        return MAGIC + numbers + np.asarray(self.scores, _FLOAT64).tobytes() + b"".join(texts)


def _by_id(ids: Mapping[str, int], count: int) -> tuple[str, ...]:
    """The entries in the order of their ids; empty where an id has none."""
    tokens = [""] * count
    for token, index in ids.items():
        tokens[index] = token
    return tuple(tokens)


def _merges(
    ids: Mapping[str, int], stored: Sequence[str | Sequence[str]]
) -> list[tuple[int, int, int, int]]:
    """The merges by ids; of a pair that is there twice the last one counts, as in the library."""
    found = {}
    for rank, row in enumerate(stored):
        left, right = row.split(" ") if isinstance(row, str) else row
        found[ids[left], ids[right]] = (rank, ids[left + right])
    return [(*pair, *rest) for pair, rest in found.items()]
