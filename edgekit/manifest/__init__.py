"""``manifest.json`` as types: the contract between a bundle and apps, benchmarks and CI.

The published JSON Schema is made of these types (``edgekit schema manifest``). A field that a minor
version adds is one line with a default, so that bundles of older minor versions still open,
and a word in ``docs/bundle.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from edgekit.manifest.artifacts import ArtifactEntry, Refused, TextArtifactEntry
from edgekit.manifest.checkpoint import PoolingFacts, SourceFacts
from edgekit.manifest.fields import Length, ManifestObject, Similarity, TokenId
from edgekit.manifest.files import FileEntry
from edgekit.manifest.roles import RoleFacts
from edgekit.manifest.texts import PostprocessingFacts, TokenizerFacts

SCHEMA_VERSION = "1.6"


class Manifest(ManifestObject, frozen=True, kw_only=True):
    """manifest.json of a bundle: what is inside, made of what, and proven how."""

    schema_version: Annotated[
        str,
        Meta(
            pattern=r"^1\.[0-9]+$",
            description="major.minor; a reader refuses another major, and passes over fields of a "
            "later minor that it does not know",
        ),
    ]
    edgekit_version: str
    name: Annotated[str, Meta(min_length=1)]
    task: Annotated[str, Meta(description="a task of Transformers, or sentence-similarity")]
    problem_type: Annotated[
        str | None,
        Meta(
            description="what the logits of text-classification mean: softmax over all labels "
            "(single_label_classification), sigmoid of each (multi_label_classification), or "
            "values as they are (regression); null for other tasks"
        ),
    ] = None
    labels: Annotated[
        tuple[str, ...],
        Meta(description="in the order of the logits; empty where the task has none"),
    ]
    random_weights: Annotated[
        bool, Meta(description="weights from a seed, good for size and speed, never for accuracy")
    ]
    source: SourceFacts
    max_length: Length
    buckets: Annotated[
        tuple[Length, ...], Meta(min_length=1, description="static lengths, ascending")
    ]
    pad_id: Annotated[
        TokenId,
        Meta(
            description="what the tokenizer pads input_ids with. Any id will do where "
            "attention_mask is 0"
        ),
    ] = 0
    pooling: PoolingFacts | None = None
    similarity: Annotated[
        Similarity | None,
        Meta(
            description="since 1.4: how two vectors are compared; null: by their cosine, or where "
            "the task has none not at all"
        ),
    ] = None
    prompts: Annotated[
        Mapping[str, str],
        Meta(
            description="since 1.4: what an app puts before a text, by the text's role, like "
            "query and document: the model was trained with it"
        ),
    ] = field(default_factory=dict)
    default_prompt_name: Annotated[
        str | None,
        Meta(
            description="since 1.5: which of the prompts stands before a text without a role; "
            "null: none"
        ),
    ] = None
    roles: Annotated[
        Mapping[str, RoleFacts],
        Meta(
            description="since 1.6: how the row of a text is made by its role, like query and "
            "document; none: of a text without one; empty: as max_length says, whatever the role"
        ),
    ] = field(default_factory=dict)
    tokenizer: Annotated[
        TokenizerFacts | None, Meta(description="null for a bare config without tokenizer files")
    ]
    golden: Annotated[
        FileEntry,
        Meta(
            description="texts with ids and outputs; since 1.3 its cases name their "
            "truncation_side, and are cut at either"
        ),
    ]
    postprocess: Annotated[
        FileEntry | None,
        Meta(description="since 1.1: outputs with the answers they mean; null without a tokenizer"),
    ] = None
    postprocessing: Annotated[
        PostprocessingFacts | None, Meta(description="since 1.5: what an app does with outputs")
    ] = None
    artifacts: Annotated[tuple[ArtifactEntry, ...], Meta(min_length=1)]
    text_artifacts: Annotated[
        tuple[TextArtifactEntry, ...],
        Meta(description="since 1.2: files that take text instead of ids (--embed-tokenizer)"),
    ] = ()
    refused: tuple[Refused, ...] = ()

    def special_token(self, role: str) -> int | None:
        """The id of a special token, such as ``mask_token``; None where the tokenizer has none."""
        return None if self.tokenizer is None else self.tokenizer.special_tokens.get(role)
