"""Sentence vectors against the sentence-transformers library itself, and damaged Dense modules."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from shared import convert, plan_of
from transformers import BertModel

from edgekit.conversion.plan import count_parameters
from edgekit.errors import EdgekitError, SourceError, UnsupportedError
from edgekit.manifest.checkpoint import DenseFacts, PoolingFacts
from edgekit.model import tasks
from edgekit.model.families import get
from edgekit.model.finding import find
from edgekit.model.head import MODES
from edgekit.model.head import Dense as Projection
from edgekit.model.oracle import Oracle
from edgekit.model.sentence_modules import ACTIVATIONS
from edgekit.model.source import Source, Trust
from edgekit.tokens.texts import TEXTS
from edgekit.tracing.export import TaskModule, hooked

TASK = tasks.get("sentence-similarity")
SENTENCE = "the quick brown fox"
LAYERS: dict[str, tuple[tuple[int, bool, str], ...]] = {
    "no dense": (),
    **{f"dense {name}": ((24, name != "Identity", name),) for name in ACTIVATIONS},
    "two dense": ((48, False, "ReLU"), (16, True, "Identity")),
}


def write(
    folder: Path, mode: str, normalize: bool, layers: tuple[tuple[int, bool, str], ...]
) -> Path:
    """A tiny checkpoint as sentence-transformers saves it."""
    torch.manual_seed(4)
    encoder = save_checkpoint(BertModel(BERT).eval(), folder.parent / f"{folder.name}-encoder")
    modules: list[torch.nn.Module] = [Transformer(str(encoder)), Pooling(32, pooling_mode=mode)]
    width = 32
    for size, bias, activation in layers:
        modules.append(Dense(width, size, bias, getattr(torch.nn, activation)()))
        width = size
    modules += [Normalize()] if normalize else []
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="module")
def projected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mean, one Dense layer with Tanh, normalised."""
    return write(tmp_path_factory.mktemp("st") / "projected", "mean", True, ((24, True, "Tanh"),))


@pytest.mark.parametrize(
    ("mode", "normalize", "layers"),
    [*((mode, False, "no dense") for mode in MODES), *(("mean", True, name) for name in LAYERS)],
)
def test_graph_and_reference_are_sentence_transformers(
    mode: str, normalize: bool, layers: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "model", mode, normalize, LAYERS[layers])
    theirs = SentenceTransformer(str(folder), device="cpu")
    expected = theirs.encode([SENTENCE])[0]
    source = find(str(folder))
    head, model = source.head(TASK), BertModel.from_pretrained(folder).eval()
    assert source.task(None) == TASK
    assert expected.shape == (head.width(32),)
    ids = theirs.tokenizer(SENTENCE)["input_ids"]
    reference = Oracle(model, TASK, head, True).answer(ids)["sentence_embedding"]
    np.testing.assert_allclose(reference, expected, atol=3e-6)
    padded = [torch.zeros(1, 40, dtype=torch.int32) for _ in range(3)]
    padded[0][0, : len(ids)], padded[1][0, : len(ids)] = torch.tensor(ids), 1
    with torch.no_grad():
        ours = TaskModule(hooked(model), TASK, head, get("bert"), 64)(*padded)[
            "sentence_embedding"
        ][0]
    np.testing.assert_allclose(ours, expected, atol=3e-6)


def test_a_dense_layer_is_in_every_file(projected: Path, tmp_path: Path) -> None:
    asked = {"to": ("onnx", "tflite"), "recipe": ("fp32",), "buckets": (16, 48)}
    bundle = convert(projected, tmp_path / "out", **asked)
    assert len(bundle.artifacts) == 2
    layer = DenseFacts(in_features=32, out_features=24, activation="Tanh")
    steps = ("mean", "dense 32 to 24, Tanh", "length 1")
    expected_facts = PoolingFacts(mode="mean", normalize=True, dense=(layer,), steps=steps)
    assert bundle.manifest.pooling == expected_facts
    assert bundle.artifacts[0].outputs[0].shape == ("batch", 24)
    golden = {case.name: case.outputs for case in bundle.golden().cases}
    text = dict(TEXTS)["english"]
    expected = SentenceTransformer(str(projected), device="cpu").encode([text])[0]
    ours = golden["english"]["sentence_embedding"].values
    np.testing.assert_allclose(ours, expected, atol=3e-6)


def test_dense_weights_are_part_of_the_source(projected: Path, tmp_path: Path) -> None:
    whole = find(str(projected))
    parameters = sum(p.numel() for p in BertModel.from_pretrained(projected).parameters())
    assert count_parameters(whole) == parameters + 24 * 32 + 24
    folder = copy(projected, tmp_path)
    tensors = load_file(folder / "2_Dense/model.safetensors")
    tensors["linear.bias"][0] += 1
    save_file(tensors, folder / "2_Dense/model.safetensors")
    assert find(str(folder)).sha256 != whole.sha256


def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "model"))


def edit(**changes: object) -> Callable[[Path], object]:
    def change(dense: Path) -> None:
        path = dense / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def truncate(dense: Path) -> None:
    path = dense / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def poison(dense: Path) -> None:
    tensors = load_file(dense / "model.safetensors")
    tensors["linear.weight"][0, 0] = float("nan")
    save_file(tensors, dense / "model.safetensors")


def rename(dense: Path) -> None:
    tensors = load_file(dense / "model.safetensors")
    save_file(
        {f"other.{name}": value for name, value in tensors.items()}, dense / "model.safetensors"
    )


def pickled(dense: Path) -> None:
    torch.save(load_file(dense / "model.safetensors"), dense / "pytorch_model.bin")
    (dense / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda dense: (dense / "model.safetensors").unlink(), SourceError, "no weights"),
        (lambda dense: (dense / "config.json").unlink(), SourceError, "config.json cannot be read"),
        (truncate, SourceError, "truncated or corrupted"),
        (poison, SourceError, "NaN or infinity"),
        (rename, SourceError, "linear.weight"),
        (pickled, SourceError, "--allow-pickle"),
        (edit(out_features=25), SourceError, "contradicts"),
        (
            edit(activation_function="torch.nn.modules.activation.ELU"),
            UnsupportedError,
            "Tanh, ReLU",
        ),
        (edit(activation_function="mine.Tanh"), UnsupportedError, "mine.Tanh"),
        (edit(use_residual=True), UnsupportedError, "residual"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_damaged_dense_module_is_refused_when_planned(
    spoil: Callable[[Path], object],
    error: type[EdgekitError],
    message: str,
    projected: Path,
    tmp_path: Path,
) -> None:
    folder = copy(projected, tmp_path)
    spoil(folder / "2_Dense")
    with pytest.raises(error, match=message) as caught:
        plan_of(folder, out=tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_dense_layer_that_does_not_fit_its_encoder_is_refused(
    projected: Path, tmp_path: Path
) -> None:
    folder = copy(projected, tmp_path)
    edit(in_features=40)(folder / "2_Dense")
    save_file({"linear.weight": torch.zeros(24, 40)}, folder / "2_Dense/model.safetensors")
    with pytest.raises(SourceError, match="takes 40 values where 32 come"):
        convert(folder, tmp_path / "out", to=("onnx",))


def projection(source: Source) -> Projection:
    (found,) = (step for step in source.head(TASK).steps if isinstance(step, Projection))
    return found


def test_pickled_dense_weights_load_when_allowed(projected: Path, tmp_path: Path) -> None:
    folder = copy(projected, tmp_path)
    safe = projection(find(str(folder)))
    pickled(folder / "2_Dense")
    loaded = projection(find(str(folder), Trust(allow_pickle=True)))
    np.testing.assert_array_equal(loaded.weight, safe.weight)
    np.testing.assert_array_equal(loaded.bias, safe.bias)
