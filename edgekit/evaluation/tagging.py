"""Token classification: entities by seqeval where labels have B- and I-, else word by word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.data import labels
from edgekit.data.row import Row
from edgekit.data.table import Data
from edgekit.evaluation import measures
from edgekit.evaluation.judged import ClassMeasure, Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.evaluation.measures import Measure
from edgekit.postprocess import Facts, Outputs, answer
from edgekit.postprocess.entities import OUTSIDE, Tagging
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer

Sentence = tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """Sentences of words, each with a label.

    Attributes:
        names: the model's labels.
        words: of each sentence.
        examples: the sentences as people read them.
        expected: the label of each word.
    """

    names: tuple[str, ...]
    words: tuple[Sentence, ...]
    examples: tuple[Example, ...]
    expected: tuple[Sentence, ...]

    @property
    def asked(self) -> Sequence[Example]:
        """The examples themselves."""
        return self.examples

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The row of a sentence, its words joined by blanks."""
        return tokenizer.prompt("token-classification", *self.examples[index].texts)

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> list[str]:
        """Each word's label: that of the first piece of the text that begins in it.

        A word that did not fit into the model, or of which nothing is left, is outside.
        """
        found = answer(facts, prompt, outputs, 1)
        assert isinstance(found, Tagging)
        pieces = iter(found.words)
        piece = next(pieces, None)
        tags = []
        for start, end in _places(self.words[index]):
            while piece is not None and piece.start < start:
                piece = next(pieces, None)
            begins = piece is not None and piece.start < end
            tags.append(piece.label if piece is not None and begins else OUTSIDE)
        return tags

    def judge(self, records: Sequence[list[str]]) -> Judged:
        """F1 of whole entities as seqeval counts them, or of words where no label is B- or I-."""
        found = [tuple(record) for record in records]
        entities = any(name[:2] in ("B-", "I-") for name in self.names)
        made = self._by_entity(found) if entities else self._by_word(found)
        return Judged(
            *made,
            found,
            [_shown(words, tags) for words, tags in zip(self.words, found, strict=True)],
            found,
        )

    def difference(self, a: Sequence[str], b: Sequence[str]) -> float:
        """The share of words with another label."""
        return float(np.mean([x != y for x, y in zip(a, b, strict=True)]))

    def _accuracy(self, found: Sequence[Sentence]) -> Measure:
        """The share of words with the right label."""
        pairs = zip(self.expected, found, strict=True)
        right = [sum(x == y for x, y in zip(a, b, strict=True)) for a, b in pairs]
        return measures.ratio("accuracy", np.array(right), np.array(list(map(len, self.expected))))

    def _by_entity(
        self, found: Sequence[Sentence]
    ) -> tuple[tuple[Measure, ...], tuple[ClassMeasure, ...]]:
        """F1 of whole entities, as seqeval counts them: over all of them, and of each type.

        Args:
            found: each word's label by the model.
        """
        from seqeval import metrics

        truth, answers = list(map(list, self.expected)), list(map(list, found))
        value = float(metrics.f1_score(truth, answers, zero_division=0))
        counts = _entity_counts(self.expected, found)
        types = sorted(counts)
        total = sum(counts.values(), np.zeros((len(found), 3)))
        main = (
            measures.f1_of_counts("f1", total, value),
            measures.ratio("precision", total[:, 0], total[:, 1]),
            measures.ratio("recall", total[:, 0], total[:, 2]),
            self._accuracy(found),
        )
        classes = (
            ClassMeasure(
                kind, int(counts[kind][:, 2].sum()), measures.f1_of_counts("f1", counts[kind])
            )
            for kind in types
        )
        return main, tuple(row for row in classes if row.examples)

    def _by_word(
        self, found: Sequence[Sentence]
    ) -> tuple[tuple[Measure, ...], tuple[ClassMeasure, ...]]:
        """F1 of words, as a mean over the labels, and of each label.

        Args:
            found: each word's label by the model.
        """
        from sklearn import metrics

        a, b = ([tag for tags in some for tag in tags] for some in (self.expected, found))
        value = float(metrics.f1_score(a, b, average="macro"))
        counts = _word_counts(self.expected, found)
        hits, both = (
            np.stack([rows[:, columns].sum(axis=1) for rows in counts.values()], axis=1)
            for columns in ([0], [1, 2])
        )
        classes = (
            ClassMeasure(
                name, int(rows[:, 2].sum()), measures.ratio("recall", rows[:, 0], rows[:, 2])
            )
            for name, rows in counts.items()
        )
        main = self._accuracy(found), measures.f1_macro(value, hits, both)
        return main, tuple(row for row in classes if row.examples)


def build(data: Data, model: ModelFacts, options: EvaluationOptions) -> tuple[Words, list[str]]:
    """Reads sentences of words, each with one of the model's labels.

    Args:
        data: the file with its columns.
        model: has the labels.
        options: say which labels are called otherwise.

    Returns:
        The sentences, and one for the user if labels were read by their index.

    Raises:
        DataError: words and labels are not as many, or a label is none of the model's.
    """
    rows, facts = data.table.rows, model.facts
    words = tuple(_cells(data, row, "text") for row in rows)
    given = [_cells(data, row, "label") for row in rows]
    for row, some, tags in zip(rows, words, given, strict=True):
        if len(some) != len(tags) or not some:
            raise data.table.error(
                row, f"{len(some)} words have {len(tags)} labels: give each word one"
            )
    flat = [
        (f"{data.table.path}, {row.place}, word {place}", tag)
        for row, tags in zip(rows, given, strict=True)
        for place, tag in enumerate(tags, 1)
    ]
    indices, way = labels.read(flat, facts.labels, options.labels)
    rest = iter(indices)
    expected = tuple(tuple(facts.labels[next(rest)] for _ in tags) for tags in given)
    examples = tuple(
        Example(row.place, (" ".join(some),), _shown(some, tags))
        for row, some, tags in zip(rows, words, expected, strict=True)
    )
    note = [f"labels are read by {way}: {', '.join(facts.labels)}"] if way == "index" else []
    return Words(facts.labels, words, examples, expected), note


def _cells(data: Data, row: Row, role: str) -> Sentence:
    value = data.cell(row, role)
    return tuple(value.split()) if isinstance(value, str) else tuple(map(str, value))


def _places(words: Sentence) -> Iterator[tuple[int, int]]:
    """The first character of each word and the one behind its last, in words joined by blanks."""
    start = 0
    for word in words:
        yield start, start + len(word)
        start += len(word) + 1


def _entity_counts(
    expected: Sequence[Sentence], found: Sequence[Sentence]
) -> dict[str, np.ndarray]:
    """By type, each sentence's entities that are right, found and expected: (sentences, 3)."""
    from seqeval.metrics.sequence_labeling import get_entities

    sets = [
        [set(get_entities(list(tags))) for tags in pair]
        for pair in zip(expected, found, strict=True)
    ]
    types = {entity[0] for pair in sets for some in pair for entity in some}
    counts = {kind: np.zeros((len(sets), 3)) for kind in types}
    for row, (a, b) in enumerate(sets):
        for column, some in enumerate((a & b, b, a)):
            for kind, count in Counter(entity[0] for entity in some).items():
                counts[kind][row, column] = count
    return counts


def _word_counts(expected: Sequence[Sentence], found: Sequence[Sentence]) -> dict[str, np.ndarray]:
    """By label, each sentence's words that are right, found and expected: (sentences, 3)."""
    names = sorted({tag for some in (expected, found) for tags in some for tag in tags})
    counts = {name: np.zeros((len(expected), 3)) for name in names}
    for row, (a, b) in enumerate(zip(expected, found, strict=True)):
        hits = [x for x, y in zip(a, b, strict=True) if x == y]
        for column, tags in enumerate((hits, b, a)):
            for name, count in Counter(tags).items():
                counts[name][row, column] = count
    return counts


def _shown(words: Sentence, tags: Sentence) -> str:
    marked = (f"{word}/{tag}" for word, tag in zip(words, tags, strict=True) if tag != OUTSIDE)
    return " ".join(marked) or "nothing"
