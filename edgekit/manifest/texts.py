"""What an app does around a model: texts become ids before it, and outputs answers after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from edgekit.manifest.fields import Activation, Length, ManifestObject, RelativePath, Side, TokenId
from edgekit.manifest.files import FileEntry


class Template(ManifestObject, frozen=True, kw_only=True):
    """Where special tokens stand: ``$A`` and ``$B`` are the texts, all else special tokens; the
    number after the colon is the token type.
    """

    single: tuple[str, ...]
    pair: tuple[str, ...]


class AppTokenizer(ManifestObject, frozen=True, kw_only=True):
    """The files of which an app makes its tokenizer, with no Unicode tables of its own."""

    settings: RelativePath
    vocabulary: RelativePath


class TokenizerFacts(ManifestObject, frozen=True, kw_only=True):
    """What an app's own tokenizer has to match, and the files it reads."""

    kind: Annotated[str, Meta(description="WordPiece, BPE or Unigram")]
    normalizer: Annotated[
        tuple[str, ...], Meta(description="steps in order, as named in tokenizer.json")
    ] = ()
    lowercase: Annotated[bool | None, Meta(description="whether it lowers case")] = None
    strip_accents: Annotated[bool, Meta(description="whether it takes accents off")] = False
    handle_chinese_chars: Annotated[
        bool, Meta(description="whether each CJK ideograph becomes a word of its own")
    ] = False
    pre_tokenizer: Annotated[
        tuple[str, ...], Meta(description="steps in order, as named in tokenizer.json")
    ] = ()
    special_tokens: Annotated[Mapping[str, TokenId], Meta(description="id by role")] = field(
        default_factory=dict
    )
    pad_id: Annotated[TokenId | None, Meta(description="null: it has no padding token")] = None
    padding_side: Annotated[
        Side, Meta(description="the side that the proofs pad; positions count from the left")
    ] = "right"
    truncation: Annotated[
        str,
        Meta(
            description="how golden.json was made, but for its cases that name another strategy: "
            "of a pair, the longer text loses tokens first"
        ),
    ] = "longest_first"
    truncation_side: Annotated[Side, Meta(description="the end at which tokens are lost")] = "right"
    max_length: Length | None = None
    template: Template | None = None
    app: Annotated[
        AppTokenizer | None,
        Meta(
            description="since 1.5: what the phone libraries read, also listed in files; null: the "
            "tokenizer has a step that they do not"
        ),
    ] = None
    files: tuple[FileEntry, ...]


class PostprocessingFacts(ManifestObject, frozen=True, kw_only=True):
    """How an app makes answers of outputs; docs/postprocess.md has the steps."""

    activation: Annotated[
        Activation, Meta(description="what makes scores of logits; identity: they are the values")
    ]
    threshold: Annotated[
        float | None,
        Meta(description="a label is chosen if its score is above; null: the best one, or none"),
    ] = None
    null_threshold: Annotated[
        float | None,
        Meta(
            description="question answering: there is no answer if the null score is higher than "
            "the best span's by more than this; null for other tasks"
        ),
    ] = None
    max_answer_tokens: Annotated[
        Length | None, Meta(description="of question answering; null for other tasks")
    ] = None
    top: Annotated[int, Meta(ge=1, description="how many results an app shows by default")]
