"""Bad input: one line that says what is wrong and what to do, exit code 2, nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from command import edgekit_cli, edgekit_process
from safetensors.torch import load_file, save_file
from shared import plan_of
from transformers import AutoModel

from edgekit.conversion.plan import count_parameters
from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import checkpoint, tasks
from edgekit.model.finding import find
from edgekit.model.head import Head, Normalize, Pool
from edgekit.model.source import Trust

FROM_TORCH = {"format": "pt"}


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def break_header(folder: Path) -> None:
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[20] ^= 0xFF
    weights.write_bytes(data)


def poison(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    next(iter(weights.values())).view(-1)[0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def pickle_only(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


BAD_CHECKPOINTS = {
    "no config": (lambda f: (f / "config.json").unlink(), [], "no config.json"),
    "broken config": (lambda f: (f / "config.json").write_text("{"), [], "not readable JSON"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), [], "config:"),
    "truncated": (truncate, [], "truncated or corrupted"),
    "broken header": (break_header, [], "truncated or corrupted"),
    "pickle": (pickle_only, [], "--allow-pickle"),
    "architecture": (lambda f: edit_config(f, model_type="gpt2"), [], "edgekit has bert"),
    "other head": (lambda f: None, ["--task", "token-classification"], "for text-classification"),
    "unknown task": (lambda f: None, ["--task", "poetry"], "is not one of 'question-answering'"),
    "too long": (lambda f: None, ["--max-length", "65"], "limit of 64"),
    "bucket": (lambda f: None, ["--buckets", "16,99"], "limit of 64"),
    "format": (lambda f: None, ["--to", "onnx,gguf"], "'gguf' is not one of 'onnx'"),
    "recipe": (lambda f: None, ["--recipe", "int3"], "'int3' is not one of 'fp32'"),
    "existing output": (lambda f: (f.parent / "out").mkdir(), [], "--force"),
}


@pytest.mark.parametrize("case", BAD_CHECKPOINTS)
def test_bad_input_is_one_line_and_writes_nothing(
    case: str, classifier: Path, tmp_path: Path
) -> None:
    spoil, options, message = BAD_CHECKPOINTS[case]
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    spoil(folder)
    before = sorted(tmp_path.rglob("*"))
    result = edgekit_cli("convert", "model", "-o", "out", "--quiet", *options, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


BAD_WEIGHTS = {
    "NaN": (poison, None, "NaN or infinity"),
    "shapes": (lambda f: edit_config(f, intermediate_size=128), None, "cannot be loaded"),
    "no head": (
        lambda f: edit_config(f, architectures=["BertModel"]),
        "fill-mask",
        "no weights for cls.predictions",
    ),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_refused_when_they_are_loaded(
    case: str, classifier: Path, tmp_path: Path
) -> None:
    spoil, task, message = BAD_WEIGHTS[case]
    folder = Path(shutil.copytree(classifier, tmp_path / "model"))
    spoil(folder)
    source = find(str(folder))
    with pytest.raises(SourceError, match=message) as caught:
        checkpoint.load_model(source, source.task(task))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nobody/no-such-model", "hub"),
        ("./missing", "does not exist"),
        ("config:./missing.json", "no config.json"),
    ],
)
def test_a_model_that_is_nowhere(model: str, message: str, tmp_path: Path) -> None:
    result = edgekit_process("convert", model, cwd=tmp_path, HF_HUB_OFFLINE="1")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr


def test_pickles_load_when_allowed(classifier: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    pickle_only(folder)
    task = tasks.get("text-classification")
    pickled = checkpoint.load_model(find(str(folder), Trust(allow_pickle=True)), task)
    safe = checkpoint.load_model(find(str(classifier)), task)
    assert all(map(torch.equal, pickled.state_dict().values(), safe.state_dict().values()))


def test_sharded_safetensors_are_one_checkpoint(classifier: Path, tmp_path: Path) -> None:
    whole = find(str(classifier))
    model = AutoModel.from_pretrained(classifier)
    shutil.copytree(classifier, tmp_path / "model", ignore=lambda *_: ["model.safetensors"])
    model.save_pretrained(tmp_path / "model", max_shard_size="20KB")
    shards = find(str(tmp_path / "model"))
    assert len(shards.weights) > 1
    assert shards.sha256 != whole.sha256
    assert count_parameters(shards) == sum(p.numel() for p in model.parameters())
    folder, lost = tmp_path / "model", shards.weights[1]
    index = folder / "model.safetensors.index.json"
    weights, listed = load_file(lost), index.read_text()
    name = next(name for name in weights if not name.startswith("pooler"))
    save_file({key: value for key, value in weights.items() if key != name}, lost, FROM_TORCH)
    with pytest.raises(SourceError, match=f"{name}: they are to be in {lost.name}"):
        checkpoint.load_model(find(str(folder)), tasks.get("feature-extraction"))
    lost.unlink()
    with pytest.raises(SourceError, match=f"{lost.name}, which is missing"):
        find(str(folder))
    rest = {
        key: file for key, file in json.loads(listed)["weight_map"].items() if file != lost.name
    }
    index.write_text(json.dumps({"weight_map": rest}))
    with pytest.raises(SourceError, match="no shard 2 of"):
        find(str(folder))
    index.unlink()
    with pytest.raises(SourceError, match="without the index"):
        find(str(folder))


OTHER_WEIGHTS = {
    "tf_model.h5": "from_tf=True",
    "flax_model-00001-of-00002.msgpack": "from_flax=True",
    "onnx/model.onnx": "exported: take the checkpoint",
    "last.ckpt": r"load_state_dict\(\)",
    "optimizer.pt": "for random weights give config:",
    "consolidated.safetensors": "rename them to model.safetensors",
    "model.safetensors": "git lfs pull",
    "adapter_config.json": "merge_and_unload",
}


@pytest.mark.parametrize("name", OTHER_WEIGHTS)
def test_weights_of_another_form_have_their_own_remedy(
    name: str, classifier: Path, tmp_path: Path
) -> None:
    shutil.copytree(classifier, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    path = tmp_path / "model" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(SourceError, match=OTHER_WEIGHTS[name]):
        find(str(tmp_path / "model"))


NAMES = {  # what is put around a model's or a layer's weights, and the name that is shown
    "part of a module": (lambda key: f"net.{key}", r"net\.bert"),
    "weight norm": (
        lambda key: key.replace(
            "classifier.weight", "classifier.parametrizations.weight.original1"
        ),
        r"classifier\.parametrizations",
    ),
}


@pytest.mark.parametrize("case", NAMES)
def test_other_names_of_weights_are_shown(case: str, classifier: Path, tmp_path: Path) -> None:
    rename, shown = NAMES[case]
    folder = Path(shutil.copytree(classifier, tmp_path / "model"))
    path = folder / "model.safetensors"
    save_file({rename(key): value for key, value in load_file(path).items()}, path, FROM_TORCH)
    with pytest.raises(SourceError, match=f"other names, such as {shown}"):
        checkpoint.load_model(find(str(folder)), tasks.get("text-classification"))


def test_a_folder_around_checkpoints_names_the_last(classifier: Path, tmp_path: Path) -> None:
    for name in ("checkpoint-500", "checkpoint-1000", "best"):
        shutil.copytree(classifier, tmp_path / "run" / name)
    with pytest.raises(SourceError, match=r"give one, as .*checkpoint-1000$"):
        find(str(tmp_path / "run"))


QUANTISED = {"bitsandbytes": "dequantize", "gptq": "undo: take the checkpoint it was made of"}


@pytest.mark.parametrize("method", QUANTISED)
def test_quantised_weights_are_refused_with_what_undoes_them(
    method: str, classifier: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(classifier, tmp_path / "model"))
    edit_config(folder, quantization_config={"quant_method": method})
    with pytest.raises(UnsupportedError, match=QUANTISED[method]):
        find(str(folder))


def write_modules(folder: Path, names: list[str]) -> None:
    """As sentence-transformers does, the encoder in the checkpoint's own folder."""
    rows = [
        {"path": f"{index}" if index else "", "type": f"sentence_transformers.models.{name}"}
        for index, name in enumerate(names)
    ]
    (folder / "modules.json").write_text(json.dumps(rows))


def test_sentence_transformers_modules(classifier: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classifier, folder)
    write_modules(folder, ["Transformer", "Pooling", "Normalize"])
    (folder / "1").mkdir()
    for config, mode in (
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode": "max"}, "max"),
    ):
        (folder / "1" / "config.json").write_text(json.dumps(config))
        source = find(str(folder))
        assert source.task(None).name == "sentence-similarity"
        assert source.head(source.task(None)) == Head((Pool((mode,)), Normalize()))
    for wrong, message in (
        (["Transformer", "Pooling", "WeightedLayerPooling"], "WeightedLayerPooling"),
        (["Transformer", "Normalize", "Pooling"], "Normalize does not take the token_embeddings"),
        (["Transformer", "Pooling", "Pooling"], "order"),
    ):
        write_modules(folder, wrong)
        with pytest.raises(UnsupportedError, match=message):
            plan_of(folder, out=tmp_path / "out", to=["onnx"])
        assert plan_of(folder, task="text-classification", out=tmp_path / "out")
