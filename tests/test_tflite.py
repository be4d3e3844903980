"""TFLite files, opened by LiteRT, by TensorFlow's own interpreter and by ai-edge-quantizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ai_edge_litert import interpreter, schema_py_generated
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from ai_edge_quantizer import quantizer
from ai_edge_quantizer import recipe as quantizer_recipe
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    BertConfig,
    DistilBertConfig,
    PreTrainedModel,
)

from edgekit import recipe
from edgekit.converters import tflite
from edgekit.errors import UnsupportedError
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.runtime.interpreters import TfliteInterpreter
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tracing import export as trace
from edgekit.tracing.graph import Graph

BUCKETS = (16, 32)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
CARD = Card("tiny", "question-answering", "seed 0", "answers", labels=("no", "yes"))
NO_DELEGATE = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
BERT = BertConfig(
    vocab_size=300,
    hidden_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=128,
    max_position_embeddings=64,
)
DISTILBERT = DistilBertConfig(
    vocab_size=300, dim=64, n_layers=2, n_heads=4, hidden_dim=128, max_position_embeddings=64
)
_NAMES = {code: name for name, code in vars(schema_py_generated.BuiltinOperator).items()}
SIZES = {"vocabulary": 300, "hidden": 64}
MODELS = {
    "question-answering": (AutoModelForQuestionAnswering, DISTILBERT, INPUTS[:2]),
    "sentence-similarity": (AutoModel, BERT, INPUTS),
    "fill-mask": (AutoModelForMaskedLM, BERT, INPUTS),
}


def _randomised(model: PreTrainedModel) -> PreTrainedModel:
    """New models have biases of 0 and norms of 1, which would hide a parameter left out."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.eval()


@pytest.fixture(scope="module", params=MODELS)
def converted(
    request: pytest.FixtureRequest, tmp_path_factory: Any
) -> tuple[Graph, dict[str, Path]]:
    auto, config, names = MODELS[request.param]
    torch.manual_seed(0)
    model = _randomised(auto.from_config(config))
    task, folder = tasks.get(request.param), tmp_path_factory.mktemp("graph")
    signature = Signature(
        tuple(TensorSpec(name, "int32", ("batch", "length")) for name in names),
        tasks.tensor_specs(task, SIZES),
        BUCKETS,
    )
    graph = trace.trace(model, task, signature, folder, Head())
    recipes = [recipe.get("fp32"), recipe.get("int8")]
    out = tmp_path_factory.mktemp("out")
    files = {made.name: path for made, path in tflite.convert(graph, recipes, CARD, out)}
    assert sorted(out.iterdir()) == sorted(files.values())
    return graph, files


def _feed(graph: Graph, length: int, tokens: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(tokens)
    feed = {name: np.zeros((1, length), np.int32) for name in INPUTS[: len(graph.signature.inputs)]}
    feed["input_ids"][0, :tokens] = random.integers(1, 300, tokens)
    feed["attention_mask"][0, :tokens] = 1
    if "token_type_ids" in feed:
        feed["token_type_ids"][0, tokens // 2 : tokens] = 1
    return feed


def _wanted(graph: Graph, length: int, tokens: int) -> dict[str, np.ndarray]:
    feed = [torch.from_numpy(value) for value in _feed(graph, length, tokens).values()]
    with torch.no_grad():
        return {name: value.numpy() for name, value in graph.static(length).module()(*feed).items()}


def _real(graph: Graph, outputs: dict[str, np.ndarray], tokens: int) -> dict[str, np.ndarray]:
    """The outputs without the tokens of padding."""
    padded = {spec.name for spec in graph.signature.outputs if "length" in spec.shape}
    return {name: value[:, :tokens] if name in padded else value for name, value in outputs.items()}


@pytest.mark.parametrize("delegate", [None, NO_DELEGATE], ids=["xnnpack", "builtin"])
@pytest.mark.parametrize("tokens", [1, 9, 16])
def test_every_bucket_and_padding_is_what_pytorch_computes(
    converted: tuple[Graph, dict[str, Path]], tokens: int, delegate: Any
) -> None:
    graph, files = converted
    wanted = _real(graph, _wanted(graph, BUCKETS[0], tokens), tokens)
    options = {} if delegate is None else {"experimental_op_resolver_type": delegate}
    for name, tolerance in (("fp32", 3e-6), ("int8", 0.1)):
        interpreter = Interpreter(str(files[name]), num_threads=1, **options)
        for length in BUCKETS:
            run = interpreter.get_signature_runner(f"seq_{length}")
            found = _real(graph, run(**_feed(graph, length, tokens)), tokens)
            assert found.keys() == wanted.keys()
            for key, value in found.items():
                scale = max(1.0, float(np.abs(wanted[key]).max()))
                np.testing.assert_allclose(value, wanted[key], rtol=0, atol=tolerance * scale)


def test_tensorflow_reads_the_same_file(converted: tuple[Graph, dict[str, Path]]) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    graph, files = converted
    for name, tolerance in (("fp32", 3e-6), ("int8", 0.1)):
        run = tensorflow.lite.Interpreter(str(files[name])).get_signature_runner("seq_32")
        found, wanted = run(**_feed(graph, 32, 9)), _wanted(graph, 32, 9)
        for key, value in _real(graph, found, 9).items():
            scale = max(1.0, float(np.abs(wanted[key]).max()))
            np.testing.assert_allclose(
                value, wanted[key][:, : value.shape[1]], atol=tolerance * scale
            )


def test_a_proof_can_do_without_packed_weights(converted: tuple[Graph, dict[str, Path]]) -> None:
    graph, files = converted
    path, feed = files["fp32"], _feed(graph, 32, 9)
    usual = TfliteInterpreter(path, 1, interpreter, "LiteRT", most_bytes=1 << 30)
    plain = TfliteInterpreter(path, 1, interpreter, "LiteRT", most_bytes=0)
    assert (usual.runtime, plain.runtime) == ("LiteRT", "LiteRT without XNNPACK")
    expected, actual = usual.run(feed), plain.run(feed)
    assert all(np.abs(actual[name] - expected[name]).max() < 1e-4 for name in expected)


def test_a_second_signature_and_tied_weights_cost_no_weights(
    converted: tuple[Graph, dict[str, Path]],
) -> None:
    graph, files = converted
    weights = (graph.folder / "weights.safetensors").stat().st_size
    assert files["fp32"].stat().st_size < weights + 100_000
    assert files["int8"].stat().st_size < weights / 4 + 130_000


def test_operators_are_of_the_versions_that_their_use_needs(
    converted: tuple[Graph, dict[str, Path]], tmp_path: Path
) -> None:
    """By TensorFlow's own table: an old kernel takes the first row's scale for all of a weight."""
    graph, files = converted
    old = tflite.convert(graph, [recipe.get("int8")], CARD, tmp_path, tflite.Options("2.14"))
    versions = {
        name: _versions(path, "FULLY_CONNECTED", "EMBEDDING_LOOKUP", "DEQUANTIZE")
        for name, path in {**files, "old": next(old)[1]}.items()
    }
    assert versions == {
        "fp32": {("FULLY_CONNECTED", 5), ("EMBEDDING_LOOKUP", 1)},
        "int8": {("FULLY_CONNECTED", 12), ("EMBEDDING_LOOKUP", 4)},
        "old": {("FULLY_CONNECTED", 5), ("EMBEDDING_LOOKUP", 1), ("DEQUANTIZE", 5)},
    }


def test_what_an_old_runtime_lacks_is_named(
    converted: tuple[Graph, dict[str, Path]], tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedError, match=r"2\.8 has no GELU of version 1: .* 2\.9\.0"):
        list(
            tflite.convert(
                converted[0], [recipe.get("fp32")], CARD, tmp_path, tflite.Options("2.8")
            )
        )
    assert not list(tmp_path.iterdir())


def _versions(path: Path, *kinds: str) -> set[tuple[str, int]]:
    """Those operators of a file, with the versions that it asks for."""
    codes = flatbuffer_utils.read_model(str(path)).operatorCodes
    found = {(_NAMES[code.builtinCode], code.version) for code in codes}
    return {code for code in found if code[0] in kinds}


def test_interface_and_card_are_in_the_file(converted: tuple[Graph, dict[str, Path]]) -> None:
    graph, files = converted
    model = flatbuffer_utils.read_model(str(files["int8"]))
    assert model.description.decode() == "answers"
    (facts,) = (model.buffers[entry.buffer] for entry in model.metadata)
    assert json.loads(bytes(facts.data)) == {**CARD.__dict__, "labels": ["no", "yes"]}
    for subgraph, signature in zip(model.subgraphs, model.signatureDefs, strict=True):
        names = [entry.name.decode() for entry in signature.inputs]
        assert names == [spec.name for spec in graph.signature.inputs]
        assert [entry.tensorIndex for entry in signature.inputs] == list(subgraph.inputs)
        kinds = {tensor.type for tensor in subgraph.tensors}
        assert flatbuffer_utils.TensorType.INT64 not in kinds


def test_int8_weights_are_those_of_ai_edge_quantizer(
    converted: tuple[Graph, dict[str, Path]], tmp_path: Path
) -> None:
    _, files = converted
    peer = quantizer.Quantizer(str(files["fp32"]), quantizer_recipe.dynamic_wi8_afp32())
    peer.quantize(serialize_to_path=tmp_path / "peer.tflite")
    found, wanted = (_int8(path) for path in (files["int8"], tmp_path / "peer.tflite"))
    assert found == wanted


def _int8(path: Path) -> set[tuple[bytes, bytes]]:
    """Levels and scales of every int8 tensor of a file."""
    model = flatbuffer_utils.read_model(str(path))
    return {
        (bytes(model.buffers[tensor.buffer].data), np.float32(tensor.quantization.scale).tobytes())
        for subgraph in model.subgraphs
        for tensor in subgraph.tensors
        if tensor.type == flatbuffer_utils.TensorType.INT8
    }
