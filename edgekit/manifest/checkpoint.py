"""The checkpoint that a bundle was made of, and what of it became part of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from edgekit.manifest.fields import Count, ManifestObject, Sha256


class SourceFacts(ManifestObject, frozen=True, kw_only=True):
    """The checkpoint that the bundle was made of."""

    origin: Annotated[str, Meta(description="what was given as MODEL")]
    kind: Annotated[
        Literal["demo", "config", "folder", "hub"] | None,
        Meta(description="since 1.4: what the origin was; only a hub id is asked for on the hub"),
    ] = None
    model_type: str
    architectures: tuple[str, ...] = ()
    sha256: Annotated[
        Sha256,
        Meta(description="over the names and SHA-256 digests of config.json and the weights"),
    ]
    parameters: Count = 0
    license: str | None = None
    seed: Annotated[int | None, Meta(description="of random weights")] = None
    versions: Annotated[Mapping[str, str], Meta(description="of the libraries that made it")]


class DenseFacts(ManifestObject, frozen=True, kw_only=True):
    """A linear layer and its activation, between pooling and normalisation."""

    in_features: Annotated[int, Meta(ge=1)]
    out_features: Annotated[int, Meta(ge=1)]
    activation: Annotated[str, Meta(description="the class in torch.nn")]


class PoolingFacts(ManifestObject, frozen=True, kw_only=True):
    """How the graph makes one sentence vector of the token vectors."""

    mode: str
    normalize: Annotated[bool, Meta(description="whether the vector has length 1")]
    dense: tuple[DenseFacts, ...] = ()
    steps: Annotated[tuple[str, ...], Meta(description="all of it, in order, in words")] = ()
