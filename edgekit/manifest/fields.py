"""What a field of a manifest may hold, within which bounds, and what all its entries are."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_INT32_MAX = 2**31 - 1
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
TokenId = Annotated[int, Meta(ge=0, le=_INT32_MAX)]
Length = Annotated[int, Meta(ge=1, le=_INT32_MAX, description="tokens, special ones included")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
RelativePath = Annotated[
    str,
    Meta(
        pattern=r"^(?!(.*/)?\.\.?(/|$))[^/\\:\x00-\x1f][^\\:\x00-\x1f]*$",
        description="relative to the bundle, with forward slashes",
    ),
]
Side = Literal["left", "right"]
Activation = Literal["softmax", "sigmoid", "identity"]
Similarity = Literal["cosine", "dot", "euclidean", "manhattan"]


class ManifestObject(msgspec.Struct, frozen=True, kw_only=True):
    """What all objects of a manifest are: immutable, their fields given by name."""
