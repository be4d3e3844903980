"""Labelled data as training examples: read as an evaluation reads them, with targets for a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from edgekit.distillation.examples import Examples, TokenRows
from edgekit.distillation.request import Inputs
from edgekit.evaluation import ways
from edgekit.evaluation.classification import TextClassification
from edgekit.evaluation.kinds import AnyKind, EvaluationOptions, ModelFacts
from edgekit.evaluation.reading import QuestionAnswering
from edgekit.evaluation.scores import Scores
from edgekit.evaluation.tagging import Words
from edgekit.evaluation.ways import Prepared
from edgekit.tokens.encoded import Encoded, Prompt

UNKNOWN = -100  # a target that no loss counts
Targets = Iterator[tuple[Encoded, np.ndarray]]


def prepare(path: Path, model: ModelFacts, inputs: Inputs, limit: int | None) -> Prepared:
    """Reads a file of labelled data in the way that an evaluation of the model would.

    Args:
        path: the file.
        model: what is known of the teacher's tokenizer and labels.
        inputs: which column is what, and how labels are renamed.
        limit: the most examples; None: all.

    Raises:
        EdgekitError: as :func:`edgekit.evaluation.ways.prepare`.
    """
    options = EvaluationOptions(dict(inputs.columns), dict(inputs.labels))
    return ways.prepare(path, model, None, options, limit)


def examples(prepared: Prepared, model: ModelFacts) -> Examples:
    """The rows of all examples, each with its target. A long context has a row for each window.

    Raises:
        DataError: a text that the task cannot take, with its place in the file.
    """
    count = len(prepared.kind.asked)
    found = [pair for index in range(count) for pair in _pairs(prepared, model, index)]
    return Examples(TokenRows.of([row for row, _ in found]), [target for _, target in found])


def _pairs(prepared: Prepared, model: ModelFacts, index: int) -> Targets:
    """The rows of one example, each with its target.

    Raises:
        DataError: its text is none that the task can take.
    """
    prompt = prepared.prompt(model.tokenizer, index)
    return _TARGETS[type(prepared.kind)](prepared, model, index, prompt)


def _label(prepared: Prepared, model: ModelFacts, index: int, prompt: Prompt) -> Targets:
    """The example's row with its label's index.

    Where labels do not exclude each other, 0 or 1 for each.
    """
    kind = prepared.kind
    assert isinstance(kind, TextClassification)
    row = kind.expected[index]
    target = row.astype(np.float32) if kind.several else np.asarray(row.argmax())
    yield prompt.encodings[0], target


def _score(prepared: Prepared, model: ModelFacts, index: int, prompt: Prompt) -> Targets:
    """The example's row with the score that it is to have."""
    kind = prepared.kind
    assert isinstance(kind, Scores)
    yield prompt.encodings[0], np.asarray(kind.expected[index], np.float32)


def _tags(prepared: Prepared, model: ModelFacts, index: int, prompt: Prompt) -> Targets:
    """The example's row with a label for each token: a word's on its first token.

    All other tokens have :data:`UNKNOWN`, and do not count.
    """
    kind = prepared.kind
    assert isinstance(kind, Words)
    encoded = prompt.encodings[0]
    target = np.full(len(encoded), UNKNOWN)
    starts = np.cumsum([0, *(len(word) + 1 for word in kind.words[index])])
    seen: set[int] = set()
    for place, (text, (start, end)) in enumerate(
        zip(encoded.sequence_ids, encoded.offsets, strict=True)
    ):
        word = int(np.searchsorted(starts, start, "right")) - 1
        if text is not None and end > start and word not in seen:
            seen.add(word)
            target[place] = kind.names.index(kind.expected[index][word])
    yield encoded, target


def _span(prepared: Prepared, model: ModelFacts, index: int, prompt: Prompt) -> Targets:
    """A row for each window, with the first and the last token of the answer as target.

    It is the first token of the row twice where the window has no answer. Where the data do not say
    at which place the answer stands and it stands at several, no place is right or wrong, and the
    window has no target.
    """
    kind = prepared.kind
    assert isinstance(kind, QuestionAnswering)
    context, row = kind.examples[index].texts[1], prepared.data.table.rows[index]
    found = _answer(context, kind.answers[index], row.cells)
    for encoded in prompt.encodings:
        yield encoded, _places(encoded, found)


def _answer(
    context: str, answers: tuple[str, ...], cells: Mapping[str, object]
) -> tuple[int, int] | None:
    """The first character of the first answer in its context, and the one behind its last.

    Returns:
        (0, 0) where the question has no answer; None where the place is not known.
    """
    text = next(filter(None, answers), None)
    if text is None:
        return 0, 0
    start = _start(cells)
    if start is not None and context[start : start + len(text)] == text:
        return start, start + len(text)
    if context.count(text) == 1:
        start = context.index(text)
        return start, start + len(text)
    return None


def _start(cells: Mapping[str, object]) -> int | None:
    """The character at which the data say that the answer begins: SQuAD's ``answer_start``.

    None where they do not say it.
    """
    nested = cells.get("answers")
    starts = cells.get("answer_starts")
    if isinstance(nested, Mapping):
        starts = nested.get("answer_start")
    first = starts[0] if isinstance(starts, list | tuple) and starts else starts
    return first if isinstance(first, int) else None


def _places(encoded: Encoded, answer: tuple[int, int] | None) -> np.ndarray:
    """The first and the last token of an answer in one window, (2,); (0, 0) if it is not in there.

    Args:
        encoded: the window.
        answer: first character and the one behind the last; None: unknown, and so is the result.
    """
    if answer is None:
        return np.array([UNKNOWN, UNKNOWN])
    start, end = answer
    inside = [
        place
        for place, (text, (first, last)) in enumerate(
            zip(encoded.sequence_ids, encoded.offsets, strict=True)
        )
        if text == 1 and first < end and last > start
    ]
    if not inside:
        return np.array([0, 0])
    first, last = encoded.offsets[inside[0]], encoded.offsets[inside[-1]]
    whole = first[0] <= start and end <= last[1]
    return np.array([inside[0], inside[-1]] if whole else [0, 0])


_TARGETS: Mapping[type[AnyKind], Callable[[Prepared, ModelFacts, int, Prompt], Targets]] = {
    TextClassification: _label,
    Scores: _score,
    Words: _tags,
    QuestionAnswering: _span,
}
