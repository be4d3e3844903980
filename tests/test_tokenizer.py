"""What the manifest says of a tokenizer, of each kind, trained on the spot."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_tokenizer import AppTokenizer
from sentencepiece import SentencePieceTrainer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from edgekit.documents import dump_json
from edgekit.files import cache_folder
from edgekit.model import tasks
from edgekit.proof import golden
from edgekit.proof.probe import Probe
from edgekit.proof.probes import ProbeIds, from_texts
from edgekit.proof.reference import Reference
from edgekit.signature import Signature
from edgekit.tokens.texts import LONGEST_FIRST, SIDES, TEXTS, Case, cases
from edgekit.tokens.tokenizer import save


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
    plain = json.loads(dump_json(block, ""))
    assert block.kind == kind
    assert {name: plain[name] for name in expected} == expected
    files = {row.file for row in block.files}
    assert "tokenizer/tokenizer.json" in files
    assert ("tokenizer/vocab.txt" in files) == (kind == "WordPiece")


@pytest.mark.parametrize("kind", KINDS)
def test_the_bundled_file_and_facts_give_the_golden_ids(kind: str, tmp_path: Path) -> None:
    """An app has no Transformers: tokenizer.json, the manifest and golden.json must do."""
    tokenizer = KINDS[kind][0]()
    rows = from_texts(tokenizer, 64, ProbeIds(600, 0, 2))
    output = {"logits": np.zeros(2, np.float32)}
    probes = [
        Probe(r.name, r.kind, r.input_ids, r.token_type_ids, (), output, r.case) for r in rows
    ]
    signature = Signature((), (), (64,))
    reference = Reference(tasks.get("text-classification"), signature, tuple(probes), {}, 64)
    written = golden.content(tokenizer, reference).cases
    block = save(tokenizer, tmp_path, max_length=64)
    app = Tokenizer.from_file(str(tmp_path / "tokenizer" / "tokenizer.json"))
    assert (app.truncation, app.padding) == (None, None)
    for case in written:
        strategy, side = case.truncation, case.truncation_side
        assert side == block.truncation_side or "cut" in case.name
        app.enable_truncation(case.max_length, strategy=strategy, direction=side)
        found = app.encode(*case.text)
        assert tuple(found.ids) == case.input_ids, case.name
        assert tuple(found.type_ids) == case.token_type_ids, case.name
        assert tuple(found.offsets) == case.offsets, case.name
        assert max(end for _, end in case.offsets) <= max(map(len, case.text))
    cut = {case.name: len(case.input_ids) for case in written if "cut" in case.name}
    assert set(cut.values()) == {24}
    assert len(cut) == 10
    sides = [{c.name: c.input_ids for c in written if side in c.name} for side in SIDES]
    assert not any(a == b for a, b in zip(*map(dict.values, sides), strict=True))


def sentencepiece(folder: Path) -> Any:
    """XLM-R's tokenizer, as Transformers makes it of a SentencePiece model."""
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(text for _, text in TEXTS if "\0" not in text),
        model_writer=model,
        vocab_size=600,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "sentencepiece.bpe.model").write_bytes(model.getvalue())
    (folder / "config.json").write_text('{"model_type": "xlm-roberta"}')
    return AutoTokenizer.from_pretrained(folder)


FIELDS = ("ids", "type_ids", "offsets", "sequence_ids", "word_ids")


def compare(app: AppTokenizer, library: Tokenizer, case: Case) -> None:
    library.enable_truncation(case.max_length, strategy=case.truncation, direction=case.side)
    expected = library.encode(*case.texts)
    found = app.encode(list(case.texts), case.max_length, case.side, case.truncation)
    for field in FIELDS:
        assert getattr(found, field) == getattr(expected, field), (field, case.name, case.texts)


@pytest.mark.parametrize("kind", [*KINDS, "SentencePiece"])
def test_the_docs_and_two_files_are_enough_to_write_a_tokenizer(kind: str, tmp_path: Path) -> None:
    """What docs/tokenizers.md says, in Python, against the library."""
    tokenizer = KINDS[kind][0]() if kind in KINDS else sentencepiece(tmp_path)
    save(tokenizer, tmp_path, max_length=64)
    app = AppTokenizer(tmp_path / "tokenizer")
    library = Tokenizer.from_file(str(tmp_path / "tokenizer" / "tokenizer.json"))
    generator = random.Random(0)
    made_up = (
        Case(
            f"made up {n}",
            tuple("".join(map(chr, generator.choices(range(0x20, 0x500), k=40))) for _ in "ab"),
            LONGEST_FIRST,
            64,
            SIDES[n % 2],
        )
        for n in range(100)
    )
    for case in (*cases(64, "left"), *made_up):
        compare(app, library, case)


def test_a_line_of_vocab_txt_is_its_tokens_id(tmp_path: Path) -> None:
    """Also where ids have no token: here a word stood twice in the vocabulary's source."""
    core = Tokenizer(models.WordPiece({"[UNK]": 0, "the": 4, "cat": 2}, unk_token="[UNK]"))
    save(PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]"), tmp_path, 64)
    lines = (tmp_path / "tokenizer" / "vocab.txt").read_text().splitlines()
    assert [lines[0], lines[2], lines[4]] == ["[UNK]", "cat", "the"]
    assert len({*lines}) == 5


READ = """
import json, sys
from transformers import AutoTokenizer, __version__
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
rows = [tokenizer(text)["input_ids"] for text in json.loads(sys.argv[2])]
print(json.dumps([__version__, rows, tokenizer.model_max_length]))
"""


def with_special_tokens(make: Callable[[], PreTrainedTokenizerFast]) -> PreTrainedTokenizerFast:
    tokenizer = make()
    tokenizer.model_max_length = 64
    tokenizer.add_special_tokens({"additional_special_tokens": ["[EXTRA]"]})
    return tokenizer


def read_by(packages: Path, folder: Path, texts: list[str]) -> tuple[str, object, int]:
    found = subprocess.run(
        [sys.executable, "-c", READ, str(folder), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(packages)},
    )
    version, rows, length = json.loads(found.stdout.splitlines()[-1])
    return version, rows, length


@pytest.mark.parametrize("kind", KINDS)
def test_the_tokenizers_folder_opens_in_transformers(kind: str, tmp_path: Path) -> None:
    tokenizer = with_special_tokens(KINDS[kind][0])
    save(tokenizer, tmp_path, 64)
    folder = tmp_path / "tokenizer"
    config = json.loads((folder / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast", "release 4 knows no other"
    assert "extra_special_tokens" not in config, "which release 4 takes for another thing"
    again = AutoTokenizer.from_pretrained(folder)
    for text in (*dict(TEXTS).values(), "an [EXTRA] token"):
        assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert again.model_max_length == 64


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_tokenizers_folder_opens_in_transformers_4(kind: str, tmp_path: Path) -> None:
    """Really installed, in a folder of its own."""
    packages = cache_folder("transformers-4.57.6")
    if not (packages / "transformers").is_dir():
        wanted = ["transformers==4.57.6", "--target", str(packages)]
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", *wanted], check=True)
    tokenizer = with_special_tokens(KINDS[kind][0])
    save(tokenizer, tmp_path, 64)
    texts = ["The café, 好 [EXTRA] fox", *dict(TEXTS).values()]
    version, rows, length = read_by(packages, tmp_path / "tokenizer", texts)
    assert version == "4.57.6"
    assert rows == [tokenizer(text)["input_ids"] for text in texts]
    assert length == 64
