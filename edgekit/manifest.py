"""``manifest.json`` as types: the contract between a bundle and apps, benchmarks and CI.

The published JSON Schema is made of these types (``edgekit schema manifest``). A field that a minor
version adds is one line here with a default, so that bundles of older minor versions still open,
and a word in ``docs/bundle.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from edgekit.recipe import Tolerance
from edgekit.signature import TensorSpec

SCHEMA_VERSION = "1.5"

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


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """What all objects of a manifest are: immutable, their fields given by name."""


class FileEntry(_Row, frozen=True, kw_only=True):
    """A file or package. Of a package the size is the sum over its files, and the hash that of the
    lines ``PATH SHA256`` of its files in sorted order.
    """

    file: RelativePath
    size_bytes: Count
    sha256: Sha256


class Scale(_Row, frozen=True, kw_only=True):
    """How large one output of PyTorch's is over all probes, and how far it moves between them."""

    largest: Annotated[float, Meta(ge=0, description="largest absolute value")]
    spread: Annotated[
        float,
        Meta(
            ge=0,
            description="largest distance from the mean, where a softmax follows after taking off "
            "each row's own mean, which it does not see",
        ),
    ]


class Check(_Row, frozen=True, kw_only=True):
    """The worst of all runs of one kind, such as ``padding`` or ``batch``."""

    runs: Count
    max_abs: Annotated[float, Meta(description="largest absolute difference, relative")]
    cosine: Annotated[float, Meta(description="least cosine similarity")]


class Proof(_Row, frozen=True, kw_only=True):
    """An artifact in one runtime, held against the unmodified PyTorch model."""

    runtime: Annotated[str, Meta(description="with its version")]
    passed: bool
    runs: Annotated[int, Meta(ge=1)]
    max_abs: Annotated[
        float,
        Meta(
            description="largest absolute difference, divided by the largest absolute value of "
            "PyTorch's output over all probes"
        ),
    ]
    cosine: Annotated[
        float, Meta(description="least cosine similarity with PyTorch of one probe's output")
    ]
    deviation: Annotated[
        float | None,
        Meta(
            description="since 1.4: largest difference that the task's decision sees, divided by "
            "the spread of PyTorch's output; like max_abs it is bounded by tolerance.max_abs"
        ),
    ] = None
    padding_sensitivity: Annotated[
        float | None,
        Meta(
            description="since 1.4: how far padding or a batch moved the artifact's own answer, "
            "relative like max_abs and deviation; before, drift was relative like max_abs only"
        ),
    ] = None
    arithmetic: Annotated[
        float | None,
        Meta(
            description="since 1.4: largest difference from the traced graph run in PyTorch with "
            "this file's own rounding of weights and activations, relative like max_abs and "
            "deviation; null where nothing is quantised to integers"
        ),
    ] = None
    agreement: Annotated[
        float | None,
        Meta(description="share of PyTorch's clear decisions it takes; null: there are none"),
    ]
    decisions: Annotated[int, Meta(ge=0, description="clear decisions that were compared")]
    scales: Annotated[
        Mapping[str, Scale],
        Meta(description="since 1.4: of each output, what errors are shares of"),
    ] = field(default_factory=dict)
    tolerance: Annotated[Tolerance, Meta(description="what it was held against")]
    checks: Annotated[Mapping[str, Check], Meta(description="by the kind of run")] = field(
        default_factory=dict
    )
    seconds: Annotated[float, Meta(description="what the proof took")] = 0.0
    failure: Annotated[str | None, Meta(description="why it did not pass")] = None


class WeightEntry(_Row, frozen=True, kw_only=True):
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


class Refused(_Row, frozen=True, kw_only=True):
    """A file that was left out of the bundle, and why."""

    file: str
    format: str
    recipe: Annotated[str, Meta(description="since 1.4")] = ""
    failure: str


class SourceFacts(_Row, frozen=True, kw_only=True):
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


class DenseFacts(_Row, frozen=True, kw_only=True):
    """A linear layer and its activation, between pooling and normalisation."""

    in_features: Annotated[int, Meta(ge=1)]
    out_features: Annotated[int, Meta(ge=1)]
    activation: Annotated[str, Meta(description="the class in torch.nn")]


class PoolingFacts(_Row, frozen=True, kw_only=True):
    """How the graph makes one sentence vector of the token vectors."""

    mode: str
    normalize: Annotated[bool, Meta(description="whether the vector has length 1")]
    dense: tuple[DenseFacts, ...] = ()
    steps: Annotated[tuple[str, ...], Meta(description="all of it, in order, in words")] = ()


class Template(_Row, frozen=True, kw_only=True):
    """Where special tokens stand: ``$A`` and ``$B`` are the texts, all else special tokens; the
    number after the colon is the token type.
    """

    single: tuple[str, ...]
    pair: tuple[str, ...]


class AppTokenizer(_Row, frozen=True, kw_only=True):
    """The files of which an app makes its tokenizer, with no Unicode tables of its own."""

    settings: RelativePath
    vocabulary: RelativePath


class TokenizerFacts(_Row, frozen=True, kw_only=True):
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


class PostprocessingFacts(_Row, frozen=True, kw_only=True):
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


class Manifest(_Row, frozen=True, kw_only=True):
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
