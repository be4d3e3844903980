"""Ids and offsets of the phone libraries are those of the tokenizers library, for every kind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import multilingual
import pytest
from phones import Phone
from test_tokenizer import FIELDS, byte_level_bpe
from test_tokenizer_characters import TOKENIZERS, stacked
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.documents import dump_json
from edgekit.tokens.characters import every
from edgekit.tokens.texts import TEXTS, cases
from edgekit.tokens.tokenizer import save

_ODD = (
    *("  <mask> <end>  a ünited Ünited <mask>", "[MASK][MASK] x", " ", "\t\n", "   a  b  "),
    *("<end>  <mask> <mask>s", "abcd hello xhello", "we'll they've I'm he'd can't it's we'LL"),
    *("e\u0351\u0301 e\u0301\u0351", "\uac00\u11a7b \uac00\u11a8"),  # what is composed and not
)


def whole_words() -> PreTrainedTokenizerFast:
    """A word that is an entry is taken whole, though no merges lead there."""
    tokens = [*pre_tokenizers.ByteLevel.alphabet(), "Ġhello", "hello"]
    vocabulary = {token: place for place, token in enumerate(sorted(tokens))}
    core = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=core)


def rare_letters() -> PreTrainedTokenizerFast:
    """An unknown letter costs 10 more than the rarest piece: two rare pieces are better."""
    pieces = {"[UNK]": 0.0, "▁": -3.0, "ab": -20.0, "cd": -5.0, "bcd": -1.0}
    core = Tokenizer(models.Unigram([*pieces.items()], unk_id=0))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    core.add_tokens(["hello"])
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]")


_KINDS: dict[str, Callable[[Path], PreTrainedTokenizerFast]] = {
    **TOKENIZERS,
    "bytes, offsets without blanks": lambda folder: byte_level_bpe(),
    "bytes, whole words": lambda folder: whole_words(),
    "Unigram, rare letters": lambda folder: rare_letters(),
}


class Both:
    """A phone that has opened a tokenizer, and the library with the same."""

    def __init__(self, phone: Phone, tokenizer: Any, bundle: Bundle, folder: Path) -> None:
        shutil.copytree(bundle.path, folder)
        block = save(tokenizer, folder, max_length=64)
        assert block.app is not None
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["tokenizer"] = json.loads(dump_json(block, ""))
        (folder / MANIFEST).write_text(json.dumps(manifest))
        phone.open(folder)
        self.phone = phone
        self.library = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))

    def compare(self, *texts: str, max_length: int = 1 << 20, **options: str) -> None:
        """All that is known of the tokens."""
        strategy, side = options.get("strategy", "longest_first"), options.get("side", "right")
        self.library.enable_truncation(max_length, strategy=strategy, direction=side)
        expected = self.library.encode(*texts)
        found = self.phone.encode(*texts, max_length=max_length, strategy=strategy, side=side)
        for field in FIELDS:
            wanted = json.loads(json.dumps(getattr(expected, field)))
            assert found[field] == wanted, (field, texts, options)


@pytest.fixture
def both(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> Callable[[PreTrainedTokenizerFast], Both]:
    return lambda made: Both(phone, made, small("text-classification"), tmp_path / "bundle")


@pytest.mark.parametrize("kind", _KINDS)
def test_texts_and_code_points_that_change_their_neighbours(
    kind: str, both: Callable[[PreTrainedTokenizerFast], Both], tmp_path: Path
) -> None:
    opened = both(_KINDS[kind](tmp_path))
    for text in (*filter(None, dict(TEXTS).values()), *_ODD, *stacked(10)):
        opened.compare(text)
    for case in cases(64, "left"):
        options = {"strategy": case.truncation, "side": case.side}
        opened.compare(*case.texts, max_length=case.max_length, **options)


def whole_wordpiece() -> models.WordPiece:
    points = [chr(point) for point in every()]
    tokens = ["[UNK]", *points, *(f"##{point}" for point in points)]
    return models.WordPiece({token: n for n, token in enumerate(tokens)}, unk_token="[UNK]")


def whole_unigram() -> models.Unigram:
    return models.Unigram([("[UNK]", 0.0), *((chr(point), -1.0) for point in every())], unk_id=0)


_WHOLE: dict[str, Callable[[], models.Model]] = {  # nothing is hidden behind an unknown token
    "uncased": whole_wordpiece,
    "cased": whole_wordpiece,
    "XLM-R": whole_unigram,
    "ALBERT": whole_unigram,
}


def blocks(step: int) -> Iterator[str]:
    points = [*range(0xD800), *range(0xE000, 0x110000)][::step]
    for start in range(0, len(points), 256):
        yield " ".join(f"a{chr(point)}b" for point in points[start : start + 256])


@pytest.mark.parametrize("step", [211, pytest.param(1, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(
    "kind", ["uncased", "cased", "bytes", "bytes after NFC", "XLM-R", "ALBERT"]
)
def test_code_points_between_two_letters(
    kind: str, step: int, both: Callable[[PreTrainedTokenizerFast], Both], tmp_path: Path
) -> None:
    core = TOKENIZERS[kind](tmp_path).backend_tokenizer
    if kind in _WHOLE:
        core.model = _WHOLE[kind]()
    opened = both(PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]"))
    for text in blocks(step):
        opened.compare(text)


@pytest.mark.slow
@pytest.mark.parametrize("kind", multilingual.KINDS)
def test_texts_in_many_languages(
    kind: str, both: Callable[[PreTrainedTokenizerFast], Both]
) -> None:
    opened = both(multilingual.trained(kind))
    for language in multilingual.LANGUAGES:
        lines = multilingual.sentences(language)
        whole = "\n".join(lines)
        for text in (*lines, whole):
            opened.compare(text)
        opened.compare(lines[0], whole, max_length=384, strategy="only_second", side="left")
        opened.compare(whole, lines[1], max_length=128)
    for text in multilingual.mixed(40):
        opened.compare(text)
