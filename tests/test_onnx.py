"""ONNX files against the unmodified Transformers models they come from, run by onnxruntime."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnxruntime.quantization import quantize_dynamic
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    PreTrainedModel,
)

from edgekit import recipe
from edgekit.converters.onnx import Options, convert
from edgekit.errors import ConversionError
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tracing import export as trace
from edgekit.tracing import graph
from edgekit.tracing.graph import Graph

VOCABULARY, LENGTH, LAYERS = 1000, 64, 2
CARD = Card("tiny", "fill-mask", "tests", "a tiny model", "edgekit", "MIT", ("no", "yes"), True)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SHAPES = [(1, 1, 1), (1, 20, 20), (2, 33, 9), (1, LENGTH, LENGTH), (3, LENGTH, 5)]


@dataclass(frozen=True)
class Case:
    """A model, its traced graph and the file of each recipe."""

    model: PreTrainedModel
    graph: Graph
    files: dict[str, Path]

    def feed(self, batch: int, length: int, real: int) -> dict[str, np.ndarray]:
        """Random tokens, of which the last ``length - real`` are padding."""
        shape, rng = (batch, length), np.random.default_rng(length)
        mask = np.broadcast_to(np.arange(length) < real, shape).astype(np.int32)
        tokens = rng.integers(1, VOCABULARY, shape, np.int32) * mask
        types = rng.integers(0, 2, shape, np.int32)
        names = [spec.name for spec in self.graph.signature.inputs]
        return dict(zip(names, (tokens, mask, types), strict=False))

    def expected(self, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        with torch.no_grad():
            outputs = self.model(
                **{name: torch.tensor(value).long() for name, value in feed.items()}
            )
        return [outputs[spec.name].numpy() for spec in self.graph.signature.outputs]

    def run(self, name: str, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        session = onnxruntime.InferenceSession(self.files[name], providers=["CPUExecutionProvider"])
        return list(session.run([spec.name for spec in self.graph.signature.outputs], feed))


def _case(model: PreTrainedModel, task_name: str, inputs: int, folder: Path) -> Case:
    task = tasks.get(task_name)
    signature = Signature(
        tuple(TensorSpec(name, "int32", ("batch", "length")) for name in INPUTS[:inputs]),
        tasks.tensor_specs(task, {"vocabulary": VOCABULARY}),
        (LENGTH,),
    )
    traced = trace.trace(model.eval(), task, signature, folder, Head())
    recipes = [recipe.get("fp32"), recipe.get("int8")]
    files = {made.name: path for made, path in convert(traced, recipes, CARD, folder)}
    return Case(model, traced, files)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A masked language model: its decoder is tied to its embeddings."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=LENGTH,
    )
    return _case(BertForMaskedLM(config), "fill-mask", 3, tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def distilbert(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Question answering: two outputs, no token types."""
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=VOCABULARY, dim=64, n_layers=LAYERS, n_heads=4, hidden_dim=128
    )
    model = DistilBertForQuestionAnswering(config)
    return _case(model, "question-answering", 2, tmp_path_factory.mktemp("distilbert"))


@pytest.mark.parametrize("name", ["bert", "distilbert"])
@pytest.mark.parametrize(("batch", "length", "real"), SHAPES)
def test_it_computes_what_transformers_computes(
    name: str, batch: int, length: int, real: int, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(name)
    feed = case.feed(batch, length, real)
    expected = case.expected(feed)
    for made, bound in (("fp32", 1e-5), ("int8", 0.05)):
        for got, want in zip(case.run(made, feed), expected, strict=True):
            assert got.dtype == np.float32
            assert got.shape == want.shape
            scale = max(1.0, float(np.abs(want).max()))
            assert np.abs(got - want)[:, :real].max() / scale < bound


def test_padding_changes_nothing(bert: Case) -> None:
    short = {name: value[:, :9] for name, value in bert.feed(1, LENGTH, 9).items()}
    (want,) = bert.run("fp32", short)
    (got,) = bert.run("fp32", bert.feed(1, LENGTH, 9))
    np.testing.assert_allclose(got[:, :9], want, atol=1e-5)


def test_int8_does_not_depend_on_padding_as_quantize_dynamic_does(
    bert: Case, tmp_path: Path
) -> None:
    """Why edgekit does not call it: the largest value of a whole batch scales every token."""
    quantize_dynamic(bert.files["fp32"], tmp_path / "peer.onnx", per_channel=True)
    moved = {}
    for name, files in (("ours", bert.files), ("peer", {"int8": tmp_path / "peer.onnx"})):
        case = replace(bert, files=files)
        padded = bert.feed(1, LENGTH, 9)
        (short,) = case.run("int8", {key: value[:, :9] for key, value in padded.items()})
        (long,) = case.run("int8", padded)
        moved[name] = float(np.abs(long[:, :9] - short).max() / np.abs(short).max())
    assert moved["ours"] < 1e-5
    assert moved["peer"] > 1e-3


def test_tokens_of_one_sign_and_of_zeros_keep_their_meaning(tmp_path: Path) -> None:
    """A range without 0 in it could not be shifted by a level; one of no width has no scale."""

    class Layer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.layer = torch.nn.Linear(8, 16)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"y": self.layer(x)}

    spread = np.linspace(0, 1, 8, dtype=np.float32)
    tokens = np.stack([spread - 0.5, spread + 9, -9 - spread, np.zeros_like(spread)])[np.newaxis]
    program = torch.export.export(Layer().eval(), (torch.from_numpy(tokens),))
    spec = TensorSpec("x", "float32", (1, 4, 8))
    traced = graph.save(
        tmp_path, Signature((spec,), (TensorSpec("y", "float32", (1, 4, 16)),), (4,)), program
    )
    ((_, path),) = convert(traced, [recipe.get("int8")], CARD, tmp_path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,), want = session.run(None, {"x": tokens}), Layer()(torch.from_numpy(tokens))["y"]
    error = np.abs(found - want.detach().numpy())[0].max(-1)
    assert (error <= [0.01, 0.1, 0.1, 1e-7]).all()


@pytest.mark.parametrize("name", ["fp32", "int8"])
def test_a_file_is_valid_and_says_what_it_is(bert: Case, name: str) -> None:
    path = bert.files[name]
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    free = [
        [axis.dim_param for axis in spec.type.tensor_type.shape.dim] for spec in model.graph.input
    ]
    assert [spec.name for spec in model.graph.input] == list(INPUTS)
    assert free == [["batch", "length"]] * 3
    assert [spec.name for spec in model.graph.output] == ["logits"]
    assert [(used.domain, used.version) for used in model.opset_import] == [("", 20)]
    assert (model.producer_name, model.doc_string) == ("edgekit", CARD.description)
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "task": "fill-mask",
        "source": "tests",
        "author": "edgekit",
        "license": "MIT",
        "labels": '["no", "yes"]',
        "random_weights": "true",
    }


def test_the_graph_is_clean(bert: Case) -> None:
    model = onnx.load(bert.files["fp32"])
    kinds = Counter(node.op_type for node in model.graph.node)
    assert kinds["Gelu"] == LAYERS + 1
    assert kinds["LayerNormalization"] == 2 * LAYERS + 2
    assert kinds["MatMul"] == 6 * LAYERS + 2  # query, key and value are one
    assert kinds["Reshape"] == 2 * LAYERS + 2
    assert kinds["Transpose"] == 4 * LAYERS + 3  # to rows and back, and the tied decoder's
    assert kinds["Shape"] == 2
    assert not kinds.keys() & {"IsNaN", "Where", "Identity", "Constant"}
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)


# What onnxruntime makes of a layer. SkipLayerNormalization, an Add and a LayerNormalization as one,
# would take longer than the two; a product of integers is to take its scales along.
ATTENTION_AS_RUN = {"FusedMatMul": 2, "Reshape": 2, "Softmax": 1, "Split": 1, "Transpose": 1}
AROUND_AS_RUN = {**ATTENTION_AS_RUN, "Gelu": 1, "LayerNormalization": 2}
QUANTIZED_AS_RUN = {
    **dict.fromkeys(("DequantizeLinear", "Div", "Pad", "ReduceMax", "ReduceMin"), 4),
    **dict.fromkeys(("MatMulIntegerToFloat", "Mul", "Gemm"), 4),
    **dict.fromkeys(("Abs", "QuantizeLinear", "Unsqueeze"), 8),
}
LAYER_AS_RUN = {
    "fp32": {**AROUND_AS_RUN, "Gemm": 4, "Add": 3},
    "int8": {**AROUND_AS_RUN, **QUANTIZED_AS_RUN, "Add": 7},
}


@pytest.mark.parametrize("name", LAYER_AS_RUN)
def test_the_runtime_makes_of_a_layer_what_is_fast(bert: Case, name: str, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(bert.files[name], options, providers=["CPUExecutionProvider"])
    nodes = onnx.load(tmp_path / "optimised.onnx").graph.node
    scope = "model.bert.encoder.layer.1."
    found = Counter(node.op_type for node in nodes if node.output[0].startswith(scope))
    assert found == LAYER_AS_RUN[name]


@pytest.mark.parametrize("name", LAYER_AS_RUN)
def test_every_count_of_tokens_has_one_name_for_the_runtimes_planner(bert: Case, name: str) -> None:
    inferred = onnx.shape_inference.infer_shapes(onnx.load(bert.files[name])).graph.value_info
    shapes = [row.type.tensor_type.shape.dim for row in inferred]
    counts = {
        shape[0].dim_param for shape in shapes if len(shape) == 2 and shape[1].dim_value == 64
    }
    assert len(counts - {"batch"}) == 1


@pytest.mark.parametrize(("asked", "opsets"), [(16, (15, 15)), (17, (17, 17)), (19, (17, 18))])
def test_an_older_opset_computes_the_same_in_operators_that_it_has(
    bert: Case, tmp_path: Path, asked: int, opsets: tuple[int, int]
) -> None:
    feed = bert.feed(2, 33, 9)
    for name, opset in zip(("fp32", "int8"), opsets, strict=True):
        ((_, path),) = convert(bert.graph, [recipe.get(name)], CARD, tmp_path, Options(asked))
        onnx.checker.check_model(path, full_check=True)
        assert [used.version for used in onnx.load(path).opset_import] == [opset]
        (got,), (want,) = replace(bert, files={name: path}).run(name, feed), bert.run(name, feed)
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_inputs_are_int64_where_that_is_asked_for(bert: Case, tmp_path: Path) -> None:
    ((_, path),) = convert(
        bert.graph, [recipe.get("fp32")], CARD, tmp_path, Options(int64_inputs=True)
    )
    feed = bert.feed(2, 33, 9)
    wide = {name: value.astype(np.int64) for name, value in feed.items()}
    (got,), (want,) = replace(bert, files={"wide": path}).run("wide", wide), bert.run("fp32", feed)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", ["fp32", "int8"])
def test_tied_weights_are_stored_once(bert: Case, name: str) -> None:
    tensors = onnx.load(bert.files[name]).graph.initializer
    assert sum(sorted(tensor.dims) == [64, VOCABULARY] for tensor in tensors) == 1


def test_only_what_was_asked_for_is_left(distilbert: Case, tmp_path: Path) -> None:
    list(convert(distilbert.graph, [recipe.get("int8")], CARD, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["model-int8.onnx"]


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"odd": torch.special.bessel_j0(input_ids)}

    program = torch.export.export(Odd(), (torch.ones(1, 4, dtype=torch.int32),))
    spec = TensorSpec("input_ids", "int32", (1, 4))
    signature = Signature((spec,), (TensorSpec("odd", "float32", (1, 4)),), (4,))
    odd = graph.save(tmp_path, signature, program)
    with pytest.raises(ConversionError, match="bessel_j0"):
        list(convert(odd, [recipe.get("fp32")], CARD, tmp_path))


def test_weights_beyond_the_limit_of_a_file_are_in_a_second_one(bert: Case, tmp_path: Path) -> None:
    ((_, path),) = convert(
        bert.graph, [recipe.get("fp32")], CARD, tmp_path, Options(limit_bytes=100_000)
    )
    data = path.with_name("model-fp32.onnx.data")
    assert sorted(tmp_path.iterdir()) == [path, data]
    assert path.stat().st_size < 100_000 < data.stat().st_size
    onnx.checker.check_model(path, full_check=True)
    feed = bert.feed(2, 33, 9)
    (got,), (want,) = replace(bert, files={"two": path}).run("two", feed), bert.run("fp32", feed)
    np.testing.assert_array_equal(got, want)
