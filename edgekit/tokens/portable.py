"""A tokenizer in the two files that an app reads: ``tokenizer-app.json`` and ``vocabulary.bin``.

``docs/tokenizers.md`` says how an app reads them; ``tests/app_tokenizer/`` is such an app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from edgekit import documents
from edgekit.manifest.fields import TokenId
from edgekit.manifest.texts import Template
from edgekit.tokens import characters
from edgekit.tokens.characters import Characters
from edgekit.tokens.stored import Component, steps
from edgekit.tokens.vocabulary import Vocabulary

TOKENIZER, VOCABULARY = "tokenizer-app.json", "vocabulary.bin"
VERSION = 1
_FORMS: Mapping[str, tuple[str, ...]] = {
    "NFD": ("decompose", "classes"),
    "NFKD": ("decompose_compatible", "classes"),
    "NFC": ("decompose", "classes", "compose"),
    "NFKC": ("decompose_compatible", "classes", "compose"),
}
_NORMALIZERS: Mapping[str, tuple[str, ...]] = {  # a step, and the tables that it wants
    "BertNormalizer": (),  # by its switches
    "Lowercase": ("lowercase",),
    "StripAccents": ("marks",),
    "Strip": ("blanks",),
    "Replace": (),
    "Precompiled": ("graphemes",),
    **_FORMS,
}
_BERT: Mapping[str, tuple[str, ...]] = {
    "clean_text": ("controls", "blanks"),
    "handle_chinese_chars": ("ideographs",),
    "strip_accents": ("decompose", "classes", "nonspacing"),
    "lowercase": ("lowercase",),
}
_PRE_TOKENIZERS: Mapping[str, tuple[str, ...]] = {
    "BertPreTokenizer": ("blanks", "punctuation"),
    "WhitespaceSplit": ("blanks",),
    "Metaspace": (),
    "ByteLevel": ("blanks", "letters", "numbers"),
}
_MODELS: Mapping[str, tuple[str, ...]] = {  # a kind, and the settings that an app needs
    "WordPiece": ("continuing_subword_prefix", "max_input_chars_per_word"),
    "BPE": ("ignore_merges",),
    "Unigram": (),
}
_REFUSED = ("byte_fallback", "dropout", "end_of_word_suffix", "alpha")
_SEVERAL_SPACES = {"Regex": " {2,}"}  # the one regular expression that checkpoints replace by


class AddedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is cut out of a text before anything else is done.

    ``sought`` is what it is found by: in the text as given or, if ``normalized``, as normalised.
    """

    id: TokenId
    content: str
    sought: str
    special: bool
    lstrip: bool
    rstrip: bool
    normalized: bool


class OffsetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a token's offsets leave out its blanks, and whether a text gets one in front."""

    trim: bool = False
    add_prefix_space: bool = False


class PortableTokenizer(msgspec.Struct, frozen=True, kw_only=True):
    """``tokenizer-app.json``: all of ``tokenizer.json`` but its vocabulary, and the tables."""

    version: int = VERSION
    kind: str
    added_tokens: tuple[AddedToken, ...]
    normalizer: tuple[Component, ...]
    pre_tokenizer: tuple[Component, ...]
    model: Component
    template: Template
    offsets: OffsetFacts
    special_ids: Mapping[str, TokenId]
    characters: Characters


def fault(stored: Component) -> str | None:
    """The first part of a parsed ``tokenizer.json`` that an app has none for, or None."""
    return next(_faults(stored), None)


def write(
    stored: Component, template: Template, normalize: Callable[[str], str], folder: Path
) -> None:
    """Writes both files into the bundle's folder of the tokenizer.

    Args:
        stored: a parsed ``tokenizer.json`` without :func:`fault`.
        template: where its special tokens stand.
        normalize: all steps of its normaliser, as the library does them.
        folder: where the files go.
    """
    text = documents.dump_json(_portable(stored, template, normalize), TOKENIZER)
    (folder / TOKENIZER).write_text(text + "\n", encoding="utf-8")
    (folder / VOCABULARY).write_bytes(Vocabulary.of(stored["model"]).dump())


def _faults(stored: Component) -> Iterator[str]:
    """Each part of a ``tokenizer.json`` that an app's tokenizer has none for."""
    kind, normalizer, splitter = stored["model"]["type"], *_steps(stored)
    if kind not in _MODELS:
        yield f"a {kind} vocabulary"
    for step in normalizer:
        if step["type"] not in _NORMALIZERS:
            yield f"the normaliser {step['type']}"
        if "Regex" in step.get("pattern", {}) and step["pattern"] != _SEVERAL_SPACES:
            yield f"the regular expression {step['pattern']['Regex']}"
    for step in splitter:
        if step["type"] not in _PRE_TOKENIZERS:
            yield f"the pre-tokenizer {step['type']}"
    if kind == "BPE" and [step["type"] for step in splitter] != ["ByteLevel"]:
        yield "a BPE that is not of bytes"
    if kind == "BPE" and not splitter[0].get("use_regex", True):
        yield "a BPE of whole texts"
    if kind == "Unigram" and stored["model"].get("unk_id") is None:
        yield "a Unigram without an unknown token"
    yield from (f"the option {name}" for name in _REFUSED if stored["model"].get(name))
    if kind == "BPE" and stored["model"].get("continuing_subword_prefix"):
        yield "the option continuing_subword_prefix"
    if any(row["single_word"] for row in stored["added_tokens"]):
        yield "the option single_word of an added token"


def _portable(
    stored: Component, template: Template, normalize: Callable[[str], str]
) -> PortableTokenizer:
    """``tokenizer-app.json``, of what :func:`write` is given."""
    model, (normalizer, splitter) = stored["model"], _steps(stored)
    added = tuple(_added(row, normalize) for row in stored["added_tokens"])
    ids = {**_ids(model), **{row.content: row.id for row in added}, **dict(_emitted(stored))}
    names = [item.rpartition(":")[0] for item in (*template.single, *template.pair)]
    return PortableTokenizer(
        kind=model["type"],
        added_tokens=added,
        normalizer=tuple(normalizer),
        pre_tokenizer=tuple(splitter),
        model={name: model[name] for name in _MODELS[model["type"]]} | {"unk_id": _unknown(model)},
        template=template,
        offsets=_offsets(stored["post_processor"]),
        special_ids={name: ids[name] for name in names if name not in ("$A", "$B")},
        characters=characters.tables(_wanted(normalizer, splitter)),
    )


def _wanted(normalizer: Sequence[Component], splitter: Sequence[Component]) -> Iterator[str]:
    """The names of the tables of code points that these steps read."""
    for step in normalizer:
        yield from _NORMALIZERS[step["type"]]
        for switch, names in _BERT.items():
            if step["type"] == "BertNormalizer" and step[switch]:
                yield from names
    for step in splitter:
        yield from _PRE_TOKENIZERS[step["type"]]


def _added(row: Component, normalize: Callable[[str], str]) -> AddedToken:
    """An added token, with the text by which it is found."""
    found = msgspec.convert({**row, "sought": row["content"]}, AddedToken)
    return replace(found, sought=normalize(found.content)) if found.normalized else found


def _steps(stored: Component) -> tuple[list[Component], list[Component]]:
    """The steps of the normaliser and those of the pre-tokenizer, sequences unfolded.

    BertNormalizer's ``strip_accents: null`` is replaced by what it means: as ``lowercase``.
    """
    normalizer = [dict(step) for step in steps(stored["normalizer"])]
    for step in normalizer:
        if step["type"] == "BertNormalizer" and step["strip_accents"] is None:
            step["strip_accents"] = step["lowercase"]
    return [*normalizer], list(steps(stored["pre_tokenizer"]))


def _ids(model: Component) -> dict[str, int]:
    """The id of each entry of a model's vocabulary; Unigram's is a list, in the order of ids."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        return {piece: place for place, (piece, _) in enumerate(vocabulary)}
    return dict(vocabulary)


def _unknown(model: Component) -> int | None:
    return model["unk_id"] if "unk_id" in model else _ids(model).get(str(model.get("unk_token")))


def _emitted(stored: Component) -> Iterator[tuple[str, int]]:
    """The special tokens that the post-processor adds, with the ids that it gives to them.

    Those may be others than the vocabulary's.
    """
    for step in steps(stored["post_processor"]):
        for row in step.get("special_tokens", {}).values():
            yield from zip(row["tokens"], row["ids"], strict=True)
        yield from (step[name] for name in ("cls", "sep") if name in step)


def _offsets(post_processor: Component | None) -> OffsetFacts:
    """What the post-processor does to offsets."""
    for step in steps(post_processor):
        if step.get("trim_offsets"):
            return OffsetFacts(trim=True, add_prefix_space=step["add_prefix_space"])
    return OffsetFacts()
