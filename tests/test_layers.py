"""A weight that was damaged on the way fails the proof, which names its layer where one shows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT
from safetensors.torch import load_file, save_file
from transformers import BertForQuestionAnswering

from edgekit import formats, recipe
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.proof import fault_location, probes
from edgekit.proof.probe import Probe
from edgekit.proof.prove import prove
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial
from edgekit.runtime import table as runtime
from edgekit.runtime.feeding import feed
from edgekit.runtime.session import Session
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tolerance import PYTORCH
from edgekit.tracing import export as trace
from edgekit.tracing import graph
from edgekit.tracing.graph import Graph

TASK = tasks.get("question-answering")
NAMES = ("input_ids", "attention_mask", "token_type_ids")
SIGNATURE = Signature(
    tuple(TensorSpec(name, "int32", ("batch", "length")) for name in NAMES),
    tasks.tensor_specs(TASK, {}),
    (16,),
)
UNSEEN = ("executorch", "coreai")  # what compiled parts compute is not shown
DAMAGED = "model.bert.encoder.layer.1.attention.output.dense.weight"


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, Graph, list[Probe]]:
    """The graph, the same with one weight damaged, and PyTorch's answers."""
    torch.manual_seed(5)
    model = BertForQuestionAnswering(BERT).eval()
    good, bad = tmp_path_factory.mktemp("good"), tmp_path_factory.mktemp("bad")
    trace.trace(model, TASK, SIGNATURE, good, Head())
    shutil.copytree(good, bad, dirs_exist_ok=True)
    weights = load_file(good / graph.WEIGHTS)
    weights[DAMAGED] = -weights[DAMAGED]
    save_file(weights, bad / graph.WEIGHTS)
    oracle = Oracle(model, TASK, Head(), True)
    rows = probes.made_up(probes.ProbeIds(300, 0, 2), 16, (16,))
    return graph.load(good), graph.load(bad), [probes.answer(oracle, row) for row in rows]


def file(graph: Graph, name: str, folder: Path) -> Path:
    """A graph as a file of a format, in full precision."""
    converter = formats.get(name).converter()
    kind, card = recipe.get(formats.get(name).full_precision), Card("tiny", TASK.name, "tests")
    ((_, path),) = converter.convert(graph, [kind], card, folder, converter.Options())
    return path


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "onnx" else pytest.mark.slow)
        for name in formats.FORMATS
    ],
)
def test_the_first_wrong_layer_is_named(
    name: str, traced: tuple[Graph, Graph, list[Probe]], tmp_path: Path
) -> None:
    good, bad, cases = traced
    tolerance = recipe.get(formats.get(name).full_precision).tolerance
    for session in runtime.sessions(file(bad, name, tmp_path), name):

        def locate(trial: Trial, session: Session = session) -> str | None:
            return fault_location.first_difference(session, good, trial, tolerance)

        reference = Reference.of(TASK, SIGNATURE, cases, 16)
        proof = prove(session, reference, tolerance, locate)
        assert not proof.passed
        named = "first at bert.encoder.layer.1.attention.output.LayerNorm"
        assert str(proof.failure).endswith(named) == (name not in UNSEEN)


@pytest.fixture(scope="module")
def right(
    traced: tuple[Graph, Graph, list[Probe]], tmp_path_factory: pytest.TempPathFactory
) -> Session:
    """A file of the good graph."""
    return next(runtime.sessions(file(traced[0], "onnx", tmp_path_factory.mktemp("right")), "onnx"))


class Shown:
    """A session of which only the layers are asked."""

    lengths = None

    def __init__(self, layers: list[np.ndarray]) -> None:
        self._layers = layers

    def layers(self, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self._layers


SECOND, THIRD = "bert.encoder.layer.0.attention.output.LayerNorm", "bert.encoder.layer.0.output"


@pytest.mark.parametrize(
    ("errors", "place", "expected"),
    [
        ((0.0, 0.009, 0.009, 0.009, 0.009), 0, None),  # of the spread, of which 0.01 is allowed
        ((0.0, 0.02, 0.9, 0.9, 0.9), 0, SECOND),
        ((0.0, 0.006, 0.02, 0.9, 0.9), 0, None),  # grows from layer to layer
        ((0.0, 0.004, 0.02, 0.9, 0.9), 0, f"{THIRD}.LayerNorm"),
        ((0.0, 0.0, np.nan, 0.0, 0.0), 0, f"{THIRD}.LayerNorm"),
        ((9.0,) * 5, 5, None),  # in a masked place
        ((9.0,) * 4, 0, None),
        ((), 0, None),
    ],
)
def test_a_fault_begins_where_an_error_jumps(
    errors: tuple[float, ...],
    place: int,
    expected: str | None,
    traced: tuple[Graph, Graph, list[Probe]],
    right: Session,
) -> None:
    good, _, cases = traced
    probe = next(case for case in cases if len(case) == 3)
    trial = Trial("padding", (probe,), 16)
    tolerance = replace(PYTORCH, max_abs=0.01)
    shown = []
    own = right.layers(feed(trial.probes, trial.length, SIGNATURE))
    for wrong, error in zip(own, errors, strict=False):
        seen = wrong[0, :3]
        wrong[0, place, 7] += error * np.abs(seen - seen.mean(0)).max()
        shown.append(wrong)
    found = fault_location.first_difference(Shown(shown), good, trial, tolerance)
    assert found == expected
    if len(shown) == 5:
        shown[1] = shown[1][:, :-1]
        found = fault_location.first_difference(Shown(shown), good, trial, tolerance)
        assert found == SECOND, "of another size"
