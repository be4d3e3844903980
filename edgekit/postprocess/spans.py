"""Question answering: the best spans over all windows, and the score of there being none.

As in BERT's ``run_squad.py``: a span scores the sum of its two logits, and no answer scores what
the first token does, in the window that believes in it least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.postprocess.scores import number, softmax
from edgekit.postprocess.texts import mended
from edgekit.tokens.encoded import Encoded

MAX_ANSWER_TOKENS = 30  # as SQuAD's scripts of Transformers have it by default
NULL_THRESHOLD = 0.0  # score
N_BEST = 20  # as they have it, too
_CONTEXT = 1  # its sequence id: the question is text 0


@dataclass(frozen=True)
class Window:
    """One row of question and context with its logits, each (length,)."""

    encoded: Encoded
    start_logits: np.ndarray
    end_logits: np.ndarray


@dataclass(frozen=True)
class Span:
    """A piece of the context that may be the answer: ``context[start:end]``.

    ``score`` is the sum of two logits, ``probability`` its softmax among the best spans.
    """

    text: str
    start: int
    end: int
    score: float
    probability: float


@dataclass(frozen=True)
class SpanAnswer:
    """Spans from best to worst, no two of the same text; ``null_score`` is that of no answer."""

    spans: tuple[Span, ...]
    null_score: float

    @property
    def null_margin(self) -> float:
        """By how much no answer beats the best span: the score difference of SQuAD v2."""
        return self.null_score - self.spans[0].score if self.spans else np.inf

    def best(self, null_threshold: float | None = NULL_THRESHOLD) -> Span | None:
        """The answer to show, or None where no answer wins by more than the threshold.

        Args:
            null_threshold: by how many logits no answer has to beat the best span; None always
                answers, as SQuAD v1 wants it.
        """
        if not self.spans:
            return None
        silent = null_threshold is not None and self.null_margin > null_threshold
        return None if silent else self.spans[0]


def find(windows: Sequence[Window], context: str, top: int = N_BEST) -> SpanAnswer:
    """The best spans of a context, over all windows that cover it.

    Args:
        windows: the rows with their logits.
        context: the text that spans are cut from.
        top: how many spans are kept, at most 20.
    """
    null = min(np.float32(row.start_logits[0]) + np.float32(row.end_logits[0]) for row in windows)
    best = _distinct(_candidates(windows), context)
    scores = np.array([*(score for *_, score in best), null], np.float32)
    shares = softmax(scores)
    spans = [
        Span(context[start:end], start, end, number(score), number(share))
        for (start, end, score), share in zip(best, shares, strict=False)
    ]
    return SpanAnswer(tuple(spans[:top]), number(null))


def _candidates(windows: Sequence[Window]) -> Iterator[tuple[int, int, np.float32]]:
    """Start and end, in code points, and score of every span that is allowed, from the best on."""
    parts = [_allowed(window) for window in windows]
    starts, ends = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    scores = np.concatenate([part[2] for part in parts])
    for index in np.lexsort((ends, starts, -scores)):
        yield int(starts[index]), int(ends[index]), scores[index]


def _allowed(window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The spans of one window that lie inside the context, in order, and are not too long.

    Returns:
        Starts and ends in code points, and scores, (spans,) each.
    """
    offsets = np.array(window.encoded.offsets, np.int64).reshape(-1, 2)
    inside = np.array([sequence == _CONTEXT for sequence in window.encoded.sequence_ids])
    first, last = np.nonzero(
        np.tri(len(inside), dtype=bool).T
        & np.tri(len(inside), k=MAX_ANSWER_TOKENS - 1, dtype=bool)
        & inside[:, None]
        & inside[None, :]
    )
    start_logits = np.asarray(window.start_logits, np.float32)
    end_logits = np.asarray(window.end_logits, np.float32)
    return offsets[first, 0], offsets[last, 1], start_logits[first] + end_logits[last]


def _distinct(
    candidates: Iterator[tuple[int, int, np.float32]], context: str
) -> list[tuple[int, int, np.float32]]:
    """The first 20 candidates, mended, that are not empty and do not repeat a better one's text."""
    kept: dict[str, tuple[int, int, np.float32]] = {}
    for start, end, score in candidates:
        start, end = mended(context, start, end)
        if start < end:
            kept.setdefault(context[start:end], (start, end, score))
        if len(kept) == N_BEST:
            break
    return list(kept.values())
