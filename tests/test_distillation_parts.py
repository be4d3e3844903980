"""Of distillation: what a student begins as, and what a step takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import tokenizers
import torch
from conftest import write_vocabulary
from distilling import DEEP, FILL, write
from pyarrow import parquet
from transformers import (
    CONFIG_MAPPING,
    AutoModelForMaskedLM,
    BertForMaskedLM,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
)

from edgekit.benchmarks.studies import small_models
from edgekit.data import texts as text_data
from edgekit.distillation import architecture, layers
from edgekit.distillation.batches import Masking, Order
from edgekit.distillation.examples import beginnings, pieces
from edgekit.distillation.learner import Learner, Readout
from edgekit.distillation.plan import choose
from edgekit.errors import PlanError, ProofError
from edgekit.model import families


@pytest.mark.parametrize("name", families.FAMILIES)
def test_every_family_can_be_shortened(name: str, tmp_path: Path) -> None:
    """All layers are the teacher itself, two are its first and third, and heads of some tokens are
    those of all."""
    path = small_models.save_config(name, FILL, tmp_path)
    config = json.loads(path.read_text())
    family = families.get(name)
    config |= {family.layers: 4}
    config |= {"layer_types": config["layer_types"] * 2} if "layer_types" in config else {}
    torch.manual_seed(0)
    teacher = AutoModelForMaskedLM.from_config(CONFIG_MAPPING[name].from_dict(config)).eval()
    whole, taken = layers.shortened(teacher, range(4), None, "teacher", 1)
    assert not taken.fresh
    readout = Readout(FILL, (1, 2, 3, 4), None, family.has_token_types(config))
    ids = torch.randint(5, 300, (2, 12))
    mask, chosen = torch.ones_like(ids), torch.rand(2, 12) < 0.4
    ours, theirs = (Learner(model, readout).eval() for model in (whole, teacher))
    with torch.inference_mode():
        found, expected = ours(ids, mask, 0 * ids), theirs(ids, mask, 0 * ids)
        some = ours(ids, mask, 0 * ids, chosen)
    for key, value in expected.items():
        assert torch.equal(found[key], value), key
    assert torch.allclose(some["logits"], found["logits"][chosen], atol=1e-4)
    short, _ = layers.shortened(teacher, (0, 2), None, "teacher", 1)
    assert short.config.num_hidden_layers == 2
    again = type(short).from_pretrained(_saved(short, tmp_path / "short")).eval()
    feed = {"input_ids": ids, "attention_mask": mask, "output_hidden_states": True}
    with torch.inference_mode():
        first, second = (model(**feed).hidden_states for model in (short, again))
    assert torch.equal(first[-1], second[-1])
    assert torch.allclose(first[1], found["hidden_0"], atol=1e-6)


def _saved(model: BertForMaskedLM, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def test_a_bert_is_a_distilbert_layer_by_layer(tmp_path: Path) -> None:
    torch.manual_seed(0)
    bert = BertForMaskedLM(DEEP).eval()
    found, worst = architecture.as_distilbert(bert, FILL)
    assert type(found).__name__ == "DistilBertForMaskedLM"
    assert 0 < worst < 1e-5
    ids = torch.randint(300, (2, 9))
    with torch.inference_mode():
        assert torch.allclose(found(ids).logits, bert(ids).logits, atol=1e-4)
    with torch.no_grad():
        found.distilbert.transformer.layer[2].ffn.lin1.bias += 0.1
    with pytest.raises(ProofError, match="after layer 2"):
        architecture.prove(bert, found)


def test_layers_are_spread_evenly() -> None:
    assert choose(3, 6) == (1, 3, 5)
    assert choose(6, 12) == (1, 3, 5, 7, 9, 11)
    assert choose(2, 5) == (1, 4)
    for wrong in (0, 7, (3, 1), (0, 6), ()):
        with pytest.raises(PlanError):
            choose(wrong, 6)


def test_batches_and_masks_are_functions_of_seed_and_step() -> None:
    lengths = np.arange(50) % 7 + 3
    order = Order(lengths, 8, 3)
    epoch = [order.indices(step) for step in range(order.steps_per_epoch)]
    assert {int(i) for batch in epoch for i in batch} == set(range(50))
    assert all(len(batch) == 8 for batch in epoch)
    again = Order(lengths, 8, 3)
    assert all(np.array_equal(again.indices(step), epoch[step]) for step in (6, 2))
    assert not np.array_equal(order.indices(7), epoch[0])
    masking = Masking(4, (0, 2, 3), 300, 3)
    ids = np.tile(np.array([2, 40, 41, 42, 43, 3]), 2000)
    shown, chosen = masking.apply(ids, 5)
    assert np.array_equal(shown, masking.apply(ids, 5)[0])
    assert not np.array_equal(shown, masking.apply(ids, 6)[0])
    assert not chosen[np.isin(ids, (2, 3))].any()
    assert 0.14 < chosen[ids > 4].mean() < 0.16
    assert np.array_equal(shown[~chosen], ids[~chosen])
    assert 0.77 < (shown[chosen] == 4).mean() < 0.83


def test_texts_are_streamed_whole(tmp_path: Path) -> None:
    """Empty lines, a line of a megabyte, other scripts, and files of several kinds."""
    long = "the thing " * 100_000
    lines = write(tmp_path / "a.txt", f"one\n\n   \n{long}\nй好é\n")
    table = write(tmp_path / "b.tsv", "two and more\t1\nthree and more\t0\n")
    records = write(tmp_path / "c.jsonl", '{"id": "x", "text": "four"}\n')
    found = list(text_data.stream([str(lines), str(table), str(records)]))
    folder = tmp_path / "set"
    folder.mkdir()
    parquet.write_table(pyarrow.table({"id": [1, 2], "text": ["a", "b"]}), folder / "train.parquet")
    for source in (str(folder / "train.parquet"), f"datasets:{folder}:train"):
        assert list(text_data.stream([source])) == ["a", "b"]
    assert found[0] == "one"
    assert found[-4:] == ["й好é", "two and more", "three and more", "four"]
    assert max(map(len, found)) <= 100_000
    assert " ".join(found[1:-4]).split() == long.split()
    vocabulary = write_vocabulary(tmp_path / "vocab.txt")
    tokenizer = BertTokenizerFast(vocab=str(vocabulary))
    rows = list(pieces(iter(found), tokenizer, 16, packed=False))
    assert max(map(len, rows)) == 16
    assert all(row[0] == tokenizer.cls_token_id for row in rows)
    packed = list(pieces(iter(found), tokenizer, 16, packed=True))
    assert all(len(row) == 16 for row in packed[:-1])
    assert len(packed) <= len(rows)
    own = {*tokenizer.all_special_ids}
    own.remove(tokenizer.unk_token_id)
    flat = [[i for row in some for i in row if i not in own] for some in (rows, packed)]
    assert flat[0] == flat[1]


def test_texts_by_two_tokenizers_stay_pairs() -> None:
    """A text that one of them drops is left out of both."""

    def tokenizer(dropped: str) -> PreTrainedTokenizerFast:
        known = {"[CLS]": 0, "[SEP]": 1, **{letter: place for place, letter in enumerate("abc", 2)}}
        backend = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="[SEP]"))
        backend.normalizer = tokenizers.normalizers.Replace(dropped, "")
        backend.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        return PreTrainedTokenizerFast(tokenizer_object=backend)

    found = list(beginnings(iter(["a b", "b", "c a", "c"]), [tokenizer("b"), tokenizer("c")], 8))
    assert found == [([2], [2, 3]), ([4, 2], [2])]
