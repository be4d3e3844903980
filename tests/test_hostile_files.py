"""Files of a checkpoint with wrong types, depths and sizes: one line, or what was asked for."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from shared import plan_of
from test_source import write_modules

from edgekit.errors import EdgekitError

NAMES = (
    "config.json",
    "modules.json",
    "config_sentence_transformers.json",
    "1/config.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "model.safetensors.index.json",
)
VALUES = (
    *(None, True, -1, 0, 10**30, 1e400, "", "\0", "a" * 300, "../../x", [], [[]], {}, {"a": 1}),
    *(["x", 1], [{"type": 1, "path": 2}], json.loads("[" * 90 + "]" * 90)),
)
RAW = ("", "{", "[" * 5000, "nul\0", '"text"', "[1]", '{"model_type": "bert"}', "\ufeff{}", "é")


@pytest.fixture
def folder(classifier: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(classifier, tmp_path / "model"))
    write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    (folder / "1").mkdir()
    (folder / "1" / "config.json").write_text('{"pooling_mode": "mean"}')
    settings = {"prompts": {"query": "q"}, "truncate_dim": 8, "similarity_fn_name": "dot"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 32}')
    shard = (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    with safe_open(shard, "numpy") as file:
        index = {
            "metadata": {"total_size": 1},
            "weight_map": dict.fromkeys(file.keys(), shard.name),
        }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def said(folder: Path) -> str:
    """What stops a plan; empty where nothing does."""
    try:
        plan_of(folder, out=folder.parent / "out", to=["onnx"])
    except EdgekitError as error:
        return str(error)
    return ""


def test_the_files_are_good_as_they_are(folder: Path) -> None:
    assert said(folder) == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_is_one_line(name: str, folder: Path) -> None:
    rng = random.Random(name)
    path = folder / name
    whole = path.read_text()
    for raw in RAW:
        path.write_text(raw)
        assert "\n" not in said(folder)
    for _ in range(60):
        content = json.loads(whole)
        place = content if isinstance(content, dict) else rng.choice(content)
        key = rng.choice(sorted(place))
        place[key] = rng.choice(VALUES)
        path.write_text(json.dumps(content))
        assert "\n" not in said(folder)
