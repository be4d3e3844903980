"""What a text is once it is tokenized.

Offsets count Unicode code points. A token belongs to a text (``sequence_ids``) or is special: added
by the tokenizer. ``[MASK]`` that stands in the text belongs to the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from tokenizers import Encoding


class Encoded(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of ids, unpadded, with what is known of each token.

    ``offsets`` are (start, end) in the token's own text, in code points; (0, 0) for special tokens.
    ``sequence_ids`` say which text it is from: 0, 1, or None for special tokens. ``word_ids`` count
    the pre-tokenizer's pieces of that text; None for special tokens.
    """

    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    sequence_ids: tuple[int | None, ...]
    word_ids: tuple[int | None, ...]
    attention_mask: Annotated[
        tuple[int, ...],
        Meta(description="since 1.6: 1 where the model attends to the token; absent: to all"),
    ] = ()
    skipped: Annotated[
        tuple[int, ...],
        Meta(description="since 1.6: places of tokens whose vectors are no part of the answer"),
    ] = ()

    @classmethod
    def of(cls, row: Encoding) -> Encoded:
        """The row that the ``tokenizers`` library gives as its own ``Encoding``."""
        return cls(
            tuple(row.ids),
            tuple(row.type_ids),
            tuple(row.offsets),
            tuple(row.sequence_ids),
            tuple(row.word_ids),
        )

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True)
class Prompt:
    """What one question to a model is made of: one row, or several where the task wants them.

    Question answering has a row for each window of the context, sentence similarity one for each
    text. ``texts`` are what was tokenized, prefixes included; ``left_out`` counts the tokens that
    did not fit.
    """

    texts: tuple[str, ...]
    encodings: tuple[Encoded, ...]
    left_out: int = 0
