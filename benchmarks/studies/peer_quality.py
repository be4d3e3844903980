"""How good the answers of files of one model are, whoever made them: a text at a time, as apps ask.

Vectors are compared with those of PyTorch, and with those that the same file gives of the same text
with more padding; cosines of labelled pairs with the scores that people gave them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.benchmarks import foreign
from edgekit.bundle import Bundle
from edgekit.runtime import table
from edgekit.runtime.feeding import feed, fit
from edgekit.runtime.session import Feed, Session
from edgekit.signature import Signature
from edgekit.tokens.encoding import Tokenizer

PADDING = 17  # tokens that are added where a file takes any length
_PADDED = 100  # texts that are asked again with padding


@dataclass(frozen=True)
class VectorQuality:
    """What is known of a file's vectors.

    Attributes:
        cosine_mean: with PyTorch's vectors, on average over the texts.
        cosine_min: the least of them.
        spearman: the correlation of the pairs' cosines with their scores.
        moved: how far padding alone moves a value of a vector, at most.
    """

    cosine_mean: float
    cosine_min: float
    spearman: float
    moved: float


class OneByOne:
    """Files of one model, each of some lengths, as a session with the bundle's own names.

    Args:
        files: of one format: one that takes any length, or those of all lengths that are asked for.
    """

    batched = False

    def __init__(self, files: Sequence[foreign.Foreign]) -> None:
        self._names = files[0].names
        opened = [_opened(file) for file in files]
        self.runtime = opened[0].runtime
        self._any = opened[0] if opened[0].lengths is None else None
        self._fixed: Mapping[int, Session] = {
            length: session for session in opened for length in session.lengths or ()
        }
        self.lengths = None if self._any else tuple(sorted(self._fixed))

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        session = self._any or self._fixed[feed["input_ids"].shape[1]]
        given = session.run({self._names[name]: row for name, row in feed.items()})
        return {ours: given[theirs] for ours, theirs in self._names.items() if theirs in given}

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """Empty: which of a foreign file's tensors are hidden states is not known."""
        return []


def _opened(file: foreign.Foreign) -> Session:
    """A foreign file in the first runtime of this machine that opens it."""
    return table.open_in(table.opening(file.artifact.format)[0], file.artifact.path, threads=1)


class Judge:
    """Labelled pairs, and what PyTorch says of them.

    Args:
        bundle: of the model.
        data: tab-separated columns score, sentence1 and sentence2, with a header.

    Attributes:
        texts: how many texts a file is asked.
        spearman: the correlation of PyTorch's own cosines with the scores.
    """

    def __init__(self, bundle: Bundle, data: Path) -> None:
        from edgekit.runtime.eager import Eager

        self._bundle, tokenizer = bundle, Tokenizer.of(bundle)
        with data.open(encoding="utf-8", newline="") as file:
            pairs = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        self._scores = [float(pair["score"]) for pair in pairs]
        prompts = [
            tokenizer.prompt(bundle.manifest.task, pair["sentence1"], pair["sentence2"])
            for pair in pairs
        ]
        self._rows = [row for prompt in prompts for row in prompt.encodings]
        self._truth = self._vectors(Eager(bundle.path), bundle.signature)
        self.texts, self.spearman = len(self._rows), self._correlation(self._truth)

    def judge(self, paths: Sequence[Path]) -> VectorQuality:
        """The quality of a file, or of the files that one tool makes for several lengths.

        Args:
            paths: one file that takes every length that the texts have, or several.

        Raises:
            EdgekitError: a file does not open, or is not of the bundle's task.
        """
        files = [foreign.opened(path, self._bundle) for path in paths]
        session, signature = OneByOne(files), files[0].signature
        found = self._vectors(session, signature)
        cosines = _cosines(found, self._truth)
        return VectorQuality(
            float(cosines.mean()),
            float(cosines.min()),
            self._correlation(found),
            float(np.abs(self._padded(session, signature) - found[:_PADDED]).max()),
        )

    def _vectors(self, session: Session, signature: Signature) -> np.ndarray:
        """Each text's vector, padded no further than the file needs: float32 (texts, width)."""
        feeds = (feed([row], fit(len(row), session.lengths), signature) for row in self._rows)
        return np.array([_first(session.run(each)) for each in feeds])

    def _padded(self, session: OneByOne, signature: Signature) -> np.ndarray:
        """The first texts' vectors with more padding than needed: float32 (texts, width)."""
        longest = max(session.lengths or (0,))
        rows = self._rows[:_PADDED]
        feeds = (feed([row], longest or len(row) + PADDING, signature) for row in rows)
        return np.array([_first(session.run(each)) for each in feeds])

    def _correlation(self, vectors: np.ndarray) -> float:
        """Spearman's correlation of the pairs' cosines with their scores."""
        from scipy.stats import spearmanr

        return float(spearmanr(_cosines(vectors[0::2], vectors[1::2]), self._scores).statistic)


def _first(outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """The vector of the one text in a batch."""
    return np.asarray(next(iter(outputs.values()))[0])


def _cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The cosine of each row with the one beside it, (rows, width) each."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray((left * right).sum(1) / lengths)
