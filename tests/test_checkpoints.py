"""Checkpoints as they are found: what Transformers loads converts, the rest is one clear line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import BERT, save_checkpoint
from safetensors.torch import load_file, save_file
from shared import convert, plan_of
from test_source import edit_config, pickle_only
from test_tokenizer import byte_level_bpe, unigram
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
)

from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import checkpoint
from edgekit.model.finding import find
from edgekit.model.source import Trust

Weights = dict[str, torch.Tensor]


def edit_weights(folder: Path, change: Callable[[Weights], Weights]) -> None:
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, {"format": "pt"})


def drop_from_config(folder: Path, *names: str) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({name: config[name] for name in config.keys() - set(names)}))


def old_norm_names(folder: Path) -> None:
    """As BERT was ported from TensorFlow, before Transformers 1.0."""
    names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

    def renamed(key: str) -> str:
        for new, old in names.items():
            key = key.replace(new, old)
        return key

    edit_weights(folder, lambda weights: {renamed(key): value for key, value in weights.items()})


def position_ids(folder: Path) -> None:
    """A buffer that Transformers saved until 4.31."""
    ids = torch.arange(64)[None]
    edit_weights(folder, lambda weights: {**weights, "bert.embeddings.position_ids": ids})


def old_config(folder: Path) -> None:
    drop_from_config(folder, "transformers_version", "dtype")
    edit_config(folder, _num_labels=3, output_past=True, pruned_heads={}, torch_dtype="float32")


def vocabulary_only(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()


def wrapped(folder: Path) -> None:
    """By torch.compile and DataParallel."""
    edit_weights(folder, lambda weights: {f"_orig_mod.module.{k}": v for k, v in weights.items()})


def training_settings(folder: Path) -> None:
    edit_config(folder, output_attentions=True, chunk_size_feed_forward=16)


@pytest.mark.parametrize(
    "age",
    [
        *(old_norm_names, position_ids, old_config, vocabulary_only, pickle_only),
        *(wrapped, training_settings),
    ],
)
def test_old_checkpoints_are_the_same_model(
    age: Callable[[Path], None], classifier: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    age(folder)
    old, new = find(str(folder), Trust(allow_pickle=True)), find(str(classifier))
    models = [checkpoint.load_model(source, source.task(None)) for source in (old, new)]
    states = [model.state_dict() for model in models]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    ids = torch.arange(2, 9)[None]
    torch.testing.assert_close(*(model(ids, return_dict=True)[0] for model in models))
    texts = ("The café, 好", "x")
    ids = [checkpoint.load_tokenizer(source)(*texts)["input_ids"] for source in (old, new)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_weights_become_float32(
    dtype: torch.dtype, classifier: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    edit_weights(folder, lambda weights: {key: value.to(dtype) for key, value in weights.items()})
    edit_config(folder, dtype=str(dtype).removeprefix("torch."))
    source = find(str(folder))
    state = checkpoint.load_model(source, source.task(None)).state_dict()
    for name, stored in load_file(folder / "model.safetensors").items():
        assert torch.equal(state[name], stored.float()), name
    assert {value.dtype for value in state.values() if value.is_floating_point()} == {torch.float32}


def one_label(folder: Path) -> Path:
    """A regression, in bfloat16 and shards, with a byte-level tokenizer."""
    config = BertConfig.from_dict({**BERT.to_dict(), "vocab_size": 400, "num_labels": 1})
    model = BertForSequenceClassification(config).eval().to(torch.bfloat16)
    model.save_pretrained(folder, max_shard_size="20KB")
    byte_level_bpe().save_pretrained(folder)
    return folder


def one_tag(folder: Path) -> Path:
    """A token classifier whose softmax is 1 for every token."""
    config = BertConfig.from_dict({**BERT.to_dict(), "num_labels": 1, "initializer_range": 0.3})
    return save_checkpoint(BertForTokenClassification(config).eval(), folder)


def many_labels(folder: Path) -> Path:
    """300 labels, some empty, doubled or unprintable, with a SentencePiece-like tokenizer."""
    odd = [
        "",
        "same",
        "same",
        'quote " and \\',
        "line\nbreak",
        "\u202eright to left",
        "👩‍👧",
        "\x00",
    ]
    names = dict(enumerate(odd + [f"label {index}" for index in range(300 - len(odd))]))
    config = BertConfig.from_dict({**BERT.to_dict(), "vocab_size": 600, "id2label": names})
    BertForSequenceClassification(config).eval().save_pretrained(folder)
    unigram().save_pretrained(folder)
    return folder


def tied(folder: Path) -> Path:
    """A masked language model, whose decoder is its embedding table and is not in the file."""
    return save_checkpoint(BertForMaskedLM(BERT).eval(), folder)


@pytest.mark.parametrize(
    "make",
    [
        many_labels,
        *(pytest.param(row, marks=pytest.mark.slow) for row in (one_label, one_tag, tied)),
    ],
)
def test_odd_checkpoints_convert(make: Callable[[Path], Path], tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = make(tmp_path / "model")
    source = find(str(folder))
    labels = checkpoint.labels(checkpoint.load_model(source, source.task(None)), source.task(None))
    asked = {"to": ("onnx",), "recipe": ("fp32",), "buckets": (64,)}
    bundle = convert(folder, tmp_path / "out", **asked)
    (artifact,) = bundle.artifacts
    assert artifact.passed
    assert bundle.manifest.labels == labels
    assert len(bundle.golden().cases) > 30


def test_a_classifier_of_texts_keeps_short_buckets_unless_asked(
    classifier: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    edit_config(folder, max_position_embeddings=8192)
    settings = folder / "tokenizer_config.json"
    stored = json.loads(settings.read_text())
    settings.write_text(json.dumps({**stored, "model_max_length": 8192}))
    usual = plan_of(folder, out=tmp_path / "out")
    assert usual.buckets == (16, 32, 64, 128, 256)
    assert usual.notes == (
        "texts are cut at 256 tokens; the checkpoint takes 8192: --max-length 8192",
    )
    longer = plan_of(folder, out=tmp_path / "out", max_length=8192)
    assert longer.buckets == (16, 32, 64, 128, 256, 512, 8192)
    assert not longer.notes
    short = plan_of(classifier, out=tmp_path / "out")
    assert short.buckets == (16, 32, 64)
    edit_config(folder, id2label={"0": "relevance"})
    assert max(plan_of(folder, out=tmp_path / "out").buckets) == 512
    assert not short.notes
    settings.write_text(json.dumps({**stored, "model_max_length": 384}))
    assert plan_of(folder, out=tmp_path / "out").max_length == 384  # somebody chose it
    settings.write_text(json.dumps({**stored, "model_max_length": 512}))
    edit_config(folder, sentence_transformers={"version": "5.1.0"})
    assert plan_of(folder, out=tmp_path / "out").max_length == 512, "a CrossEncoder's own length"


def python_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    config = {"word_tokenizer_type": "basic", "subword_tokenizer_type": "character"}
    text = json.dumps({"tokenizer_class": "BertJapaneseTokenizer", **config})
    (folder / "tokenizer_config.json").write_text(text)


def foreign_tokenizer(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (folder / name).unlink()
    unigram().save_pretrained(folder)


def prepare(folder: Path) -> None:
    """All that a conversion asks of a checkpoint before it traces."""
    source = find(str(folder))
    model = checkpoint.load_model(source, source.task(None))
    tokenizer = checkpoint.load_tokenizer(source)
    assert tokenizer is not None
    checkpoint.check_vocabulary(tokenizer, model)


REFUSED = {
    "no model_type": (lambda f: drop_from_config(f, "model_type"), SourceError, "no model_type"),
    "no class": (lambda f: drop_from_config(f, "architectures"), UnsupportedError, "--task"),
    "decoder": (lambda f: edit_config(f, is_decoder=True), UnsupportedError, "is_decoder"),
    "positions": (
        lambda f: edit_config(f, position_embedding_type="relative_key"),
        UnsupportedError,
        "relative_key.*Transformers 5",
    ),
    "labels": (
        lambda f: edit_config(f, id2label={"0": "a"}, label2id={"a": 0}),
        SourceError,
        r"classifier.\w+ is \(3.*makes it \(1",
    ),
    "labels with gaps": (
        lambda f: edit_config(f, id2label={"1": "a", "2": "b", "5": "c"}, label2id={}),
        SourceError,
        "not numbered 0 to 2",
    ),
    "python tokenizer": (python_tokenizer, UnsupportedError, "runs in Python only"),
    "foreign tokenizer": (foreign_tokenizer, SourceError, "do not belong together"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_converted_says_why(case: str, classifier: Path, tmp_path: Path) -> None:
    spoil, error, message = REFUSED[case]
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    spoil(folder)
    with pytest.raises(error, match=message):
        prepare(folder)
