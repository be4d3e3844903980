"""The phone libraries on XQuAD, 1,190 questions in each of twelve languages, on this machine::

    git clone https://github.com/google-deepmind/xquad
    python tests/phone_xquad.py xquad

Two things are counted for each library: the texts of which it makes the ids, offsets and words of
the tokenizers library, with four tokenizers trained on XQuAD itself (the first text that is another
ends the program); and the questions of ``xquad.en.json`` that it answers as ``edgekit run`` does.
The model that answers has random weights and takes 128 tokens, so that most passages are windows.
XQuAD (CC BY-SA 4.0) is no part of edgekit.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from multilingual import KINDS, XQUAD
from phones import LIBRARIES, Library, Phone
from shared import convert
from test_phone_answers import compare
from test_phone_tokenizers import Both
from transformers import (
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    PreTrainedTokenizerFast,
)

from edgekit.app.opening import open_app
from edgekit.bundle import Artifact, Bundle
from edgekit.postprocess import to_json
from edgekit.toolchains.setup import SetupError

_TRAINED_ON = 60  # passages of each language
_PAIR_LENGTH = 384


@dataclass(frozen=True)
class Passage:
    """A text, and what is asked of it."""

    text: str
    questions: tuple[str, ...]


def passages(path: Path) -> tuple[Passage, ...]:
    """What a file in SQuAD's form has."""
    rows = json.loads(path.read_text("utf-8"))["data"]
    return tuple(
        Passage(row["context"], tuple(asked["question"] for asked in row["qas"]))
        for article in rows
        for row in article["paragraphs"]
    )


def reader(tokenizer: PreTrainedTokenizerFast, folder: Path) -> Bundle:
    """A small model that answers questions, of random weights."""
    torch.manual_seed(0)
    sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "initializer_range": 0.2}
    config = DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=tokenizer.model_max_length, **sizes
    )
    checkpoint = folder / "checkpoint"
    DistilBertForQuestionAnswering(config).save_pretrained(checkpoint)
    tokenizer.save_pretrained(checkpoint)
    return convert(checkpoint, folder / "reader.edgekit", to=("onnx",), recipe=("fp32",))


def compare_tokens(both: Both, rows: Sequence[Passage]) -> int:
    """Every passage and question by itself, and each passage with its first question, cut.

    Returns:
        How many rows of ids were compared, which all are the library's.
    """
    count = 0
    for number, row in enumerate(rows):
        for text in (row.text, *row.questions):
            both.compare(text)
        both.compare(
            *(row.questions[0], row.text),
            max_length=_PAIR_LENGTH,
            strategy="only_second",
            side=("left", "right")[number % 2],
        )
        count += 2 + len(row.questions)
    return count


def expected_answers(bundle: Bundle, rows: Sequence[Passage]) -> list[Any]:
    """What ``edgekit run`` answers, in order."""
    with open_app(bundle, bundle.artifacts[0]) as app:
        return [
            json.loads(json.dumps(to_json(app.answer(question, row.text))))
            for row in rows
            for question in row.questions
        ]


def same_answers(
    phone: Phone, artifact: Artifact, rows: Sequence[Passage], expected: Sequence[Any]
) -> int:
    """How many answers are the expected ones: texts, places and scores of all spans."""
    asked = [(question, row.text) for row in rows for question in row.questions]
    same = 0
    for texts, wanted in zip(asked, expected, strict=True):
        found = phone.ask("run", artifact=artifact.file, texts=texts)
        try:
            compare(found, wanted)
        except AssertionError:
            print(f"{phone.library.name}: another answer to {texts[0]!r}")
        else:
            same += 1
    return same


def measure(
    library: Library,
    bundle: Bundle,
    texts: dict[str, tuple[Passage, ...]],
    tokenizers: dict[str, PreTrainedTokenizerFast],
    expected: Sequence[Any],
) -> None:
    """Prints a line for the answers, and one for each tokenizer."""
    with Phone(library) as phone, tempfile.TemporaryDirectory() as folder:
        phone.open(bundle.path)
        same = same_answers(phone, bundle.artifacts[0], texts["en"], expected)
        print(f"{library.name}: {same:,} of {len(expected):,} answers equal", flush=True)
        for kind, tokenizer in tokenizers.items():
            both = Both(phone, tokenizer, bundle, Path(folder) / kind)
            count = sum(compare_tokens(both, rows) for rows in texts.values())
            print(f"{library.name}: {kind}, {count:,} rows of ids equal", flush=True)


def main() -> None:
    folder = Path(sys.argv[1])
    texts = {language: passages(folder / f"xquad.{language}.json") for language in XQUAD}
    lines = [row.text for rows in texts.values() for row in rows[:_TRAINED_ON]]
    tokenizers = {kind: train(lines) for kind, train in KINDS.items()}
    with tempfile.TemporaryDirectory() as made:
        bundle = reader(tokenizers["uncased WordPiece"], Path(made))
        expected = expected_answers(bundle, texts["en"])
        for library in LIBRARIES:
            try:
                measure(library, bundle, texts, tokenizers, expected)
            except SetupError as error:
                print(f"{library.name}: {error}")


if __name__ == "__main__":
    main()
