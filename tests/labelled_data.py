"""Models by what their data have to be, data prepared for them, and records of made-up outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from conftest import write_vocabulary
from transformers import BertTokenizerFast

from edgekit.evaluation import ways
from edgekit.evaluation.judged import Judged
from edgekit.evaluation.kinds import AnyKind, EvaluationOptions, ModelFacts
from edgekit.evaluation.measures import Resamples
from edgekit.postprocess import Facts
from edgekit.tokens.encoded import Encoded, Prompt
from edgekit.tokens.encoding import Tokenizer

SENTIMENT = ("negative", "positive")
TAGS = ("O", "B-PER", "I-PER", "B-LOC")
COUNT = 60  # examples
DRAWN = np.random.default_rng(9).integers(0, COUNT, COUNT)  # a resample of them
RARE = min(set(range(COUNT)) - set(DRAWN.tolist()))  # an example that is not in it


class Letters:
    """A tokenizer that no reading of data needs."""


def model(task: str, labels: tuple[str, ...] = (), problem: str | None = None) -> ModelFacts:
    facts = Facts(task, problem, labels, 4, str)
    return ModelFacts(facts, Letters())


CLASSIFIER = model("text-classification", SENTIMENT, "single_label_classification")
SIMILAR = model("sentence-similarity")
READER = model("question-answering")
TAGGER = model("token-classification", TAGS)


def prepared(path: Path, about: ModelFacts, **options: Any) -> ways.Prepared:
    return ways.prepare(path, about, None, EvaluationOptions(**options), None)


def squad_file(path: Path, questions: list[Mapping[str, Any]], context: str) -> Path:
    paragraph = {"context": context, "qas": questions}
    path.write_text(json.dumps({"version": "x", "data": [{"paragraphs": [paragraph]}]}))
    return path


def lines_file(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


Outputs = Mapping[str, np.ndarray]


def letters(folder: Path) -> Tokenizer:
    """A tokenizer of which a letter is a token, and 32 fit."""
    vocabulary = write_vocabulary(folder / "vocab.txt")
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(folder)
    return Tokenizer(folder, 32)


def kept(
    kind: AnyKind, facts: Facts, tokenizer: Tokenizer, outputs: Callable[[int, Encoded], Outputs]
) -> list[Any]:
    """What is kept of made-up outputs for each row, as a file of predictions gives it back."""

    def record(index: int, prompt: Prompt) -> object:
        made = [outputs(index, row) for row in prompt.encodings]
        return kind.record(facts, index, prompt, made)

    asked = range(len(kind.asked))
    return json.loads(json.dumps([record(at, kind.prompt(tokenizer, at)) for at in asked]))


def judged(kind: AnyKind, answers: Sequence[Any], *fields: str) -> Judged:
    """All examples judged; each measure, drawn of some of them, is what it is of these alone.

    ``fields`` are those of the kind that have an entry for each example.
    """
    found = kind.judge(answers)
    part = replace(kind, **{name: _drawn(getattr(kind, name)) for name in fields})
    alone = part.judge(_drawn(answers) if len(answers) == COUNT else answers)
    some = Resamples(np.stack([DRAWN, np.arange(COUNT)]))
    for measure, expected in zip(found.measures, alone.measures, strict=True):
        both = expected.value, measure.value
        np.testing.assert_allclose(measure.draw(some), both, err_msg=measure.name)
    of_class = {row.label: row.measure.value for row in alone.classes}
    for row in found.classes:
        both = of_class.get(row.label, np.nan), row.measure.value
        np.testing.assert_allclose(row.measure.draw(some), both, err_msg=row.label)
    return found


def _drawn(values: Any) -> Any:
    return values[DRAWN] if isinstance(values, np.ndarray) else tuple(values[i] for i in DRAWN)


def values(found: Judged) -> dict[str, float]:
    return {measure.name: measure.value for measure in found.measures}


def by_class(found: Judged) -> dict[str, tuple[int, float]]:
    return {row.label: (row.examples, row.measure.value) for row in found.classes}
