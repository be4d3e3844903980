"""What a quantised file is to compute, of a graph small enough for numpy to compute it as well."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from edgekit.manifest.proofs import Scale
from edgekit.model import tasks
from edgekit.proof import recipe_reference
from edgekit.proof.probe import QUIET, Probe
from edgekit.proof.reference import Reference, Rounded
from edgekit.proof.scales import distance
from edgekit.quantize.numerics import stored_values
from edgekit.quantize.scheme import FLOAT32, INT8, Scheme
from edgekit.quantize.selector import Rule, Selector
from edgekit.signature import Signature, TensorSpec
from edgekit.tracing import graph
from edgekit.tracing.graph import Graph

TASK = tasks.get("token-classification")
NAMES = ("input_ids", "attention_mask")
SIGNATURE = Signature(
    tuple(TensorSpec(name, "int32", ("batch", "length")) for name in NAMES),
    tasks.tensor_specs(TASK, {"labels": 2}),
    (8,),
)
SCALE = Scale(largest=1000.0, spread=1000.0)
# In 255 steps from 0 to 255 a step is 1: the third number is on the edge between two levels, just
# beside it (what 1e-5 of 255 crosses, and 1e-7 does not), or far from it.
EDGE, BESIDE, CALM, NEGATIVE, POSITIVE, LARGE, ZEROS, SMALL, UPPER = range(9)
ROWS = [
    [0, 255, 100.5, 3],
    [0, 255, 100.4995, 3],
    [0, 255, 100.2, 3],
    [-200, -1.3, -77, -255],
    [17.2, 128, 255, 40],
    [0, 9000, 3000, 3],
    [0, 0, 0, 0],
    [0.1, -0.2, 0.05, 0],
    [-1.5, 253.5, 10, 3],  # both ends are halves of a step
]


class Tiny(torch.nn.Module):
    """Rows of a table through one linear layer, and through another what depends on no input."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = torch.nn.Embedding.from_pretrained(torch.tensor(ROWS), freeze=False)
        self.linear, self.folded = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)
        self.table = torch.nn.Parameter(torch.tensor([[30.0, 20.3, -10.1, 7.7]]))
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("left_out", torch.arange(3), persistent=False)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.linear(self.embed(ids)) + self.folded(self.table.neg())
        integers = self.embed(self.kept).sum() + self.embed(self.left_out).sum()
        return {"logits": x + 0 * mask[..., None] + 0 * integers}


TINY = Tiny().eval()


def weight(name: str) -> np.ndarray:
    return TINY.state_dict()[name].numpy()


BIAS = weight("linear.bias") + weight("folded.bias")


def probe(kind: str, *ids: int) -> Probe:
    rows = tuple(range(len(ids)))
    inputs = torch.tensor([ids]), torch.ones(1, len(ids))
    with torch.inference_mode():
        logits = TINY(*inputs)["logits"][0].numpy()
    name = f"{kind} {ids[0]}"
    return Probe(name, kind, ids, (0,) * len(ids), rows, {"logits": logits})


@cache
def traced(model: torch.nn.Module, signature: Signature) -> Graph:
    length = torch.export.Dim("length", min=2, max=64)
    inputs = torch.ones(1, 8, dtype=torch.int32), torch.ones(1, 8, dtype=torch.int32)
    shapes = {"ids": {1: length}, "mask": {1: length}}
    program = torch.export.export(model, inputs, dynamic_shapes=shapes)
    with tempfile.TemporaryDirectory() as folder:
        return graph.save(Path(folder), signature, program)


def answers(
    scheme: Scheme, format_name: str, *probes: Probe, roles: tuple[str, ...] = ("head",)
) -> Rounded | None:
    reference = Reference(TASK, SIGNATURE, probes, {"logits": SCALE}, 64)
    selector = Selector((Rule(scheme, roles),), FLOAT32)
    return recipe_reference.answers(
        traced(TINY, SIGNATURE).copy(), selector, format_name, reference
    )


Ends = Callable[[float, float], tuple[float, float]]


def stepped(row: np.ndarray, ends: Ends) -> np.ndarray:
    """A row in 255 steps from one end of its range to the other."""
    low, high = ends(row.min(), row.max())
    step = np.float32(max(high - low, 1e-9) / 255)
    zero = np.clip(np.rint(-low / step) - 128, -128, 127)
    return (np.clip(np.rint(row / step) + zero, -128, 127) - zero) * step


RANGES: dict[str, Ends] = {
    "onnx": lambda least, greatest: (-abs(least), abs(greatest)),
    "tflite": lambda least, greatest: (min(least, 0), max(greatest, 0)),
}


@pytest.mark.parametrize("name", RANGES)
def test_each_row_is_rounded_in_the_formats_own_range(name: str) -> None:
    """What depends on no input, TFLite computes before it is quantised."""
    asked = probe("text", *range(len(ROWS)))
    found = answers(INT8, name, asked, roles=("head", "embedding"))
    linear, folded = (stored_values(weight(f"{w}.weight"), INT8) for w in ("linear", "folded"))
    rows = stored_values(weight("embed.weight"), INT8)
    table = stepped(-weight("table")[0], RANGES[name])
    if name == "tflite":
        table, folded = -weight("table")[0], weight("folded.weight")
    expected = np.stack([stepped(row, RANGES[name]) for row in rows]) @ linear.T
    expected += BIAS + table @ folded.T
    np.testing.assert_allclose(found.answers["text 0"]["logits"], expected, rtol=1e-5, atol=1e-4)
    assert found.weights_only is False


def test_no_level_is_beyond_127() -> None:
    found = answers(INT8, "tflite", probe("text", UPPER, UPPER)).answers[f"text {UPPER}"]
    row = stepped(weight("embed.weight")[UPPER], RANGES["tflite"])
    assert row.max() == 253
    expected = row @ stored_values(weight("linear.weight"), INT8).T + BIAS
    expected -= weight("table")[0] @ weight("folded.weight").T
    np.testing.assert_allclose(found["logits"][0], expected, rtol=1e-5)


def test_where_activations_are_floats_only_weights_are_rounded() -> None:
    asked = probe("text", CALM, NEGATIVE)
    found = answers(Scheme(8), "coreml", asked)
    expected = (
        weight("embed.weight")[[CALM, NEGATIVE]] @ stored_values(weight("linear.weight"), INT8).T
    )
    expected += BIAS - weight("table")[0] @ weight("folded.weight").T
    np.testing.assert_allclose(found.answers["text 2"]["logits"], expected, rtol=1e-5, atol=1e-3)
    assert found.weights_only is True
    assert 0 < found.noise < 1e-6


def test_noise_is_seen_where_levels_flip_and_still_is_what_last_digits_do_not_move() -> None:
    own = [probe(kind, *(row,) * 8) for kind in (QUIET, "text") for row in (EDGE, BESIDE, CALM)]
    edge, beside, calm, *texts = own
    long = probe("text", *(NEGATIVE,) * 33)
    found = answers(INT8, "tflite", *own, long)
    assert set(found.answers) == {each.name for each in own}, "longer ones tell nothing"
    assert found.still == {beside.name, calm.name}
    assert found.quiet < 1e-6
    again = answers(INT8, "tflite", *own, long)
    assert (again.noise, again.quiet) == (found.noise, found.quiet), "the same every time"
    step = np.abs(stored_values(weight("linear.weight"), INT8)[:, 2]).max()
    assert found.noise == pytest.approx(step / SCALE.largest, rel=0.02)
    calm_alone = answers(INT8, "tflite", calm, texts[2])
    assert calm_alone.noise < 1e-5
    assert answers(INT8, "tflite", edge, calm).noise == pytest.approx(found.noise, rel=0.02)


def test_the_error_is_the_largest_of_short_and_long_rows() -> None:
    for count, token in ((2, CALM), (33, CALM), (33, LARGE)):
        asked = probe("text", *(token,) * count)
        rounded = answers(INT8, "onnx", probe("text", *(token,) * 8)).answers[f"text {token}"]
        off = distance(TASK, rounded["logits"][:1], asked.outputs["logits"][:1], SCALE)
        found = answers(INT8, "onnx", probe(QUIET, ZEROS, ZEROS), asked)
        assert found.error == pytest.approx(max(off), rel=1e-3)
        assert found.error > 1e-5


class Reader(Tiny):
    """The same with two outputs, of which one is always 0."""

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = super().forward(ids, mask)["logits"]
        return {"start_logits": logits[..., 0], "end_logits": 0 * logits[..., 1]}


def test_the_largest_error_of_all_outputs_counts() -> None:
    task = tasks.get("question-answering")
    signature = replace(SIGNATURE, outputs=tasks.tensor_specs(task, {}))
    starts = probe("text", CALM, POSITIVE).outputs["logits"][:, 0]
    asked = replace(
        probe("text", CALM, POSITIVE),
        outputs={"start_logits": starts, "end_logits": 0 * starts},
    )
    reference = Reference(task, signature, (asked,), dict.fromkeys(asked.outputs, SCALE), 64)
    selector = Selector((Rule(INT8, ("head",)),), FLOAT32)
    reader = traced(Reader().eval(), signature).copy()
    assert recipe_reference.answers(reader, selector, "onnx", reference).error > 1e-5


def test_of_float16_the_last_digits_are_coarser() -> None:
    """Rows that move alike are still, and one that moves further is not."""
    rows = [probe(QUIET, *(row,) * 8) for row in (CALM, NEGATIVE, POSITIVE, LARGE)]
    found = answers(Scheme(8, activations="float16"), "coreml", *rows)
    assert found.still == {each.name for each in rows[:3]}
    assert 1e-5 < found.quiet < 1e-3
    assert found.weights_only is False


def test_what_is_not_known_is_none() -> None:
    asked = probe("text", CALM, CALM)
    assert answers(INT8, "coreai", asked) is None
    assert answers(Scheme(8), "coreai", asked) is not None
    assert answers(FLOAT32, "onnx", asked) is None
    assert recipe_reference.known("TensorFlow 2.20")
    assert not recipe_reference.known("TensorFlow 2.20 without XNNPACK")
