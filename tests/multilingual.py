"""Texts in twenty-two languages, and tokenizers of four kinds that are trained on such texts.

The texts are of CLDR, which Babel brings: names of places, languages and currencies, lists and
dates as each language writes them. Prose in so many languages is in no package that tests can ask
for; ``phone_xquad.py`` takes XQuAD's.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from test_tokenizer import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

XQUAD = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
LANGUAGES = (*XQUAD, "am", "bn", "fa", "he", "ja", "ka", "km", "ko", "ta", "uk")
_SENTENCES = 12  # of each language
_BETWEEN = (  # what stands between parts of a text that is in no language
    *("\u200d", "\u200c", "\u200f", "\u2067", "\u2069", "\ufe0f", "\u0301", "\u0323", "\u3099"),
    *("\u05b8", "\u064b", "\u094d", "\u0e34", "\u00a0", "\u3000", "\u00ad", "\ufeff", "\u2028"),
    *("👨\u200d👩\u200d👧", "🇧🇷", "👍🏽", "\u1100\u1161\u11a8", "각", "ﷺ", "ǅ", "İ", "ß", "Å", "½"),
    *("㎏", "ｶﾞ", "\u0378", "\r\n", "'s", "'LL", "``", " ", "  "),
)


@cache
def sentences(language: str) -> tuple[str, ...]:
    """Lines of text in a language, the same each time."""
    locale, pick = Locale.parse(language), random.Random(language)

    def some(names: Any, count: int) -> list[str]:
        return pick.sample(sorted(names.values()), count)

    def sentence() -> str:
        day = date(1900, 1, 1) + timedelta(days=pick.randrange(60_000))
        places = format_list(some(locale.territories, 6), locale=locale)
        spoken = format_list(some(locale.languages, 4), locale=locale)
        money = " ".join(some(locale.currencies, 3))
        return f"{places}: {format_date(day, 'full', locale=locale)} ({spoken})\t{money}."

    return tuple(sentence() for _ in range(_SENTENCES))


def mixed(count: int) -> list[str]:
    """Texts of all languages at once, cut and glued where no writer would."""
    pick = random.Random(7)
    lines = [line for language in LANGUAGES for line in sentences(language)]

    def part() -> str:
        line = pick.choice(lines)
        start = pick.randrange(len(line))
        glue = pick.choices(_BETWEEN, k=pick.randrange(4))
        return "".join((line[start : start + pick.randrange(1, 60)], *glue))

    return ["".join(part() for _ in range(20)) for _ in range(count)]


def _train(core: Tokenizer, texts: Sequence[str], trainer: Any) -> None:
    trainer.show_progress = False
    core.train_from_iterator(texts, trainer)


def _wordpiece(texts: Sequence[str], *, lowercase: bool) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    _train(core, texts, trainers.WordPieceTrainer(vocab_size=8000, special_tokens=special))
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]", model_max_length=128
    )


def _bpe(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "</s>"]
    _train(
        core,
        texts,
        trainers.BpeTrainer(vocab_size=8000, special_tokens=special, initial_alphabet=alphabet),
    )
    core.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return PreTrainedTokenizerFast(tokenizer_object=core)


def _unigram(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """With XLM-R's own table of characters."""
    core = Tokenizer(models.Unigram())
    with tempfile.TemporaryDirectory() as folder:
        core.normalizer = sentencepiece(Path(folder)).backend_tokenizer.normalizer
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "</s>", "<unk>"]
    _train(
        core,
        texts,
        trainers.UnigramTrainer(vocab_size=8000, special_tokens=special, unk_token="<unk>"),
    )
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 1)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


KINDS: dict[str, Callable[[Sequence[str]], PreTrainedTokenizerFast]] = {
    "cased WordPiece": lambda texts: _wordpiece(texts, lowercase=False),
    "uncased WordPiece": lambda texts: _wordpiece(texts, lowercase=True),
    "BPE": _bpe,
    "Unigram": _unigram,
}


@cache
def trained(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer of that kind, trained on the texts of all languages here."""
    return KINDS[kind]([line for language in LANGUAGES for line in sentences(language)])
