"""What a text's role, such as ``query``, decides of its row of ids and of its vectors."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgekit.manifest.fields import Length, ManifestObject, TokenId


class Expansion(ManifestObject, frozen=True, kw_only=True):
    """What a short row is filled up with, behind its last token; the vectors there count."""

    token_id: TokenId
    length: Length
    attended: Annotated[
        bool, Meta(description="whether attention_mask is 1 at the tokens that fill it up, or 0")
    ]


class RoleFacts(ManifestObject, frozen=True, kw_only=True):
    """How the row of a text of one role is made, and which of its vectors count."""

    max_length: Annotated[
        Length | None, Meta(description="where the text is cut; null: at the manifest's max_length")
    ] = None
    expansion: Annotated[Expansion | None, Meta(description="null: its row stays as it is")] = None
    skip_ids: Annotated[
        tuple[TokenId, ...],
        Meta(description="ascending; the vectors of these tokens are no part of the answer"),
    ] = ()
