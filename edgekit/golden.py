"""``golden.json`` as types: texts with ids and PyTorch's outputs, with which a device tests itself.

:mod:`edgekit.proof.golden` writes it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from edgekit.manifest.fields import Count, Length, Side, TokenId
from edgekit.manifest.proofs import Scale


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One output without its batch axis: all values, or an even sample of a large one."""

    shape: tuple[Count, ...]
    values: Annotated[tuple[float, ...], Meta(description="float32, seven significant digits")]
    indices: Annotated[
        tuple[Count, ...] | None,
        Meta(description="positions of the values in the flattened output; absent: all of them"),
    ] = None
    row_means: Annotated[
        tuple[float, ...] | None,
        Meta(
            description="since 1.4, of a sample of what a softmax follows: the mean of each row of "
            "the whole output, which the softmax does not see"
        ),
    ] = None

    @property
    def fits(self) -> bool:
        """Whether there are as many values as the shape and the indices say."""
        size = math.prod(self.shape)
        if self.indices is None:
            return len(self.values) == size
        return len(self.values) == len(self.indices) and max(self.indices, default=0) < size


class GoldenCase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text or pair, how it was tokenized and cut, and what PyTorch makes of it unpadded.

    The fields from ``truncation`` to ``offsets`` are absent where there is no text.
    """

    name: str
    text: Annotated[
        tuple[str, ...] | None, Meta(description="one string, or two for a pair; null: ids only")
    ]
    truncation: Annotated[
        str | None, Meta(description="longest_first, only_first or only_second")
    ] = None
    truncation_side: Annotated[
        Side | None, Meta(description="since 1.3; absent: the tokenizer's own")
    ] = None
    max_length: Length | None = None
    role: Annotated[
        str | None,
        Meta(
            description="since 1.6: the row is filled up as the manifest's roles say; the text "
            "has its prompt already, and max_length is the role's; absent: it is not filled up"
        ),
    ] = None
    offsets: Annotated[
        tuple[tuple[int, int], ...] | None,
        Meta(description="start and end of each token in its text; 0 and 0 for special tokens"),
    ] = None
    input_ids: tuple[TokenId, ...]
    attention_mask: Annotated[
        tuple[int, ...],
        Meta(description="0, since 1.6, at tokens that fill a row up without being attended to"),
    ]
    token_type_ids: tuple[TokenId, ...]
    outputs: Mapping[str, Sample]
    rows: Annotated[
        tuple[Count, ...],
        Meta(description="of outputs with a length axis, the tokens that were compared"),
    ]
    choices: Annotated[
        tuple[int, ...] | None,
        Meta(description="since 1.4: the decisions PyTorch takes, such as each token's label"),
    ] = None
    margins: Annotated[
        tuple[float, ...] | None,
        Meta(description="since 1.4: by how much, in units of the output, each of them is won"),
    ] = None

    def fault(self, outputs: Collection[str]) -> str | None:
        """Checks the case for contradictions that its types allow.

        Args:
            outputs: the names of the outputs that the bundle's manifest lists.

        Returns:
            What is wrong, as a part of a message; None for a sound case.
        """
        length = len(self.input_ids)
        if not length or {len(self.attention_mask), len(self.token_type_ids)} != {length}:
            return "input_ids, attention_mask and token_type_ids are not of one length"
        if set(self.outputs) != set(outputs):
            return f"outputs are {', '.join(self.outputs)}, not {', '.join(outputs)}"
        wrong = [name for name, sample in self.outputs.items() if not sample.fits]
        if wrong:
            return f"outputs.{wrong[0]} has more or fewer values than its shape says"
        return "rows are beyond the text" if max(self.rows, default=0) >= length else None


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """golden.json of a bundle: texts with which a device tests itself."""

    offsets_unit: Annotated[
        str, Meta(description="what offsets count: code points, not UTF-16 units and not bytes")
    ] = "unicode code points"
    max_length: Length
    truncation_side: Annotated[
        Side | None, Meta(description="since 1.4: the tokenizer's own; null: there is none")
    ] = None
    scales: Annotated[
        Mapping[str, Scale] | None,
        Meta(description="since 1.4: of each output, what errors are to be shares of"),
    ] = None
    cases: Annotated[tuple[GoldenCase, ...], Meta(min_length=1)]
