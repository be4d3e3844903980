"""A weight that was damaged on the way fails the proof, which names its layer where one shows."""

from __future__ import annotations

import shutil
from pathlib import Path

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
from edgekit.runtime.session import Session
from edgekit.signature import Card, Signature, TensorSpec
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
    kind = recipe.get(formats.get(name).full_precision)
    converter = formats.get(name).converter()
    card = Card("tiny", TASK.name, "tests")
    ((_, path),) = converter.convert(bad, [kind], card, tmp_path, converter.Options())
    for session in runtime.sessions(path, name):

        def locate(trial: Trial, session: Session = session) -> str | None:
            return fault_location.first_difference(session, good, trial, kind.tolerance)

        reference = Reference.of(TASK, SIGNATURE, cases, 16)
        proof = prove(session, reference, kind.tolerance, locate)
        assert not proof.passed
        named = "first at bert.encoder.layer.1.attention.output.LayerNorm"
        assert str(proof.failure).endswith(named) == (name not in UNSEEN)
