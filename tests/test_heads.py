"""What sentence-transformers does besides pooling, compared with the library itself."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint, save_sparse
from sentence_transformers import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
)
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Dropout, LayerNorm, Pooling
from shared import convert, plan_of
from test_source import edit_config
from transformers import BertForSequenceClassification, BertModel

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.errors import UnsupportedError
from edgekit.model import checkpoint
from edgekit.model.families import get
from edgekit.model.finding import find
from edgekit.model.oracle import Oracle
from edgekit.postprocess.labels import Classification
from edgekit.postprocess.vectors import MultiVector, Similarity, SparseVector
from edgekit.tracing.export import TaskModule, hooked

QUERY, DOCUMENT = "the quick brown fox", "a fox is an animal"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(4)
    return save_checkpoint(BertModel(BERT).eval(), tmp_path_factory.mktemp("heads") / "encoder")


def scaled(module: LayerNorm) -> LayerNorm:
    torch.nn.init.normal_(module.norm.weight)
    torch.nn.init.normal_(module.norm.bias)
    return module


TOKENS = "token_embeddings"
HEADS = {
    "layer norm": lambda: [Pooling(32), scaled(LayerNorm(32)), Dropout(0.5), Normalize()],
    "length 1 before dense": lambda: [Pooling(32), Normalize(), Dense(32, 8)],
    "sigmoid": lambda: [Pooling(32), Dense(32, 8, activation_function=torch.nn.Sigmoid())],
    "two modes": lambda: [Pooling(32, pooling_mode=("cls", "weightedmean")), Dense(64, 8)],
}


def saved(folder: Path, encoder: Path, head: str, **settings: object) -> SentenceTransformer:
    torch.manual_seed(1)
    modules = [Transformer(str(encoder)), *HEADS[head]()]
    model = SentenceTransformer(modules=modules, device="cpu", **settings)
    model.save(str(folder))
    return model


def ours(folder: Path, text: str) -> tuple[np.ndarray, np.ndarray]:
    """The text's output by PyTorch, and by what is traced, padded to 40 tokens."""
    source = find(str(folder))
    task = source.task(None)
    model, tokenizer = checkpoint.load_model(source, task), checkpoint.load_tokenizer(source)
    assert tokenizer is not None
    ids = tokenizer(text)["input_ids"]
    (reference,) = Oracle(model, task, source.head(task), True).answer(ids).values()
    padded = [torch.zeros(1, 40, dtype=torch.int32) for _ in range(3)]
    padded[0][0, : len(ids)], padded[1][0, : len(ids)] = torch.tensor(ids), 1
    with torch.no_grad():
        module = TaskModule(hooked(model), task, source.head(task), get("bert"), 64)
        (traced,) = module(*padded).values()
    per_token = "length" in task.outputs[0].axes
    return reference, traced[0, : len(ids)].numpy() if per_token else traced[0].numpy()


@pytest.mark.parametrize("head", HEADS)
def test_modules_in_any_order(head: str, encoder: Path, tmp_path: Path) -> None:
    theirs = saved(tmp_path / "model", encoder, head)
    for value in ours(tmp_path / "model", QUERY):
        np.testing.assert_allclose(value, theirs.encode([QUERY])[0], atol=3e-6)


def test_a_truncated_vector_has_another_length(encoder: Path, tmp_path: Path) -> None:
    theirs = saved(tmp_path / "model", encoder, "layer norm", truncate_dim=8)
    expected = theirs.encode([QUERY])[0]
    assert expected.shape == (8,)
    assert np.linalg.norm(expected) < 0.9
    for value in ours(tmp_path / "model", QUERY):
        np.testing.assert_allclose(value, expected, atol=3e-6)


@pytest.mark.parametrize("strategy", ["max", "sum"])
@pytest.mark.parametrize("activation", ["relu", "log1p_relu"])
def test_sparse_vectors(strategy: str, activation: str, tmp_path: Path) -> None:
    folder = save_sparse(tmp_path / "model", strategy, activation)
    theirs = SparseEncoder(str(folder), device="cpu").encode([QUERY]).to_dense()[0]
    assert 0 < np.count_nonzero(theirs) < len(theirs)
    for value in ours(folder, QUERY):
        np.testing.assert_allclose(value, theirs, atol=3e-6)


def converted(folder: Path, out: Path) -> Bundle:
    return convert(folder, out, to=("onnx",), recipe=("fp32",))


def late(tmp_path: Path, encoder: Path) -> MultiVectorEncoder:
    torch.manual_seed(1)
    model = MultiVectorEncoder(str(encoder), device="cpu")
    model.save(str(tmp_path / "model"))
    return model


def test_a_vector_for_each_token(encoder: Path, tmp_path: Path) -> None:
    theirs = late(tmp_path, encoder).encode([QUERY])[0]
    assert theirs.shape[1] == 128
    for value in ours(tmp_path / "model", QUERY):
        np.testing.assert_allclose(value, theirs, atol=3e-6)


@pytest.mark.slow
def test_bundles_of_both_kinds_answer_as_the_library(encoder: Path, tmp_path: Path) -> None:
    library = SparseEncoder(str(save_sparse(tmp_path / "model")), device="cpu")
    vectors = library.encode([QUERY, DOCUMENT]).to_dense()
    bundle = converted(tmp_path / "model", tmp_path / "sparse")
    assert bundle.manifest.task == "sparse-embedding"
    with open_app(bundle, bundle.artifacts[0]) as app:
        found = app.answer(QUERY, DOCUMENT)
        assert isinstance(found, Similarity)
        expected = float(vectors[0] @ vectors[1])
        assert found.similarity == pytest.approx(expected, rel=1e-4)
        one = app.answer(QUERY, top=3)
        assert isinstance(one, SparseVector)
        largest = vectors[0].topk(3).indices.tolist()
        assert [row.index for row in one.weights] == largest
    multi = late(tmp_path / "late", encoder)
    parts = multi.encode([QUERY, DOCUMENT])
    bundle = converted(tmp_path / "late" / "model", tmp_path / "multi")
    with open_app(bundle, bundle.artifacts[0]) as app:
        found = app.answer(QUERY, DOCUMENT)
        assert isinstance(found, Similarity)
        expected = float(multi.similarity(parts[:1], parts[1:]))
        assert found.similarity == pytest.approx(expected, rel=1e-4)
        assert isinstance(app.answer(QUERY), MultiVector)


@pytest.mark.parametrize(
    "activation",
    [torch.nn.Sigmoid(), pytest.param(torch.nn.Identity(), marks=pytest.mark.slow)],
    ids=("sigmoid", "identity"),
)
def test_a_cross_encoder_scores_as_its_library(activation: torch.nn.Module, tmp_path: Path) -> None:
    torch.manual_seed(2)
    config = type(BERT).from_dict({**BERT.to_dict(), "num_labels": 1})
    base = save_checkpoint(BertForSequenceClassification(config).eval(), tmp_path / "base")
    theirs = CrossEncoder(str(base), device="cpu", activation_fn=activation, max_length=16)
    theirs.save(str(tmp_path / "model"))
    pair = (QUERY, f"{DOCUMENT} and runs far")
    bundle = converted(tmp_path / "model", tmp_path / "out")
    assert bundle.manifest.max_length == 16
    with open_app(bundle, bundle.artifacts[0]) as app:
        found = app.answer(*pair)
    assert isinstance(found, Classification)
    assert found.labels[0].score == pytest.approx(float(theirs.predict([pair])[0]), abs=1e-5)


def test_prompts_and_the_similarity_reach_the_manifest(encoder: Path, tmp_path: Path) -> None:
    prompts = {"query": "query: ", "document": "passage: "}
    saved(tmp_path / "model", encoder, "layer norm", prompts=prompts, similarity_fn_name="dot")
    source = find(str(tmp_path / "model"))
    assert source.prompts() == prompts
    assert source.similarity(source.task(None)) == "dot"


def test_an_old_folder_for_the_encoder_is_read(encoder: Path, tmp_path: Path) -> None:
    """As sentence-transformers saved it before release 2."""
    folder = tmp_path / "model"
    theirs = saved(folder, encoder, "layer norm")
    inner = folder / "0_Transformer"
    inner.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        if path.name not in ("modules.json", "config_sentence_transformers.json"):
            path.rename(inner / path.name)
    rows = json.loads((folder / "modules.json").read_text())
    rows[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(rows))
    for value in ours(folder, QUERY):
        np.testing.assert_allclose(value, theirs.encode([QUERY])[0], atol=3e-6)


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def beginning_with(kind: str, folder: Path) -> None:
    row = {"path": "", "type": f"sentence_transformers.models.{kind}"}
    (folder / "modules.json").write_text(json.dumps([row]))


def custom(folder: Path) -> None:
    """The same last name as a module of the library, and another's code."""
    rows = json.loads((folder / "modules.json").read_text())
    rows[1]["type"] = "custom_pool.Pooling"
    (folder / "modules.json").write_text(json.dumps(rows))


def without_prompts(folder: Path) -> None:
    edit(folder / "1_Pooling" / "config.json", include_prompt=False)
    edit(folder / "config_sentence_transformers.json", prompts={"query": "q: "})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (partial(beginning_with, "StaticEmbedding"), "StaticEmbedding, which .* table of vectors"),
        (partial(beginning_with, "Router"), "Router, which .* one of its routes"),
        (custom, "custom_pool.Pooling is not supported"),
        (without_prompts, "include_prompt"),
        (
            lambda f: edit(f / "sentence_bert_config.json", processing_kwargs={"text": {"a": 1}}),
            "called in another way",
        ),
        (
            lambda f: edit(f / "config_sentence_transformers.json", similarity_fn_name="tanimoto"),
            "tanimoto",
        ),
        (
            lambda f: edit_config(f, sentence_transformers={"activation_fn": "mine.Relu"}),
            "mine.Relu",
        ),
    ],
)
def test_what_a_bundle_cannot_do_is_refused_when_planned(
    spoil: object, message: str, encoder: Path, tmp_path: Path
) -> None:
    saved(tmp_path / "model", encoder, "layer norm")
    assert callable(spoil)
    spoil(tmp_path / "model")
    with pytest.raises(UnsupportedError, match=message):
        plan_of(tmp_path / "model", out=tmp_path / "out")
