"""Core ML packages against PyTorch: evaluated by edgekit, and cross-checked by coremltools."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from edgekit import recipe
from edgekit.converters import coreml
from edgekit.mil.package import read_facts, read_spec, spec_path
from edgekit.mil.program import Program
from edgekit.mil.toolbox import coremltools, protobuf
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tracing import export as trace
from edgekit.tracing.graph import Graph

LAYERS, VOCABULARY, BUCKETS = 2, 1000, (8, 16, 48)
NAMES = ("input_ids", "attention_mask", "token_type_ids")
CARD = Card("tiny", "text-classification", "here", "two lines", "me", "MIT", ("no", "yes"), True)
STRING = protobuf("MIL_pb2").DataType.STRING
LEAST_COSINE = {"fp16": 0.99999, "int8": 0.998}


@dataclass(frozen=True)
class Exported:
    graph: Graph
    packages: dict[str, Path]

    def reference(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        """What PyTorch computes for the same inputs, padded to the largest bucket."""
        width = max(BUCKETS) - feed[NAMES[0]].shape[1]
        padded = [torch.from_numpy(np.pad(feed[name], ((0, 0), (0, width)))) for name in NAMES]
        with torch.no_grad():
            logits = self.graph.static(max(BUCKETS)).module()(*padded)["logits"]
        return np.asarray(logits)


def feed(tokens: int, length: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(tokens)
    rows = (rng.integers(1, VOCABULARY, tokens), np.ones(tokens), rng.integers(0, 2, tokens))
    arrays = [np.pad(row, (0, length - tokens)).astype(np.int32)[None] for row in rows]
    return dict(zip(NAMES, arrays, strict=True))


def cosine(x: np.ndarray, y: np.ndarray) -> float:
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


def convert(source: Graph, folder: Path, *names: str, minimum_ios: str = "18") -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    recipes = [recipe.get(name) for name in names]
    made = coreml.convert(source, recipes, CARD, folder, coreml.Options(minimum_ios))
    return {row.name: path for row, path in made}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=64,
        initializer_range=0.2,  # large enough for the mask and the positions to matter
    )
    model = BertForSequenceClassification(config).eval()
    task = tasks.get("text-classification")
    inputs = tuple(TensorSpec(name, "int32", ("batch", "length")) for name in NAMES)
    outputs = tasks.tensor_specs(task, {"labels": 2})
    folder = tmp_path_factory.mktemp("graph")
    signature = Signature(inputs, outputs, BUCKETS)
    traced = trace.trace(model, task, signature, folder, Head())
    return Exported(traced, convert(traced, folder / "out", "int8", "fp16"))


@pytest.mark.parametrize(("tokens", "length"), [(1, 8), (8, 8), (5, 16), (5, 48), (48, 48)])
@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_every_function_computes_what_pytorch_computes(
    exported: Exported, name: str, tokens: int, length: int
) -> None:
    inputs = feed(tokens, length)
    logits = Program.load(exported.packages[name], f"seq_{length}").predict(inputs)["logits"]
    expected = exported.reference(inputs)
    assert logits.dtype == np.float32
    assert cosine(logits, expected) > LEAST_COSINE[name]
    assert np.abs(logits - expected).max() < (0.01 if name == "fp16" else 0.2)


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_functions_agree(exported: Exported, name: str) -> None:
    """Their tables of positions are cut to other lengths, and must be the same numbers."""
    first, last = (
        Program.load(exported.packages[name], f"seq_{length}").predict(feed(5, length))
        for length in (8, 48)
    )
    assert np.abs(first["logits"] - last["logits"]).max() < 2e-3


def test_the_mask_reaches_the_file(exported: Exported) -> None:
    program = Program.load(exported.packages["fp16"], "seq_48")
    inputs = feed(5, 48)
    masked = program.predict(inputs)["logits"]
    open_mask = {**inputs, "attention_mask": np.ones((1, 48), np.int32)}
    assert np.abs(masked - program.predict(open_mask)["logits"]).max() > 0.05


def test_coremltools_folds_the_program_to_the_same_numbers(exported: Exported) -> None:
    """A second opinion on the evaluator: with constants for inputs, coremltools' own value
    inference computes every operation while it loads the program (it expands no int8)."""
    coremltools()
    from coremltools.converters.mil.frontend.milproto import load as milproto

    package, inputs = exported.packages["fp16"], feed(5, 8)
    spec = read_spec(package)
    for name in ("seq_16", "seq_48"):
        del spec.mlProgram.functions[name]
    code = spec.mlProgram.functions["seq_8"]
    block = code.block_specializations[code.opset]
    constants = []
    for named in code.inputs:
        constants.append(type(block.operations[0])(type="const", outputs=[named]))
        value = constants[-1].attributes["val"]
        value.type.CopyFrom(named.type)
        value.immediateValue.tensor.ints.values.extend(inputs[named.name].ravel().tolist())
        constants[-1].attributes["name"].immediateValue.tensor.strings.values.append(named.name)
        constants[-1].attributes["name"].type.tensorType.dataType = STRING
    operations = [*constants, *block.operations]
    del code.inputs[:], block.operations[:]
    block.operations.extend(operations)
    folder = str(spec_path(package).parent / "weights")
    program = milproto.load(spec, spec.specificationVersion, folder)
    folded = program.functions["seq_8"].outputs[0].val
    logits = Program.load(package, "seq_8").predict(inputs)["logits"]
    np.testing.assert_allclose(logits, folded, atol=0.01)


@pytest.mark.parametrize(
    ("minimum_ios", "system"), [("16", "iOS 16, macOS 13"), ("17", "iOS 17, macOS 14")]
)
def test_older_systems_get_the_largest_bucket(
    exported: Exported, tmp_path: Path, minimum_ios: str, system: str
) -> None:
    packages = convert(exported.graph, tmp_path, "fp16", "int8", minimum_ios=minimum_ios)
    for name, package in packages.items():
        facts = read_facts(package)
        assert (facts.minimum_os, dict(facts.functions)) == (system, {"main": max(BUCKETS)})
        inputs = feed(11, max(BUCKETS))
        logits = Program.load(package).predict(inputs)["logits"]
        assert cosine(logits, exported.reference(inputs)) > LEAST_COSINE[name]


def test_a_package_describes_itself(exported: Exported) -> None:
    facts = read_facts(exported.packages["int8"])
    assert dict(facts.functions) == {f"seq_{length}": length for length in BUCKETS}
    assert (facts.default_function, facts.minimum_os) == ("seq_48", "iOS 18, macOS 15")
    assert [(row.name, row.dtype, row.shape) for row in facts.inputs] == [
        (name, "int32", (1, 48)) for name in NAMES
    ]
    assert [(row.name, row.dtype, row.shape) for row in facts.outputs] == [
        ("logits", "float32", (1, 2))
    ]
    assert all(row.description for row in (*facts.inputs, *facts.outputs))
    assert facts.metadata["license"] == "MIT"
    assert json.loads(facts.metadata["edgekit.labels"]) == ["no", "yes"]
    assert json.loads(facts.metadata["edgekit.random_weights"]) is True


def test_attention_is_fused_and_embeddings_are_quantised(exported: Exported) -> None:
    facts = read_facts(exported.packages["int8"])
    assert facts.operations["scaled_dot_product_attention"] == LAYERS
    weights = {name: size_bytes(package) for name, package in exported.packages.items()}
    assert weights["int8"] < 0.6 * weights["fp16"]


def test_functions_share_their_weights(exported: Exported, tmp_path: Path) -> None:
    signature = replace(exported.graph.signature, buckets=(48,))
    alone = convert(Graph(exported.graph.folder, signature), tmp_path, "fp16", "int8")
    for name, package in alone.items():
        assert size_bytes(exported.packages[name]) < 1.05 * size_bytes(package)


def test_the_same_graph_gives_the_same_bytes(exported: Exported, tmp_path: Path) -> None:
    for name, package in convert(exported.graph, tmp_path, "fp16", "int8").items():
        first = exported.packages[name]
        assert contents(package) == contents(first)
        assert set(contents(first)) == {
            "Manifest.json",
            "Data/com.apple.CoreML/model.mlmodel",
            "Data/com.apple.CoreML/weights/weight.bin",
        }


@pytest.mark.slow
def test_int8_alone_leaves_no_float16(exported: Exported, tmp_path: Path) -> None:
    package = convert(exported.graph, tmp_path, "int8")["int8"]
    assert list(tmp_path.iterdir()) == [package]
    assert contents(package) == contents(exported.packages["int8"])


def test_float32_stays_float32_throughout(exported: Exported, tmp_path: Path) -> None:
    program = Program.load(convert(exported.graph, tmp_path, "fp32")["fp32"], "seq_8")
    dtypes = {tensor.dtype for step in program.steps for tensor in step.outputs}
    assert np.float16 not in dtypes
    inputs = feed(5, 8)
    np.testing.assert_allclose(
        program.predict(inputs)["logits"], exported.reference(inputs), atol=1e-5
    )


@pytest.mark.parametrize(
    ("value", "expected"), [(70_000.0, "fp32"), (60_000.0, "fp16"), (np.inf, "fp16")]
)
def test_weights_beyond_float16_stay_float32(value: float, expected: str) -> None:
    ct = coremltools()
    from coremltools.converters.mil import Builder as mb  # noqa: N813

    @mb.program(input_specs=[mb.TensorSpec(shape=(2, 4))], opset_version=ct.target.iOS18)
    def program(x: object) -> object:
        return mb.mul(x=x, y=np.array([1, -value, 2, 3], np.float32))

    made = ct.convert(
        program,
        convert_to="milinternal",
        minimum_deployment_target=ct.target.iOS18,
        pass_pipeline=coreml.conversion_pipeline(),
    )
    (mul,) = made.find_ops(op_type="mul")
    assert mul.outputs[0].dtype.__name__ == expected


@pytest.mark.slow
def test_the_process_stays_clean_and_quiet(exported: Exported, tmp_path: Path) -> None:
    """coremltools would import TensorFlow and transformers, and warn of both, for nothing."""
    code = f"""
import sys
from pathlib import Path
from edgekit.tracing import graph
from edgekit import recipe
from edgekit.converters import coreml
from edgekit.signature import Card
source = graph.load(Path({str(exported.graph.folder)!r}))
card = Card("tiny", "text-classification", "here")
list(coreml.convert(source, [recipe.get("int8")], card, Path({str(tmp_path)!r})))
print(*{{"tensorflow", "transformers", "torchao", "sklearn", "executorch"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert done.stderr.strip() == ""


def size_bytes(package: Path) -> int:
    return (package / "Data/com.apple.CoreML/weights/weight.bin").stat().st_size


def contents(package: Path) -> dict[str, bytes]:
    files = (path for path in package.rglob("*") if path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}
