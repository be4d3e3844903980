"""The tokenizer in a bundle: its files, and the facts that an app's own tokenizer has to match."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edgekit import contents
from edgekit.manifest.texts import AppTokenizer, Template, TokenizerFacts
from edgekit.tokens import portable
from edgekit.tokens.stored import Component, steps
from edgekit.tokens.texts import Case

if TYPE_CHECKING:
    import tokenizers
    from transformers import PreTrainedTokenizerFast


def save(tokenizer: PreTrainedTokenizerFast, out: Path, max_length: int) -> TokenizerFacts:
    """Saves a fast tokenizer into a bundle's folder.

    WordPiece also gets a ``vocab.txt``, one token a line, which is what most apps read. Beside it
    are the two files of :mod:`edgekit.tokens.portable`, if its parts are among those of an app.
    ``tokenizer.json`` neither cuts nor pads, whatever the checkpoint's did or the last call here
    did: an app cuts at ``max_length`` and pads to a bucket itself.

    Args:
        tokenizer: the checkpoint's.
        out: the bundle's folder.
        max_length: the bundle's, in tokens.

    Returns:
        What the manifest says of it.
    """
    folder = out / contents.TOKENIZER
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(folder)
    facts = describe(tokenizer, max_length)
    _make_readable(folder / "tokenizer_config.json")
    if facts.kind == "WordPiece":
        words = _lines(tokenizer.get_vocab())
        (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    app = _write_for_apps(tokenizer.backend_tokenizer, facts, folder)
    files = tuple(contents.entry(out, path) for path in sorted(folder.iterdir()))
    return replace(facts, app=app, files=files)


def _write_for_apps(
    backend: tokenizers.Tokenizer, facts: TokenizerFacts, folder: Path
) -> AppTokenizer | None:
    """Writes the two files that apps read; None if an app's tokenizer lacks a part for it."""
    stored = json.loads(backend.to_str())
    if facts.template is None or portable.fault(stored) is not None:
        return None
    normalizer = backend.normalizer
    portable.write(stored, facts.template, normalizer.normalize_str if normalizer else str, folder)
    return AppTokenizer(
        settings=f"{folder.name}/{portable.TOKENIZER}",
        vocabulary=f"{folder.name}/{portable.VOCABULARY}",
    )


def _make_readable(path: Path) -> None:
    """Makes ``tokenizer_config.json`` one that releases 4 and 5 of Transformers both open alike.

    It names a class that all of them have and that adds nothing of its own: releases 4 do not know
    the names of release 5, and those of an architecture would put parts of their own into the
    tokenizer. Special tokens without a role had another field as well.
    """
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    more = config.pop("extra_special_tokens", None)
    if isinstance(more, list):
        config["additional_special_tokens"] = more
    elif more:
        config["extra_special_tokens"] = more
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _lines(vocabulary: Mapping[str, int]) -> list[str]:
    """The lines of ``vocab.txt``: the number of a token's line is its id.

    An id without a token has a line, too. What stands there is in no vocabulary, since a token of
    WordPiece has no blank in it.
    """
    words = [f"[no token {index}]" for index in range(max(vocabulary.values(), default=-1) + 1)]
    for token, index in vocabulary.items():
        words[index] = token
    return words


def lowercase(tokenizer: PreTrainedTokenizerFast) -> None:
    """Puts lowercasing before all that a fast tokenizer does, unless it does it already.

    It is changed.
    """
    from tokenizers import normalizers

    backend = tokenizer.backend_tokenizer
    stored = json.loads(backend.to_str())["normalizer"]
    if not _normalization(list(steps(stored)))["lowercase"]:
        own = [] if backend.normalizer is None else [backend.normalizer]
        backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), *own])


def encode(tokenizer: PreTrainedTokenizerFast, case: Case) -> tokenizers.Encoding:
    """Tokenizes one case as it says.

    Returns:
        ``ids``, ``type_ids`` and ``offsets`` in code points, unpadded.
    """
    own = tokenizer.truncation_side
    tokenizer.truncation_side = case.side
    try:
        found = tokenizer(*case.texts, truncation=case.truncation, max_length=case.max_length)
    finally:
        tokenizer.truncation_side = own
    encoding: tokenizers.Encoding = found.encodings[0]
    return encoding


def describe(tokenizer: PreTrainedTokenizerFast, max_length: int) -> TokenizerFacts:
    """What the manifest says of a fast tokenizer, but for its files."""
    backend = tokenizer.backend_tokenizer
    stored = json.loads(backend.to_str())
    normalizer = list(steps(stored["normalizer"]))
    return TokenizerFacts(
        kind=stored["model"]["type"],
        normalizer=tuple(step["type"] for step in normalizer),
        **_normalization(normalizer),  # type: ignore[arg-type]  # its keys are the switches
        pre_tokenizer=tuple(step["type"] for step in steps(stored["pre_tokenizer"])),
        special_tokens={
            name: tokenizer.convert_tokens_to_ids(token)
            for name, token in tokenizer.special_tokens_map.items()
            if isinstance(token, str)
        },
        pad_id=tokenizer.pad_token_id,
        padding_side="right",  # what the proofs pad, whatever the checkpoint trained with
        truncation="longest_first",
        truncation_side=tokenizer.truncation_side,
        max_length=max_length,
        template=Template(single=_template(tokenizer, "a"), pair=_template(tokenizer, "a", "a")),
        files=(),
    )


def _normalization(found: list[Component]) -> dict[str, bool]:
    """The manifest's three switches of a normaliser, by name.

    BertNormalizer holds all three; its ``strip_accents: null`` means: as ``lowercase``.
    """
    types = {step["type"] for step in found}
    bert = next((step for step in found if step["type"] == "BertNormalizer"), {})
    lowercase = bool(bert.get("lowercase"))
    strip = bert.get("strip_accents")
    return {
        "lowercase": lowercase or "Lowercase" in types,
        "strip_accents": bool(lowercase if strip is None else strip) or "StripAccents" in types,
        "handle_chinese_chars": bool(bert.get("handle_chinese_chars")),
    }


def _template(tokenizer: PreTrainedTokenizerFast, *texts: str) -> tuple[str, ...]:
    """Where special tokens stand around a text or a pair, as the manifest writes it.

    It is read off an encoding, since each kind of post-processor stores it in its own way.
    """
    found = tokenizer(*texts)
    encoding = found.encodings[0]
    rows = zip(encoding.sequence_ids, encoding.type_ids, encoding.tokens, strict=True)
    template = []
    for (sequence, kind), group in groupby(rows, key=lambda row: row[:2]):
        names = [token for *_, token in group] if sequence is None else ["$" + "AB"[sequence]]
        template += [f"{name}:{kind}" for name in names]
    return tuple(template)
