"""The files of a bundle: what each is, what is in it, and how it was proven."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from edgekit.manifest.fields import Count, Length, ManifestObject
from edgekit.manifest.files import FileEntry
from edgekit.manifest.proofs import Proof
from edgekit.signature import TensorSpec


class WeightEntry(ManifestObject, frozen=True, kw_only=True):
    """What a file stores of one tensor of the checkpoint."""

    tensor: Annotated[str, Meta(description="its path in the traced model")]
    scheme: Annotated[str, Meta(description="such as float32, or int8 per channel")]
    size_bytes: Annotated[Count, Meta(description="with its scales and zero points")]


class ArtifactEntry(FileEntry, frozen=True, kw_only=True):
    """One exported model that takes ids."""

    format: str
    recipe: str
    runtime: Annotated[str, Meta(description="what apps open it with")]
    minimum_os: str
    least_runtime: Annotated[
        Mapping[str, str],
        Meta(description="since 1.4: by runtime, the first version that opens the file"),
    ] = field(default_factory=dict)
    takes: Annotated[Literal["ids", "text"], Meta(description="since 1.4: its input")] = "ids"
    buckets: Annotated[
        tuple[Length, ...] | None,
        Meta(
            description="static lengths of this file; null: any length up to max_length. The "
            "shapes of the inputs say whether the batch is free"
        ),
    ] = None
    inputs: Annotated[tuple[TensorSpec, ...], Meta(min_length=1)]
    outputs: Annotated[tuple[TensorSpec, ...], Meta(min_length=1)]
    weights: Annotated[
        tuple[WeightEntry, ...],
        Meta(
            description="since 1.4: every tensor as the file stores it, read back from it. What a "
            "format computes beforehand from several is not listed"
        ),
    ] = ()
    proofs: Annotated[tuple[Proof, ...], Meta(min_length=1, description="one a runtime")]
    data: Annotated[
        FileEntry | None,
        Meta(
            description="since 1.4: the weights of an ONNX file beyond 2 GiB, which it looks for "
            "beside itself under this name"
        ),
    ] = None

    @property
    def total_bytes(self) -> int:
        """Bytes of the file and of its external data."""
        return self.size_bytes + (0 if self.data is None else self.data.size_bytes)

    @property
    def passed(self) -> bool:
        """Whether it agreed with PyTorch in every runtime it was proven in."""
        return all(proof.passed for proof in self.proofs)

    @property
    def takes_text(self) -> bool:
        """Whether its input is text instead of token ids."""
        return self.takes == "text"


class TextArtifactEntry(ArtifactEntry, frozen=True, kw_only=True):
    """One exported model that takes text: a vector of one string, or of the two of a pair. Its
    outputs are those of the other files, and ``input_ids``.
    """

    takes: Annotated[Literal["text"], Meta(description="since 1.4: its input")] = "text"
    operators: Annotated[
        str,
        Meta(
            description="the package of custom operators that the app registers with the runtime, "
            "and the version of the proof"
        ),
    ]


class Refused(ManifestObject, frozen=True, kw_only=True):
    """A file that was left out of the bundle, and why."""

    file: str
    format: str
    recipe: Annotated[str, Meta(description="since 1.4")] = ""
    failure: str
