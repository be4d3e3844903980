"""The tables of code points in a bundle, against the library: one by one, and where they meet."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app_tokenizer import AppTokenizer
from app_tokenizer.text import Text
from test_tokenizer import FIELDS, sentencepiece, train
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from edgekit.tokens.texts import TEXTS
from edgekit.tokens.tokenizer import save

_SPECIAL = ["[PAD]", "[UNK]", "[MASK]"]


def wordpiece(normalizer: normalizers.Normalizer) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.normalizer = normalizer
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(core, trainers.WordPieceTrainer(vocab_size=900, special_tokens=_SPECIAL))
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]")


def bpe(*steps: normalizers.Normalizer) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.normalizer = normalizers.Sequence(list(steps)) if steps else None
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=not steps)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    train(core, trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet))
    core.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("<end>", rstrip=True)])
    core.add_special_tokens([AddedToken("<mask>s")])
    return PreTrainedTokenizerFast(tokenizer_object=core)


def unigram(*steps: normalizers.Normalizer) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.Unigram())
    core.normalizer = normalizers.Sequence(list(steps))
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=800, special_tokens=_SPECIAL, unk_token="[UNK]")
    train(core, trainer)
    core.add_tokens([AddedToken("Ünited", normalized=True)])
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]")


def precompiled(folder: Path) -> normalizers.Precompiled:
    """XLM-R's own table, as SentencePiece has it."""
    return sentencepiece(folder).backend_tokenizer.normalizer


TOKENIZERS: dict[str, Callable[[Path], PreTrainedTokenizerFast]] = {
    "uncased": lambda folder: wordpiece(normalizers.BertNormalizer()),
    "cased": lambda folder: wordpiece(normalizers.BertNormalizer(lowercase=False)),
    "lowercased, with accents": lambda folder: wordpiece(
        normalizers.BertNormalizer(strip_accents=False)
    ),
    "accents off, not lowercased": lambda folder: wordpiece(
        normalizers.BertNormalizer(lowercase=False, strip_accents=True)
    ),
    "bytes": lambda folder: bpe(),
    "bytes after NFC": lambda folder: bpe(normalizers.NFC()),
    "bytes after NFKC": lambda folder: bpe(normalizers.NFKC(), normalizers.Lowercase()),
    "XLM-R": sentencepiece,
    "ALBERT": lambda folder: unigram(
        normalizers.Replace("``", '"'),
        normalizers.Replace("''", '"'),
        normalizers.NFKD(),
        normalizers.StripAccents(),
        normalizers.Lowercase(),
        precompiled(folder),
    ),
    "DeBERTa-v3": lambda folder: unigram(
        normalizers.Strip(), precompiled(folder), normalizers.Replace(Regex(" {2,}"), " ")
    ),
}
Both = tuple[AppTokenizer, Tokenizer]


@pytest.fixture(scope="module", params=TOKENIZERS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """An app's tokenizer, and the library with the same."""
    place = tmp_path_factory.mktemp("both")
    save(TOKENIZERS[request.param](place), place, max_length=64)
    folder = place / "tokenizer"
    return AppTokenizer(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))


def words(library: Tokenizer, text: str) -> list[str]:
    normal = library.normalizer.normalize_str(text) if library.normalizer else text
    return [word for word, _ in library.pre_tokenizer.pre_tokenize_str(normal)]


def compare(both: Both, text: str) -> None:
    """All that is known of the tokens."""
    app, library = both
    expected, found = library.encode(text), app.encode([text], len(text) * 8, "right")
    for field in FIELDS:
        assert getattr(found, field) == getattr(expected, field), (field, text)


def compare_words(both: Both, text: str) -> None:
    """What the text is made of, too, which unknown tokens would hide."""
    app, library = both
    assert [str(piece.text) for piece in app.pieces(Text.of(text))] == words(library, text)
    compare(both, text)


def stacked(count: int) -> Iterator[str]:
    """Code points that change what is beside them, in random order."""
    generator = random.Random(1)
    marks = [*range(0x300, 0x370), *range(0x1DC0, 0x1E00), *range(0x5B0, 0x5C8), 0x345, 0x34F]
    jamo = [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A7, 0x11C3), 0xAC00, 0xAC01]
    pictures = [0x1F468, 0x200D, 0xFE0F, 0xA9, 0x1F1E7, 0x1F1F7, 0x1F3FD, 0x2764, 0x2122, 0x308]
    indic = [0x915, 0x94D, 0x958, 0x93C, 0x9C7, 0x9BE, 0xDD9, 0xDCA, 0xDCF, 0x300, 0x600]
    odd = [0x130, 0x3A3, 0x1E9E, 0xFB1D, 0x1D15E, 0x302E, 0x16FF0, 0, 0xD, 0xA, 0x20, 0xFFFD]
    for group in (marks, jamo, pictures, indic, odd, [*marks, *jamo, *pictures, *indic, *odd]):
        for _ in range(count):
            yield "".join(map(chr, generator.choices([0x41, 0xE9, *group], k=16)))


def test_code_points_that_change_their_neighbours(both: Both) -> None:
    for text in stacked(25):
        compare_words(both, text)


def test_added_tokens_are_cut_out_before_and_after_the_normaliser(both: Both) -> None:
    for text in (*filter(None, dict(TEXTS).values()), "  <mask> <end>  a ünited Ünited <mask>"):
        compare(both, text)


@pytest.mark.parametrize("step", [211, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_code_points_between_two_letters(both: Both, step: int) -> None:
    points = [*range(0xD800), *range(0xE000, 0x110000)][::step]
    for start in range(0, len(points), 64):
        block = points[start : start + 64]
        compare_words(both, "".join(f"{'ab'[i % 2]}{chr(p)}" for i, p in enumerate(block)) + "a")
