"""What sentence-transformers does besides its modules: it cuts, lowercases, prompts, or scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import BERT, save_checkpoint
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from shared import plan_of
from test_tokenizer import byte_level_bpe
from transformers import BertModel

from edgekit.errors import UnsupportedError
from edgekit.model import checkpoint
from edgekit.model.source import find


def saved(folder: Path, pooled: bool = True, **options: object) -> Path:
    """A tiny checkpoint; ``options`` are those of the whole model."""
    folder.parent.mkdir(exist_ok=True)
    encoder = save_checkpoint(BertModel(BERT).eval(), folder.parent / "encoder")
    module = Transformer(str(encoder), max_seq_length=9)
    modules = [module, Pooling(32)] if pooled else [module]
    SentenceTransformer(modules=modules, device="cpu", **options).save(str(folder))
    return folder


def test_texts_are_cut_where_sentence_transformers_cuts_them(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    theirs = SentenceTransformer(str(folder), device="cpu")
    assert theirs.max_seq_length == 9, "its release 6 keeps it in the tokenizer's config"
    assert plan_of(folder, out=tmp_path / "out").max_length == 9
    (folder / "sentence_roberta_config.json").write_text('{"max_seq_length": 7}')
    (folder / "sentence_bert_config.json").unlink()
    assert plan_of(folder, out=tmp_path / "out").max_length == 7


def test_texts_are_lowercased_where_sentence_transformers_does(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    byte_level_bpe().save_pretrained(folder)
    (folder / "sentence_bert_config.json").write_text('{"do_lower_case": true}')
    theirs = SentenceTransformer(str(folder), device="cpu").tokenizer
    ours = checkpoint.load_tokenizer(find(str(folder)))
    for text in ("The QUICK fox", "İ ÄÖ"):
        assert (
            ours(text)["input_ids"] == theirs(text)["input_ids"] == ours(text.lower())["input_ids"]
        )


def test_a_cross_encoder_is_a_classifier(classifier: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    CrossEncoder(str(classifier), device="cpu").save_pretrained(str(folder))
    assert json.loads((folder / "modules.json").read_text())[0]["type"].endswith("Transformer")
    assert plan_of(folder, out=tmp_path / "out").task.name == "text-classification"


def test_what_a_bundle_cannot_do_is_refused_when_planned(tmp_path: Path) -> None:
    prompts = {"prompts": {"query": "ask: "}, "default_prompt_name": "query"}
    for name, folder in (
        ("'ask: ' before every text", saved(tmp_path / "a" / "model", **prompts)),
        ("make no vectors", saved(tmp_path / "b" / "model", pooled=False)),
    ):
        with pytest.raises(UnsupportedError, match=name):
            plan_of(folder, task="sentence-similarity", out=tmp_path / "out")
