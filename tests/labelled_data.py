"""Models by what their data have to be, and data prepared for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.evaluation import ways
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts

SENTIMENT = ("negative", "positive")
TAGS = ("O", "B-PER", "I-PER", "B-LOC")


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
