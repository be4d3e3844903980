"""How any file is fed: token ids become padded arrays, and one text's part of a batch comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from edgekit.signature import Signature


class Ids(Protocol):
    """The protocol of one unpadded text as token ids; its length is how many it has."""

    @property
    def input_ids(self) -> tuple[int, ...]:
        """The ids, special tokens included."""
        ...

    @property
    def token_type_ids(self) -> tuple[int, ...]:
        """Of each token, which text of a pair it is from: 0 or 1."""
        ...

    @property
    def attention_mask(self) -> tuple[int, ...]:
        """1 where the model attends to a token, else 0; empty where it attends to all."""
        ...

    def __len__(self) -> int: ...


def fit(count: int, lengths: tuple[int, ...] | None) -> int:
    """The shortest length at which a file takes ``count`` tokens; None takes any length."""
    return count if lengths is None else min(length for length in lengths if length >= count)


def feed(
    texts: Sequence[Ids], length: int, signature: Signature, *, filler: bool = False
) -> dict[str, np.ndarray]:
    """The inputs of one inference, padded as the model's tokenizer pads.

    Args:
        texts: one a row.
        length: of every row, in tokens.
        signature: names the inputs and the id of the padding.
        filler: pad with each text's own first token instead: masked places must not matter.

    Returns:
        int32 arrays of (texts, length) by name.
    """
    arrays = {spec.name: np.zeros((len(texts), length), np.int32) for spec in signature.inputs}
    for index, text in enumerate(texts):
        arrays["input_ids"][index] = text.input_ids[0] if filler else signature.pad_id
        values = {
            "input_ids": text.input_ids,
            "attention_mask": text.attention_mask or (1,) * len(text),
            "token_type_ids": text.token_type_ids,
        }
        for name, array in arrays.items():
            array[index, : len(text)] = values[name]
    return arrays


def row(
    outputs: Mapping[str, np.ndarray], index: int, tokens: Sequence[int], signature: Signature
) -> dict[str, np.ndarray]:
    """One text's part of a batch's outputs, without the batch axis.

    Args:
        outputs: arrays with a batch axis, by name.
        index: the text's row in the batch.
        tokens: which tokens to keep of outputs with a length axis.
        signature: says which outputs have one.

    Returns:
        float32 arrays by name.
    """
    result = {}
    for spec in signature.outputs:
        value = np.asarray(outputs[spec.name][index], np.float32)
        result[spec.name] = value[list(tokens)] if "length" in spec.shape else value
    return result
