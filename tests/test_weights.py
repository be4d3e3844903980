"""Every trained weight of a checkpoint is computed with, or the checkpoint is refused by name."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint
from safetensors.torch import load_file, save_file
from test_source import edgekit_cli, edit_config
from transformers import AutoModelForSequenceClassification, BertForPreTraining

from edgekit.errors import EdgekitError, SourceError, UnsupportedError
from edgekit.model import checkpoint
from edgekit.model.source import Source, Trust, find

Tensors = dict[str, torch.Tensor]


def copy(classifier: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(classifier, tmp_path / "model"))


def edit_weights(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, {"format": "pt"})


def loaded(folder: Path, **trust: bool) -> Tensors:
    source = find(str(folder), Trust(**trust))
    return dict(checkpoint.load_model(source, source.task(None)).state_dict())


def same(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def wrapped(folder: Path) -> None:
    """As torch.nn.DataParallel names them."""
    edit_weights(folder, lambda tensors: {f"module.{key}": x for key, x in tensors.items()})


def variant(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.fp16.safetensors")


def variant_in_shards(folder: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, variant="fp16", max_shard_size="20KB")
    assert (folder / "model.safetensors.index.fp16.json").is_file()


def own_code(folder: Path) -> None:
    """Beside a model_type that Transformers has itself, as nomic's checkpoints of the hub."""
    edit_config(folder, auto_map={"AutoModelForSequenceClassification": "modeling.Mine"})


def flash_attention(folder: Path) -> None:
    edit_config(folder, attn_implementation="flash_attention_2")


@pytest.mark.parametrize("change", [wrapped, variant, variant_in_shards, own_code, flash_attention])
def test_another_form_of_a_checkpoint_is_the_same_model(
    change: Callable[[Path], None], classifier: Path, tmp_path: Path
) -> None:
    folder = copy(classifier, tmp_path)
    change(folder)
    assert same(loaded(folder), loaded(classifier))


def crf(folder: Path) -> None:
    extra = {"crf.transitions": torch.ones(5, 5), "crf.start_transitions": torch.ones(5)}
    edit_weights(folder, lambda tensors: tensors | extra)


def pickled_head(folder: Path) -> None:
    """As SetFit saves its logistic regression."""
    (folder / "model_head.pkl").write_bytes(pickle.dumps([1.0]))


@pytest.mark.parametrize(
    ("add", "name"),
    [(crf, "crf.start_transitions and 1 more"), (pickled_head, "model_head.pkl")],
)
def test_weights_that_no_model_reads_are_named_and_refused(
    add: Callable[[Path], None], name: str, classifier: Path, tmp_path: Path
) -> None:
    folder = copy(classifier, tmp_path)
    add(folder)
    with pytest.raises(SourceError, match=rf"{name}.*--allow-unused-weights"):
        loaded(folder)
    assert same(loaded(folder, unused_weights=True), loaded(classifier))


def test_what_training_leaves_behind_is_harmless(tmp_path: Path) -> None:
    """BERT as it was pretrained, with a head for the next sentence, a pooler and positions."""
    folder = save_checkpoint(BertForPreTraining(BERT), tmp_path / "model")
    extra = {"bert.embeddings.position_ids": torch.arange(64)[None]}
    edit_weights(folder, lambda tensors: tensors | extra)
    for name in ("optimizer.pt", "training_args.bin", "rng_state_0.pth"):
        (folder / name).write_bytes(b"")
    source = find(str(folder))
    for task in ("fill-mask", "feature-extraction", "sentence-similarity"):
        checkpoint.load_model(source, source.task(task))


def test_an_adapter_is_merged_into_the_weights_beside_it(classifier: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    folder = copy(classifier, tmp_path)
    config = peft.LoraConfig(task_type="SEQ_CLS", r=4, target_modules=["query", "value"])
    base = AutoModelForSequenceClassification.from_pretrained(classifier)
    adapted = peft.get_peft_model(base, config).eval()
    torch.manual_seed(1)
    for name, value in adapted.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:  # the head is trained as well
            torch.nn.init.normal_(value, std=0.3)
    adapted.save_pretrained(folder)
    ids = torch.tensor([[2, 7, 9, 30, 3]])
    with torch.no_grad():
        expected = adapted(ids).logits
        source = find(str(folder))
        ours = checkpoint.load_model(source, source.task(None))(ids).logits
        plain = AutoModelForSequenceClassification.from_pretrained(classifier)(ids).logits
    np.testing.assert_allclose(ours, expected, atol=1e-6)
    assert (plain - expected).abs().max() > 1e-2
    assert source.sha256 != find(str(classifier)).sha256
    assert "adapter_model.safetensors is merged" in source.notes[0]
    edit = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(edit | {"target_modules": ["key"]}))
    with pytest.raises(SourceError, match=r"adapter of .* does not fit its model"):
        checkpoint.load_model(source, source.task(None))


def adapter_only(folder: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (folder / name).unlink()
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')


def quantised(folder: Path) -> None:
    edit_config(folder, quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True})


def tensorflow_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "tf_model.h5")


def table_only(folder: Path) -> None:
    edit_config(folder, model_type="model2vec")


def too_small(folder: Path) -> None:
    """An embedding table of fewer rows than the tokenizer has ids."""
    edit_config(folder, vocab_size=299)
    name = "bert.embeddings.word_embeddings.weight"
    edit_weights(folder, lambda tensors: tensors | {name: tensors[name][:299].clone()})


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (adapter_only, SourceError, r"PEFT adapter without the model.*merge_and_unload\(\)"),
        (quantised, UnsupportedError, "bitsandbytes.*dequantize"),
        (tensorflow_only, SourceError, "tf_model.h5.*TensorFlow.*Transformers 4, from_tf=True"),
        (table_only, UnsupportedError, "model2vec.*no encoder"),
        (too_small, SourceError, r"'\[unused\d+\]' has id 299, and the model has 299 embeddings"),
    ],
)
def test_what_cannot_be_loaded_says_what_can(
    spoil: Callable[[Path], None],
    error: type[EdgekitError],
    message: str,
    classifier: Path,
    tmp_path: Path,
) -> None:
    folder = copy(classifier, tmp_path)
    spoil(folder)
    with pytest.raises(error, match=message):
        prepare(find(str(folder)))


def prepare(source: Source) -> None:
    model = checkpoint.load_model(source, source.task(None))
    tokenizer = checkpoint.load_tokenizer(source)
    assert tokenizer is not None
    checkpoint.check_vocabulary(tokenizer, model)


def cached(folder: Path, cache: Path, *, known: bool) -> dict[str, str]:
    """The hub's cache of owner/name with these files and no word on others, unless ``known``."""
    repository = cache / "models--owner--name"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    shutil.copytree(folder, repository / "snapshots" / ("0" * 40))
    if known:
        (repository / ".no_exist" / ("0" * 40)).mkdir(parents=True)
        (repository / ".no_exist" / ("0" * 40) / "modules.json").touch()
    return {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}


@pytest.mark.parametrize("known", [False, True])
def test_a_cache_without_word_on_modules_makes_no_vectors(
    known: bool, classifier: Path, tmp_path: Path
) -> None:
    environment = cached(classifier, tmp_path / "hub", known=known)
    command = ("convert", "owner/name", "--dry-run", "--task")
    vectors = edgekit_cli(*command, "sentence-similarity", cwd=tmp_path, **environment)
    assert vectors.returncode == (0 if known else 2), vectors.stderr
    assert known or "has no modules.json" in vectors.stderr
    labels = edgekit_cli(*command, "text-classification", cwd=tmp_path, **environment)
    assert labels.returncode == 0, labels.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hub"]
