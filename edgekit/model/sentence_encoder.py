"""The Transformer module of sentence-transformers: where it cuts texts, and what it does to them.

Its settings lie beside the Transformers model, in ``sentence_bert_config.json``, which older
releases named after the architecture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edgekit.documents import read_json
from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import sentence
from edgekit.model.sentence import REMEDY, Size

_TAKEN = ("last_hidden_state", "logits")  # of a Transformers model, for vectors or for scores


@dataclass(frozen=True)
class QueryExpansion:
    """How queries are filled up with a token.

    Attributes:
        strategy: ``fixed`` queries are cut or filled up to ``length``; of ``min`` only shorter ones
            change.
        length: in tokens.
        attend: whether the model attends to what fills up.
        token: that it is done with; None is the mask token.
    """

    strategy: Literal["fixed", "min"]
    length: Size
    attend: bool = False
    token: str | None = None


@dataclass(frozen=True)
class EncoderSettings:
    """The settings of the Transformer module, by the names of its file.

    They say where it cuts texts and what it does to them. ``processing_kwargs`` are refused where
    they say anything: see :func:`check`.
    """

    max_seq_length: Size | None = None
    do_lower_case: bool | None = None
    modality_config: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    processing_kwargs: object = None
    query_expansion: QueryExpansion | None = None
    query_length: Size | None = None
    document_length: Size | None = None


@dataclass(frozen=True)
class _Tokenizer:
    """What ``tokenizer_config.json`` says of lengths."""

    model_max_length: int | float | None = None


def settings(folder: Path) -> EncoderSettings:
    """What the folder of a Transformers model says; defaults where it has no such file."""
    paths = sorted(folder.glob("sentence_*_config.json"))
    return read_json(paths[0], EncoderSettings, SourceError, REMEDY) if paths else EncoderSettings()


def max_length(encoder: Path) -> int | None:
    """The length at which the checkpoint's own library truncates, where it says one.

    sentence-transformers saved it in its own file, and since its release 6 in that of the
    tokenizer, where Transformers has always looked for it.
    """
    path = encoder / "tokenizer_config.json"
    stored = _Tokenizer()
    if path.is_file():
        stored = read_json(path, _Tokenizer, SourceError, REMEDY)
    length = settings(encoder).max_seq_length or stored.model_max_length
    return None if length is None or length < 1 else int(length)


def lowercases(encoder: Path) -> bool:
    """Whether sentence-transformers lowercases texts, whatever the tokenizer does."""
    return bool(settings(encoder).do_lower_case)


def check(folder: Path, encoder: Path) -> None:
    """Refuses settings by which the checkpoint's own library would give other answers.

    Args:
        folder: the checkpoint's.
        encoder: the one below it with the Transformers model.

    Raises:
        UnsupportedError: naming the setting.
    """
    stored = settings(encoder)
    if stored.processing_kwargs:
        raise UnsupportedError(
            f"processing_kwargs of {encoder.name}'s Transformer module: the tokenizer is called in "
            "another way, which a bundle does not: remove it, and put what it says into the "
            "tokenizer's own files"
        )
    taken = stored.modality_config.get("text", {}).get("method_output_name", _TAKEN[0])
    if taken not in _TAKEN:
        raise UnsupportedError(
            f"the checkpoint's vectors are made of {taken}: edgekit makes them of {_TAKEN[0]}"
        )
    default = sentence.default_prompt_name(folder)
    if default and sentence.is_cross_encoder(folder):
        prompt = sentence.prompts(folder)[default]
        raise UnsupportedError(
            f"the CrossEncoder puts the prompt {prompt!r} before the first text of each pair, "
            f"which a bundle does not: remove default_prompt_name from {sentence.CONFIG}, and put "
            "it there yourself"
        )
