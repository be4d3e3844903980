"""Fill mask: the likeliest vocabulary entries at each mask of the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgekit.errors import InputError, UnsupportedError
from edgekit.postprocess.scores import number, ranked, softmax
from edgekit.tokens.encoded import Encoded


@dataclass(frozen=True)
class Filler:
    """A vocabulary entry as it stands there (``##ing``, ``Ġthe``) and its probability."""

    token_id: int
    token: str
    score: float


@dataclass(frozen=True)
class Mask:
    """Where a mask stands in the text, and what may stand there instead, from the likeliest on."""

    start: int
    end: int
    fillers: tuple[Filler, ...]


@dataclass(frozen=True)
class FilledMasks:
    """What fills the masks of a text: one entry for each mask, in the text's order."""

    masks: tuple[Mask, ...]


def fill(
    logits: np.ndarray,
    encoded: Encoded,
    mask_id: int | None,
    token: Callable[[int], str],
    top: int,
) -> FilledMasks:
    """The likeliest entries at each mask, from the logits of a masked language model.

    Args:
        logits: float32 (length, vocabulary).
        encoded: the row that they are of.
        mask_id: of the mask token; None where the tokenizer has none.
        token: gives a vocabulary's entry by its id.
        top: how many entries are kept for each mask.

    Raises:
        InputError: no mask is among the tokens.
        UnsupportedError: the tokenizer has no mask.
    """
    if mask_id is None:
        raise UnsupportedError("the bundle's tokenizer has no mask token: masks cannot be filled")
    places = [
        place
        for place, sequence in enumerate(encoded.sequence_ids)
        if sequence is not None and encoded.input_ids[place] == mask_id
    ]
    if not places:
        raise InputError(
            f"the text has no {token(mask_id)} among its first {len(encoded)} tokens: put it where "
            "a word is missing"
        )
    return FilledMasks(
        tuple(
            Mask(*encoded.offsets[place], tuple(_fillers(logits[place], token, top)))
            for place in places
        )
    )


def _fillers(logits: np.ndarray, token: Callable[[int], str], top: int) -> list[Filler]:
    scores = softmax(logits)
    return [Filler(int(i), token(int(i)), number(scores[i])) for i in ranked(logits)[:top]]
