"""Files of other tools beside a bundle: names, order and types of their own."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from measuring import FAST
from msgspec.structs import replace
from onnx import TensorProto, helper

from edgekit.benchmarks import foreign, session
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.signature import TensorSpec


def theirs(bundle: Bundle, path: Path, shape: tuple[int | str, int | str] = ("n", "words")) -> Path:
    """The bundle's ONNX file as another exporter would give it: int64, renamed, turned around."""
    model = onnx.load(bundle.path / "model-fp32.onnx")
    given = [spec.name for spec in model.graph.input]
    names = {name: f"{name.replace('token_type', 'segment')}.1" for name in given}
    casts = [
        helper.make_node("Cast", [names[spec.name]], [spec.name], to=TensorProto.INT32)
        for spec in model.graph.input
    ]
    inputs = [
        helper.make_tensor_value_info(names[spec.name], TensorProto.INT64, shape)
        for spec in reversed(model.graph.input)
    ]
    nodes = [*casts, *model.graph.node]
    del model.graph.input[:], model.graph.node[:]
    model.graph.input.extend(inputs)
    model.graph.node.extend(nodes)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("shape", [("n", "words"), (1, 14)])  # some texts have more than 14 tokens
def test_another_tools_file_is_measured_beside_the_bundles_own(
    bundle: Bundle, tmp_path: Path, shape: tuple[int | str, int | str]
) -> None:
    path = theirs(bundle, tmp_path / "other tool.onnx", shape)
    request = session.BenchRequest(
        bundles=(path,), like=bundle.path, runtime=("onnxruntime",), recipe=("fp32",), lengths=(10,)
    )
    suite = session.suite(request)
    rows = session.run(
        replace(suite, limits=FAST),
        tmp_path / "out",
        texts=None,
        force=False,
        say=print,
        tick=print,
    )
    found = {row.subject.model: row for row in rows}
    assert found.keys() == {"other tool", bundle.name}
    other = found["other tool"]
    assert (other.failure, other.subject.recipe) == (None, "fp32")
    assert other.latency_ms
    assert other.parity is not None
    assert other.parity.cosine > 0.99999
    assert other.round == found[bundle.name].round


def test_inputs_without_telling_names_are_taken_in_order_and_unlike_outputs_are_refused(
    bundle: Bundle,
) -> None:
    ours = bundle.signature
    numbered = [TensorSpec(f"args_{i}", "int64", (1, 64)) for i, _ in enumerate(ours.inputs)]
    found = foreign.matched_inputs(numbered, ours.inputs, Path("a.tflite"))
    assert [row.name for row in found.values()] == [row.name for row in numbered]
    assert list(found) == [row.name for row in ours.inputs]
    hidden = [TensorSpec("last_hidden_state", "float32", ("n", "words", 32))]
    with pytest.raises(PlanError, match="nothing of the shape of"):
        foreign.matched_outputs(hidden, ours.outputs, Path("a.onnx"))


def test_a_file_without_a_bundle_of_its_model_is_one_clear_line() -> None:
    with pytest.raises(PlanError, match=r"a\.onnx is no bundle: .* --like BUNDLE"):
        session.suite(session.BenchRequest(bundles=(Path("a.onnx"),)))
