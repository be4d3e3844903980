"""What the manifest says of a tokenizer, of each kind, trained on the spot."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from edgekit import golden
from edgekit.probes import Probe, Vocabulary, from_texts
from edgekit.texts import SIDES, TEXTS
from edgekit.tokenizer import save


def wordpiece() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer(lowercase=True)
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    train(core, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special))
    core.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]")


def byte_level_bpe() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "<pad>", "</s>"]
    train(
        core, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    core.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>")


def unigram() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.Unigram())
    core.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents()])
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "<unk>"]
    train(core, trainers.UnigramTrainer(vocab_size=600, special_tokens=special, unk_token="<unk>"))
    return PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="<unk>", padding_side="left", truncation_side="left"
    )


def train(core: Tokenizer, trainer: Any) -> None:
    trainer.show_progress = False
    core.train_from_iterator([text for _, text in TEXTS], trainer)


KINDS: dict[str, tuple[Callable[[], PreTrainedTokenizerFast], dict[str, Any]]] = {
    "WordPiece": (
        wordpiece,
        {
            "normalizer": ["BertNormalizer"],
            "lowercase": True,
            "strip_accents": True,  # null in tokenizer.json, which means: as lowercase
            "handle_chinese_chars": True,
            "pad_id": 0,
            "template": {
                "single": ["[CLS]:0", "$A:0", "[SEP]:0"],
                "pair": ["[CLS]:0", "$A:0", "[SEP]:0", "$B:1", "[SEP]:1"],
            },
        },
    ),
    "BPE": (
        byte_level_bpe,
        {
            "normalizer": [],
            "lowercase": False,
            "pre_tokenizer": ["ByteLevel"],
            "pad_id": 1,
            "template": {
                "single": ["<s>:0", "$A:0", "</s>:0"],
                "pair": ["<s>:0", "$A:0", "</s>:0", "</s>:0", "$B:0", "</s>:0"],
            },
        },
    ),
    "Unigram": (
        unigram,
        {
            "normalizer": ["NFKD", "StripAccents"],
            "strip_accents": True,
            "pad_id": None,
            "padding_side": "right",  # what is proven, whatever training did
            "truncation_side": "left",
            "template": {"single": ["$A:0"], "pair": ["$A:0", "$B:1"]},
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_manifest_states_what_an_app_must_match(kind: str, tmp_path: Path) -> None:
    make, expected = KINDS[kind]
    block = save(make(), tmp_path, max_length=64)
    assert block["kind"] == kind
    assert {name: block[name] for name in expected} == expected
    files = {row["file"] for row in block["files"]}
    assert "tokenizer/tokenizer.json" in files
    assert ("tokenizer/vocab.txt" in files) == (kind == "WordPiece")


@pytest.mark.parametrize("kind", KINDS)
def test_the_bundled_file_and_facts_give_the_golden_ids(kind: str, tmp_path: Path) -> None:
    """An app has no Transformers: tokenizer.json, the manifest and golden.json must do."""
    tokenizer = KINDS[kind][0]()
    rows = from_texts(tokenizer, 64, Vocabulary(600, 0, True))
    output = {"logits": np.zeros(2, np.float32)}
    probes = [Probe(r.name, r.kind, r.input_ids, r.token_type_ids, (), output) for r in rows]
    cases = golden.cases(tokenizer, probes, 64)["cases"]
    block = save(tokenizer, tmp_path, max_length=64)
    app = Tokenizer.from_file(str(tmp_path / "tokenizer" / "tokenizer.json"))
    assert (app.truncation, app.padding) == (None, None)
    for case in cases:
        strategy, side = case["truncation"], case["truncation_side"]
        assert side == block["truncation_side"] or "cut" in case["name"]
        app.enable_truncation(case["max_length"], strategy=strategy, direction=side)
        found = app.encode(*case["text"])
        assert found.ids == case["input_ids"], case["name"]
        assert found.type_ids == case["token_type_ids"], case["name"]
        assert [list(pair) for pair in found.offsets] == case["offsets"], case["name"]
        assert max(end for _, end in case["offsets"]) <= max(map(len, case["text"]))
    cut = {case["name"]: len(case["input_ids"]) for case in cases if "cut" in case["name"]}
    assert set(cut.values()) == {24}
    assert len(cut) == 10
    sides = [{c["name"]: c["input_ids"] for c in cases if side in c["name"]} for side in SIDES]
    assert not any(a == b for a, b in zip(*map(dict.values, sides), strict=True))


def by_the_docs(text: str, vocabulary: list[str], lower: bool) -> list[int]:
    """WordPiece as docs/tokenizers.md tells an app to do it, without the special tokens."""
    ids = {token: line for line, token in enumerate(vocabulary)}
    words = "".join(map(_cleaned, text))
    if lower:
        words = "".join(c for c in unicodedata.normalize("NFD", words) if _category(c) != "Mn")
        words = "".join(character.lower() for character in words)
    split = "".join(f" {c} " if _is_punctuation(c) else c for c in words).split(" ")
    return [found for word in split if word for found in _pieces(word, ids)]


def _category(character: str) -> str:
    return unicodedata.category(character)


def _cleaned(character: str) -> str:
    if character in "\t\n\r" or _category(character)[0] == "Z":
        return " "
    if _category(character)[0] == "C" or character == "\ufffd":
        return ""
    return f" {character} " if any(ord(character) in block for block in IDEOGRAPHS) else character


def _is_punctuation(character: str) -> bool:
    ascii_mark = "!" <= character <= "~" and not character.isalnum()
    return ascii_mark or _category(character)[0] == "P"


def _pieces(word: str, ids: dict[str, int]) -> list[int]:
    found, start = [], 0
    while start < len(word) and len(word) <= 100:
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in ids), None)
        if end is None:
            return [ids["[UNK]"]]
        found.append(ids[prefix + word[start:end]])
        start = end
    return found or [ids["[UNK]"]]


IDEOGRAPHS = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B920, 0x2CEB0),
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)


def test_the_docs_and_vocab_txt_are_enough_for_wordpiece(tmp_path: Path) -> None:
    tokenizer = wordpiece()
    block = save(tokenizer, tmp_path, max_length=64)
    vocabulary = (tmp_path / "tokenizer" / "vocab.txt").read_text("utf-8").split("\n")[:-1]
    generator = random.Random(0)
    made_up = ["".join(map(chr, generator.choices(range(0x20, 0x500), k=40))) for _ in range(200)]
    for text in [*(text for name, text in TEXTS if name != "special tokens"), *made_up]:
        expected = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert by_the_docs(text, vocabulary, block["lowercase"]) == expected, ascii(text)
