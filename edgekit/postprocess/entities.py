"""Token classification: a word has the label of its first token, neighbours become entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from edgekit.postprocess.scores import number, ranked, softmax
from edgekit.postprocess.texts import mended
from edgekit.tokens.encoded import Encoded

OUTSIDE = "O"


@dataclass(frozen=True)
class Piece:
    """``text[start:end]`` with a label and its probability."""

    label: str
    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Tagging:
    """Every word with its full label, and the entities they form, labelled without B- and I-."""

    entities: tuple[Piece, ...]
    words: tuple[Piece, ...]


def tag(logits: np.ndarray, encoded: Encoded, names: Sequence[str], text: str) -> Tagging:
    """Words with labels, and entities, from the logits of a token classifier.

    Labels with B- and I- are read as IOB2, leniently: an I- that continues nothing begins an
    entity. Without them, neighbours of the same label are one entity, unless no label is O: then
    these are tags, and each word stands alone.

    Args:
        logits: float32 (length, labels).
        encoded: the row that they are of.
        names: of the labels.
        text: the row's text.
    """
    words = tuple(_words(np.asarray(logits, np.float32), encoded, names, text))
    return Tagging(tuple(_entities(words, names, text)), words)


def _words(
    logits: np.ndarray, encoded: Encoded, names: Sequence[str], text: str
) -> Iterator[Piece]:
    """Each word with the label of its first token, and that label's probability."""
    inside = [i for i, sequence in enumerate(encoded.sequence_ids) if sequence is not None]
    for _, group in groupby(inside, key=lambda i: encoded.word_ids[i]):
        tokens = list(group)
        start, end = mended(text, encoded.offsets[tokens[0]][0], encoded.offsets[tokens[-1]][1])
        if start == end:
            continue
        row = logits[tokens[0]]
        index = int(ranked(row)[0])
        yield Piece(names[index], text[start:end], start, end, number(softmax(row)[index]))


def _entities(words: Sequence[Piece], names: Sequence[str], text: str) -> Iterator[Piece]:
    """Neighbouring words that are one entity, joined; words labelled O are in none."""
    prefixed = any(name[:2] in ("B-", "I-") for name in names)
    alone = not prefixed and OUTSIDE not in names
    runs: list[list[Piece]] = []
    open_kind: str | None = None
    for word in words:
        begins, kind = _split(word.label, prefixed)
        if word.label == OUTSIDE:
            open_kind = None
        elif begins or alone or kind != open_kind:
            runs.append([word])
            open_kind = kind
        else:
            runs[-1].append(word)
    for run in runs:
        start, end = run[0].start, run[-1].end
        score = np.mean([word.score for word in run], dtype=np.float32)
        yield Piece(_split(run[0].label, prefixed)[1], text[start:end], start, end, number(score))


def _split(label: str, prefixed: bool) -> tuple[bool, str]:
    """Whether the label always begins an entity, and the entity's kind."""
    if prefixed and label[:2] in ("B-", "I-"):
        return label[0] == "B", label[2:]
    return False, label
