"""Question answering: exact match and F1 of SQuAD 1.1, or of 2.0 where questions have no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from edgekit.data.row import Row
from edgekit.data.table import Data
from edgekit.evaluation import measures, squad
from edgekit.evaluation.judged import ClassMeasure, Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts, Outputs, answer
from edgekit.postprocess.spans import N_BEST, Span, SpanAnswer
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer

_ALWAYS = 1e9  # a margin that no threshold of a user passes: there is no span at all
_KINDS = ("answerable", "unanswerable")


class SpanRecord(TypedDict):
    """What is kept of a question's answer: no answer's score, and the best spans.

    Each span has its first and last character, its score and its probability.
    """

    null: float
    spans: list[tuple[int, int, float, float]]


@dataclass(frozen=True)
class QuestionAnswering:
    """Questions about contexts, answered by spans.

    Attributes:
        examples: question and context of each.
        answers: the answers of each question that count as right.
        answerable: bool (examples,), whether the data have an answer, be it one of which
            normalising leaves nothing.
        threshold: by how much no answer has to beat the best span to be given, in logits; None
            where every question has an answer (SQuAD 1.1).
    """

    examples: tuple[Example, ...]
    answers: tuple[tuple[str, ...], ...]
    answerable: np.ndarray
    threshold: float | None

    @property
    def asked(self) -> Sequence[Example]:
        """The examples themselves."""
        return self.examples

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """A row for each window over the context."""
        return tokenizer.prompt("question-answering", *self.examples[index].texts)

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> SpanRecord:
        """The score of no answer, and the best spans: start, end, score and probability of each."""
        found = answer(facts, prompt, outputs, N_BEST)
        assert isinstance(found, SpanAnswer)
        return {
            "null": found.null_score,
            "spans": [(span.start, span.end, span.score, span.probability) for span in found.spans],
        }

    def judge(self, records: Sequence[SpanRecord]) -> Judged:
        """Exact match and F1 as SQuAD's own script computes them."""
        spans = [self._answer(index, record) for index, record in enumerate(records)]
        best = [found.best(self.threshold) for found in spans]
        texts = [span.text if span else "" for span in best]
        f1, exact = self._score(self._f1, texts), self._score(squad.exact, texts)
        return Judged(
            (measures.mean("f1", f1), measures.mean("exact_match", exact)),
            self._classes(f1),
            [(text,) for text in texts],
            [repr(text) if text else "no answer" for text in texts],
            texts,
            self._details(spans),
        )

    def difference(self, a: str, b: str) -> float:
        """1 less the F1 of the two answers."""
        return 1.0 - squad.f1_v2(a, b)

    @property
    def _f1(self) -> squad.Compare:
        return squad.f1_v1 if self.threshold is None else squad.f1_v2

    def _answer(self, index: int, record: SpanRecord) -> SpanAnswer:
        """A record as post-processing made it, with its spans' texts cut from the context again."""
        context = self.examples[index].texts[1]
        rows = record["spans"]
        return SpanAnswer(
            tuple(Span(context[row[0] : row[1]], *row) for row in rows), record["null"]
        )

    def _score(self, compare: squad.Compare, texts: Sequence[str]) -> np.ndarray:
        """Each answer by its most similar right one.

        Args:
            compare: a metric of two texts, from 0 to 1.
            texts: the answer to each question; empty for no answer.

        Returns:
            float64 (examples,).
        """
        pairs = zip(texts, self.answers, strict=True)
        return np.array([squad.best(compare, text, answers) for text, answers in pairs])

    def _classes(self, f1: np.ndarray) -> tuple[ClassMeasure, ...]:
        """F1 over the questions with and without an answer, of SQuAD 2.0 only.

        Args:
            f1: float64 (examples,).
        """
        if self.threshold is None:
            return ()
        return tuple(
            ClassMeasure(name, int(chosen.sum()), measures.ratio("f1", f1 * chosen, chosen))
            for name, chosen in zip(_KINDS, (self.answerable, ~self.answerable), strict=True)
            if chosen.any()
        )

    def _details(self, spans: Sequence[SpanAnswer]) -> Mapping[str, float]:
        """The best F1 and exact match that any threshold for no answer gives, and that threshold.

        By the names of SQuAD's official script, version 2.0; empty for 1.1.
        """
        if self.threshold is None:
            return {}
        texts = [found.spans[0].text if found.spans else "" for found in spans]
        margins = np.array([min(found.null_margin, _ALWAYS) for found in spans])
        details: dict[str, float] = {}
        for name, compare in (("f1", self._f1), ("exact_match", squad.exact)):
            scores = self._score(compare, texts)
            value, threshold = squad.best_threshold(scores, margins, self.answerable)
            details |= {f"best_{name}": value, f"best_{name}_null_threshold": threshold}
        return details


def build(
    data: Data, model: ModelFacts, options: EvaluationOptions
) -> tuple[QuestionAnswering, list[str]]:
    """Reads questions, contexts and answers.

    Args:
        data: the file with its columns.
        model: plays no part.
        options: have the threshold for no answer.

    Returns:
        The examples, and sentences about what looks wrong.

    Raises:
        DataError: a text is none, or answers are none.
    """
    rows = data.table.rows
    given = [_answers(data, row) for row in rows]
    version_2 = any(not texts for texts in given) or any("is_impossible" in r.cells for r in rows)
    answers = tuple(squad.answers_v2(texts) if version_2 else tuple(texts) for texts in given)
    examples = tuple(
        Example(
            row.place,
            (data.text(row, "question"), data.text(row, "context")),
            " or ".join(dict.fromkeys(map(repr, filter(None, texts)))) or "no answer",
        )
        for row, texts in zip(rows, answers, strict=True)
    )
    answerable = np.array([bool(texts) for texts in given])
    threshold = options.null_threshold if version_2 else None
    notes = ["questions may have no answer: SQuAD 2.0" if version_2 else "SQuAD 1.1"]
    notes += _strange(examples, given)
    return QuestionAnswering(examples, answers, answerable, threshold), notes


def _strange(examples: Sequence[Example], given: Sequence[Sequence[str]]) -> Iterator[str]:
    """A sentence about answers that no span of their context can be; nothing where all can.

    Such are those of a list that was written into a cell of CSV.
    """
    elsewhere = [
        example.place
        for example, texts in zip(examples, given, strict=True)
        if texts and not any(text in example.texts[1] for text in texts)
    ]
    if elsewhere:
        yield (
            f"{len(elsewhere)} of {len(examples)} questions have answers that do not stand in "
            f"their context, the first at {elsewhere[0]}"
        )


def _answers(data: Data, row: Row) -> list[str]:
    """The answers to a question as texts.

    Data have them as a text, a list, or in SQuAD's form.

    Raises:
        DataError: one is no text.
    """
    value = data.cell(row, "answers")
    if isinstance(value, Mapping):
        value = value.get("text")
    if isinstance(value, str):
        return [value] if value.strip() else []
    listed = value if isinstance(value, list | tuple) else [None]
    found = [each.get("text") if isinstance(each, Mapping) else each for each in listed]
    texts = [text for text in found if isinstance(text, str)]
    if len(texts) < len(found):
        raise data.table.error(row, "its answers are no texts: write a text, or a list of texts")
    return texts
