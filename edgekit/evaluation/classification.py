"""Text classification: one label of several, or several at once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from edgekit.data import labels
from edgekit.data.row import Row
from edgekit.data.table import Data
from edgekit.errors import DataError
from edgekit.evaluation import measures
from edgekit.evaluation.judged import ClassMeasure, Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts, Outputs, answer
from edgekit.postprocess.labels import Classification
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer

MULTI = "multi_label_classification"


class LabelRecord(TypedDict):
    """The labels that a file chose, by their indices, and the score of each label."""

    chosen: list[int]
    scores: list[float]


@dataclass(frozen=True)
class TextClassification:
    """Texts, or pairs, with labels: one each, or any number of them.

    ``expected`` is (examples, labels): 1 where a label is right.
    """

    names: tuple[str, ...]
    several: bool
    examples: tuple[Example, ...]
    expected: np.ndarray

    @property
    def asked(self) -> Sequence[Example]:
        """The examples themselves."""
        return self.examples

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The row of a text or a pair."""
        return tokenizer.prompt("text-classification", *self.examples[index].texts)

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> LabelRecord:
        """The labels chosen, by their indices, and every label's score."""
        found = answer(facts, prompt, outputs, len(self.names))
        assert isinstance(found, Classification)
        scores = {row.index: row.score for row in found.labels}
        chosen = [row.index for row in found.labels[: len(found.chosen)]]
        return {"chosen": sorted(chosen), "scores": [scores[i] for i in range(len(self.names))]}

    def judge(self, records: Sequence[LabelRecord]) -> Judged:
        """Accuracy and F1, by label too; where a text may have several labels, over all of them."""
        found = _one_hot([row["chosen"] for row in records], len(self.names))
        take = (self.expected > 0, found > 0)
        decided = found if self.several else found.argmax(axis=1)[:, None]
        return Judged(
            self._several(*take) if self.several else self._single(*take),
            tuple(self._classes(*take)),
            [tuple(row.tolist()) for row in decided],
            [self._shown(row) for row in records],
            [row["scores"] for row in records],
        )

    def difference(self, a: Sequence[float], b: Sequence[float]) -> float:
        """The largest difference of a label's probability."""
        return float(np.abs(np.subtract(a, b)).max())

    def _single(self, expected: np.ndarray, found: np.ndarray) -> tuple[measures.Measure, ...]:
        """The metrics where labels exclude each other: accuracy first.

        Args:
            expected: (examples, labels) bool.
            found: the same of the answers.
        """
        from sklearn import metrics

        x, y = expected.argmax(axis=1), found.argmax(axis=1)
        macro, micro = (float(metrics.f1_score(x, y, average=kind)) for kind in ("macro", "micro"))
        return (
            measures.mean("accuracy", x == y),
            measures.f1_macro(macro, expected & found, expected + 0 + found),
            measures.f1_of_counts("f1_micro", _counts(expected, found), micro),
            measures.matthews("matthews", _matthews(x, y), expected, found),
        )

    def _several(self, expected: np.ndarray, found: np.ndarray) -> tuple[measures.Measure, ...]:
        """The metrics where a text may have several labels: F1 over all of them first.

        Args:
            expected: (examples, labels) bool.
            found: the same of the answers.
        """
        from sklearn import metrics

        known = np.flatnonzero((expected | found).any(axis=0))
        macro, micro = (
            float(metrics.f1_score(expected, found, labels=known, average=kind))
            for kind in ("macro", "micro")
        )
        return (
            measures.f1_of_counts("f1_micro", _counts(expected, found), micro),
            measures.f1_macro(macro, expected & found, expected + 0 + found),
            measures.mean("accuracy", (expected == found).all(axis=1)),
        )

    def _classes(self, expected: np.ndarray, found: np.ndarray) -> list[ClassMeasure]:
        """The recall of each label that stands in the data."""
        support = expected.sum(axis=0)
        return [
            ClassMeasure(
                name,
                int(support[i]),
                measures.ratio("recall", (expected & found)[:, i], expected[:, i]),
            )
            for i, name in enumerate(self.names)
            if support[i]
        ]

    def _shown(self, record: LabelRecord) -> str:
        chosen = (f"{self.names[i]} {record['scores'][i]:.1%}" for i in record["chosen"])
        return ", ".join(chosen) or "no label"


def build(
    data: Data, model: ModelFacts, options: EvaluationOptions
) -> tuple[TextClassification, list[str]]:
    """Reads texts, or pairs, with their labels.

    Args:
        data: the file with its columns.
        model: has the labels.
        options: say which labels are called otherwise.

    Returns:
        The examples, and a sentence if labels were read by their index.

    Raises:
        DataError: a text is none, or a label none of the model's.
    """
    facts, rows = model.facts, data.table.rows
    several = facts.problem_type == MULTI
    cells = [data.cell(row, "label") for row in rows]
    given = [_listed(cell) if several else [cell] for cell in cells]
    flat = [
        (f"{data.table.path}, {row.place}", value)
        for row, values in zip(rows, given, strict=True)
        for value in values
    ]
    if not flat:
        raise DataError(f"{data.table.path} has no label in any row: nothing could be right")
    indices, way = labels.read(flat, facts.labels, options.labels)
    rest = iter(indices)
    chosen = [[next(rest) for _ in values] for values in given]
    examples = tuple(
        Example(
            row.place,
            _texts(data, row),
            ", ".join(facts.labels[i] for i in right) or "no label",
        )
        for row, right in zip(rows, chosen, strict=True)
    )
    expected = _one_hot(chosen, len(facts.labels))
    note = [f"labels are read by {way}: {', '.join(facts.labels)}"] if way == "index" else []
    return TextClassification(facts.labels, several, examples, expected), note


def _texts(data: Data, row: Row) -> tuple[str, ...]:
    pair = "pair" in data.columns.names
    return tuple(data.text(row, role) for role in (("text", "pair") if pair else ("text",)))


def _listed(cell: object) -> list[object]:
    """A cell as a list of labels: one cell may hold several."""
    if isinstance(cell, list | tuple):
        return list(cell)
    return [part for part in labels.plain(cell).split(",") if part.strip()]


def _one_hot(chosen: Sequence[Sequence[int]], width: int) -> np.ndarray:
    """(examples, labels) bool: whether each label is among an example's."""
    rows = np.zeros((len(chosen), width), np.uint8)
    for row, indices in zip(rows, chosen, strict=True):
        row[list(indices)] = 1
    return rows


def _matthews(expected: np.ndarray, found: np.ndarray) -> float:
    """Matthews' correlation, by scikit-learn; 0 where there is one label only."""
    from sklearn import metrics

    with warnings.catch_warnings():  # that there is one label only, where it is 0
        warnings.simplefilter("ignore", UserWarning)
        return float(metrics.matthews_corrcoef(expected, found))


def _counts(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """(examples, 3): labels that are right, found and expected."""
    return np.stack([(expected & found).sum(1), found.sum(1), expected.sum(1)], axis=1)
