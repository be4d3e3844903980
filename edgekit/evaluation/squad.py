"""SQuAD's exact match and F1, as its official scripts of versions 1.1 and 2.0 count them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")

Compare = Callable[[str, str], float]


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, words one space apart."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact(found: str, expected: str) -> float:
    """1 where two answers are the same once they are normalised, else 0."""
    return float(normalised(found) == normalised(expected))


def f1_v1(found: str, expected: str) -> float:
    """F1 of the words, counted as often as they stand there; 0 where none is shared."""
    a, b = normalised(found).split(), normalised(expected).split()
    shared = sum((Counter(a) & Counter(b)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(a), shared / len(b)
    return 2 * precision * recall / (precision + recall)


def f1_v2(found: str, expected: str) -> float:
    """F1 of SQuAD 2.0: as :func:`f1_v1`, but 1 where both texts are empty, which mean no answer."""
    return f1_v1(found, expected) or exact(found, expected)


def answers_v2(answers: Sequence[str]) -> tuple[str, ...]:
    """The answers that count in SQuAD 2.0: those of which normalising leaves something.

    No answer is an empty one.
    """
    return tuple(answer for answer in answers if normalised(answer)) or ("",)


def best(compare: Compare, found: str, answers: Sequence[str]) -> float:
    """The score of an answer against whichever right answer it fits best.

    Args:
        compare: :func:`exact`, :func:`f1_v1` or :func:`f1_v2`.
        found: the answer.
        answers: the right ones, at least one.
    """
    return max(compare(found, answer) for answer in answers)


def best_threshold(
    scores: np.ndarray, margins: np.ndarray, answerable: np.ndarray
) -> tuple[float, float]:
    """The no-answer threshold with the best mean score.

    Args:
        scores: of the best span of each question, (questions,), from 0 to 1.
        margins: by how many logits no answer beats it, (questions,).
        answerable: whether there is an answer, (questions,) bool; where not, giving none scores 1.

    Returns:
        The mean score, and the threshold that gives it.
    """
    order = np.argsort(margins, kind="stable")
    gains = np.where(answerable, scores, -1.0)[order]
    totals = (~answerable).sum() + np.concatenate([[0.0], np.cumsum(gains)])
    apart = np.concatenate([[True], np.diff(margins[order]) > 0, [True]])  # of equal margins all
    place = int(np.where(apart, totals, -1.0).argmax())
    threshold = margins[order[place - 1]] if place else margins.min() - 1  # never an answer
    return float(totals[place] / len(scores)), float(threshold)
