"""What the manifest says of a tokenizer, of each kind, trained on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from edgekit.texts import TEXTS
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
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", padding_side="left")


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
            "padding_side": "left",
            "template": {"single": ["$A:0"], "pair": ["$A:0", "$B:0"]},
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
