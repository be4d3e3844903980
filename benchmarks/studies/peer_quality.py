"""How good the answers of files of one model are, whoever made them: a text at a time, as apps ask.

Vectors are compared with those of PyTorch, and with those that the same file gives of the same text
with more padding. Labelled pairs, where there are some, give the metric of ``edgekit eval``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.app import opening
from edgekit.app.inference import App
from edgekit.benchmarks import foreign
from edgekit.bundle import Bundle
from edgekit.evaluation import ways
from edgekit.evaluation.kinds import AnyKind, EvaluationOptions, ModelFacts
from edgekit.postprocess import Outputs
from edgekit.runtime import table
from edgekit.runtime.feeding import feed
from edgekit.runtime.session import Feed, Session
from edgekit.tokens.encoded import Prompt

PADDING = 17  # tokens that are added where a file takes any length
_PADDED = 100  # texts that are asked again with padding


@dataclass(frozen=True)
class VectorQuality:
    """What is known of a file's vectors.

    Attributes:
        cosine_mean: with PyTorch's vectors, on average over the texts.
        cosine_min: the least of them.
        metric: Spearman's correlation with the labels.
        moved: how far padding alone moves a value of a vector, at most.
    """

    cosine_mean: float
    cosine_min: float
    metric: float
    moved: float


class OneByOne:
    """Files of one model, each of some lengths, as a session with the bundle's own names.

    Args:
        files: of one format: one that takes any length, or those of all lengths that are asked for.
    """

    batched = False

    def __init__(self, files: Sequence[foreign.Foreign]) -> None:
        self._names = files[0].names
        opened = [(_opened(file), file) for file in files]
        self.runtime = opened[0][0].runtime
        self._any = opened[0][0] if opened[0][0].lengths is None else None
        self._fixed: Mapping[int, Session] = {
            length: session for session, _ in opened for length in session.lengths or ()
        }
        self.lengths = None if self._any else tuple(sorted(self._fixed))

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        session = self._any or self._fixed[feed["input_ids"].shape[1]]
        given = session.run({self._names[name]: row for name, row in feed.items()})
        return {ours: given[theirs] for ours, theirs in self._names.items() if theirs in given}

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """Nothing: whose they are is not known."""
        return []


def _opened(file: foreign.Foreign) -> Session:
    return table.open_in(table.opening(file.artifact.format)[0], file.artifact.path, threads=1)


class Judge:
    """Labelled pairs, and what PyTorch says of them.

    Args:
        bundle: of the model.
        data: pairs with scores, as of ``edgekit eval --data``.

    Attributes:
        texts: how many texts a file is asked.
        pytorch: the metric of PyTorch's own answers.
    """

    def __init__(self, bundle: Bundle, data: Path) -> None:
        model = ModelFacts.of(bundle)
        self._bundle, self._facts = bundle, model.facts
        self._kind: AnyKind = ways.prepare(data, model, None, EvaluationOptions(), None).kind
        self._prompts: Sequence[Prompt] = [
            self._kind.prompt(model.tokenizer, index) for index in range(len(self._kind.asked))
        ]
        with opening.open_app(bundle, None) as app:
            answers = self._answers(app)
        self._truth = _vectors(answers)
        self.texts, self.pytorch = len(answers), self._metric(answers)

    def judge(self, paths: Sequence[Path]) -> VectorQuality:
        """The quality of a file, or of the files that one tool makes for several lengths.

        Args:
            paths: one file that takes every length that the texts have, or several.

        Raises:
            EdgekitError: a file does not open, or is not of the bundle's task.
        """
        files = [foreign.opened(path, self._bundle) for path in paths]
        session = OneByOne(files)
        with App(files[0], files[0].artifact, session) as app:
            answers = self._answers(app)
        found = _vectors(answers)
        cosines = (found * self._truth).sum(1) / (
            np.linalg.norm(found, axis=1) * np.linalg.norm(self._truth, axis=1)
        )
        return VectorQuality(
            float(cosines.mean()),
            float(cosines.min()),
            self._metric(answers),
            self._moved(files[0], session, found),
        )

    def _answers(self, app: App) -> Outputs:
        """The outputs of every row of every prompt, in order."""
        return app.infer([row for prompt in self._prompts for row in prompt.encodings])

    def _metric(self, answers: Outputs) -> float:
        rest, records = iter(answers), []
        for index, prompt in enumerate(self._prompts):
            rows = [next(rest) for _ in prompt.encodings]
            records.append(self._kind.record(self._facts, index, prompt, rows))
        return float(self._kind.judge(records).measures[0].value)

    def _moved(self, bundle: Bundle, session: OneByOne, tight: np.ndarray) -> float:
        """How far padding moves a value, over the first texts."""
        rows = [row for prompt in self._prompts for row in prompt.encodings][:_PADDED]
        most = 0.0
        for row, vector in zip(rows, tight, strict=False):
            length = max(session.lengths) if session.lengths else len(row) + PADDING
            padded = session.run(feed([row], length, bundle.signature))
            most = max(most, float(np.abs(next(iter(padded.values()))[0] - vector).max()))
        return most


def _vectors(answers: Outputs) -> np.ndarray:
    """Each row's one output: float32 (texts, width)."""
    return np.array([next(iter(outputs.values())) for outputs in answers])
