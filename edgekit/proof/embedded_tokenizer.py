"""Whether a tokenizer's ONNX nodes give the tokenizer's own ids: tried, before anything is built.

Tried on every case of :mod:`edgekit.tokens.texts` that such a file can express (it cuts the longer
text first), and on strings of random code points, which find what no sentence does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import UnsupportedError
from edgekit.model.source import SEED
from edgekit.runtime.text import TextSession, operators
from edgekit.tokens import texts
from edgekit.tokens.saved import TextTokenizer
from edgekit.tokens.texts import Case
from edgekit.tokens.tokenizer import encode

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

RANDOM_TEXTS = 300
_RANDOM_LENGTH = 40  # code points
_POINTS = (range(0x20, 0x7F), range(0x3000), range(0xD800), range(0xE000, 0x20000))
_SHOWN = 6  # ids of a difference


def check(tokenizer: PreTrainedTokenizerFast, saved: TextTokenizer, path: Path) -> None:
    """Writes the tokenizer alone as an ONNX file, and compares it with Transformers' own.

    Args:
        tokenizer: the checkpoint's.
        saved: the same as a bundle has it.
        path: where the file is written.

    Raises:
        UnsupportedError: there are no operators for it, or they give other ids; which, and where.
        MissingExtraError: onnxruntime-extensions is not installed.
    """
    from edgekit.converters.onnx import save_tokenizer

    save_tokenizer(saved, path)
    session, side = TextSession(path), saved.truncation_side
    for case in (*texts.cases(saved.max_length, side), *random_cases(saved.max_length, side)):
        if case.cut_by_a_file(side):
            _compare(tokenizer, session, case)


def random_cases(max_length: int, side: str, count: int = RANDOM_TEXTS) -> Iterator[Case]:
    """Texts of random code points from all of Unicode, single and in pairs, always the same ones.

    Args:
        max_length: where they are cut, in tokens.
        side: the end at which they are cut.
        count: how many.
    """
    generator = random.Random(SEED)

    def text() -> str:
        """A text of code points of one range, with blanks in a random frequency."""
        points, blanks = generator.choice(_POINTS), generator.random() / 4
        return "".join(
            " " if generator.random() < blanks else chr(generator.choice(points))
            for _ in range(_RANDOM_LENGTH)
        )

    for number in range(count):
        pair = (text(),) if number % 3 else (text(), text())
        yield Case(f"random {number}", pair, texts.LONGEST_FIRST, max_length, side)


def _compare(tokenizer: PreTrainedTokenizerFast, session: TextSession, case: Case) -> None:
    """Raises UnsupportedError if the ONNX nodes make other ids of a case than the tokenizer."""
    from edgekit.converters.onnx_text import MAX_LENGTH

    encoded = encode(tokenizer, case)
    found = session.ask(*case.texts, **{MAX_LENGTH: np.array([case.max_length])})
    for name, expected in (("input_ids", encoded.ids), ("token_type_ids", encoded.type_ids)):
        got = found[name][0].tolist()
        if got != expected:
            pairs = enumerate(zip(got, expected, strict=False))
            same = next((i for i, (a, b) in pairs if a != b), min(len(got), len(expected)))
            raise UnsupportedError(
                f"--embed-tokenizer: {operators()} does not match the tokenizer on "
                f"{case.name!r} ({case.texts[0][:40]!a}): {name} from {same} on should be "
                f"{expected[same : same + _SHOWN]} and are {got[same : same + _SHOWN]}; convert "
                "without it"
            )
