"""Scores against scores: a regression, or the similarity of two sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.data.table import Data
from edgekit.evaluation import measures
from edgekit.evaluation.judged import Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts, Outputs, answer
from edgekit.postprocess.labels import Classification
from edgekit.postprocess.vectors import Similarity
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer


@dataclass(frozen=True)
class Scores:
    """Pairs, or texts, with a score that people gave them; only order and distances count."""

    task: str
    examples: tuple[Example, ...]
    expected: np.ndarray

    @property
    def asked(self) -> Sequence[Example]:
        """The examples themselves."""
        return self.examples

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The rows of a pair, or of a text."""
        return tokenizer.prompt(self.task, *self.examples[index].texts)

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> float:
        """The similarity of the two vectors, or the model's one value."""
        found = answer(facts, prompt, outputs, 1)
        if isinstance(found, Classification):
            return found.labels[0].score
        assert isinstance(found, Similarity)
        return found.similarity

    def judge(self, records: Sequence[float]) -> Judged:
        """Pearson's and Spearman's correlation with the expected scores."""
        found = np.array(records, np.float64)
        return Judged(
            (measures.spearman(self.expected, found), measures.pearson(self.expected, found)),
            (),
            [()] * len(records),
            [f"{value:.4f}" for value in records],
            records,
            scored=True,
        )

    def difference(self, a: float, b: float) -> float:
        """How far the two scores are apart."""
        return abs(float(a) - float(b))


def build(data: Data, model: ModelFacts, options: EvaluationOptions) -> tuple[Scores, list[str]]:
    """Reads pairs, or texts, with the score that people gave them.

    Args:
        data: the file with its columns.
        model: has the task.
        options: play no part.

    Returns:
        The examples, and no sentences.

    Raises:
        DataError: a text is none, or a score no number.
    """
    roles = [role for role in ("text", "pair") if role in data.columns.names]
    rows = data.table.rows
    numbers = [data.number(row, "label") for row in rows]
    examples = tuple(
        Example(row.place, tuple(data.text(row, role) for role in roles), f"{number:g}")
        for row, number in zip(rows, numbers, strict=True)
    )
    return Scores(model.facts.task, examples, np.array(numbers)), []
