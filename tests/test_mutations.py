"""Files honestly made of a wrong graph: every fault that changes answers fails the proof.

A mutation changes the traced graph that a converter is given, in its weights or its operators, as a
wrong lowering or a damaged weight would. The proof holds the file against the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import BERT
from torch.export import ExportedProgram
from torch.fx import Node
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedModel

from edgekit import formats, recipe
from edgekit.manifest.proofs import Proof
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.proof import probes
from edgekit.proof.prove import prove
from edgekit.proof.recipe_reference import answers
from edgekit.proof.reference import Reference, Rounded
from edgekit.runtime import table
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tracing import export, graph

ATEN = torch.ops.aten
NAMES = ("input_ids", "attention_mask", "token_type_ids")
BUCKETS = (16, 32)
LAYER = "model.bert.encoder.layer.{}."
QUERY = LAYER.format(0) + "attention.self.query."
MODELS: Mapping[str, Callable[[], PreTrainedModel]] = {
    "text-classification": lambda: BertForSequenceClassification(
        BertConfig.from_dict({**BERT.to_dict(), "num_labels": 3})
    ),
    "sentence-similarity": lambda: BertModel(BERT),
}


@dataclass(frozen=True)
class Traced:
    """A traced model in a folder, its two kinds of right answers and what they are held to."""

    folder: Path
    reference: Reference
    known: dict[tuple[str, str], Rounded | None] = field(default_factory=dict)

    def rounded(self, format_name: str, recipe_name: str) -> Rounded | None:
        """What the right graph gives with the rounding of that format and recipe; asked once."""
        key = format_name, recipe_name
        if key not in self.known:
            selector, right = recipe.get(recipe_name).selector, graph.load(self.folder)
            self.known[key] = answers(right, selector, format_name, self.reference)
        return self.known[key]


def trace(task_name: str, folder: Path) -> Traced:
    """Every bias and scale of the model is drawn, so that none can be dropped unseen."""
    torch.manual_seed(0)
    task, model = tasks.get(task_name), MODELS[task_name]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter += 0.2 * torch.randn_like(parameter)
    signature = Signature(
        tuple(TensorSpec(name, "int32", ("batch", "length")) for name in NAMES),
        tasks.tensor_specs(task, {"labels": 3, "hidden": BERT.hidden_size}),
        BUCKETS,
    )
    export.trace(model, task, signature, folder, Head())
    oracle = Oracle(model, task, Head(), True)
    vocabulary = probes.ProbeIds.of(model.config, True)
    right = [probes.answer(oracle, row) for row in probes.made_up(vocabulary, 32, BUCKETS)]
    return Traced(folder, replace(Reference.of(task, signature, right, 32), least=0))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Traced]:
    return {name: trace(name, tmp_path_factory.mktemp("graph")) for name in MODELS}


Mutation = Callable[[ExportedProgram], None]


def weight(name: str, change: Callable[[torch.Tensor], object]) -> Mutation:
    """Changes a weight in place, or replaces it by what ``change`` returns."""

    def mutate(program: ExportedProgram) -> None:
        value = program.state_dict[name].detach().clone()
        changed = change(value)
        result = changed if isinstance(changed, torch.Tensor) else value
        program.state_dict[name] = torch.nn.Parameter(result, requires_grad=False)

    return mutate


def nodes(program: ExportedProgram, target: Any) -> list[Node]:
    return [node for node in program.graph.nodes if node.target is target]


def argument(target: Any, place: int, value: object) -> Mutation:
    """Another argument for every call of an operator that has it."""

    def mutate(program: ExportedProgram) -> None:
        for node in nodes(program, target):
            node.args = (*node.args[:place], value, *node.args[place + 1 :])

    return mutate


def keyword(target: Any, **values: object) -> Mutation:
    def mutate(program: ExportedProgram) -> None:
        for node in nodes(program, target):
            node.kwargs = {**node.kwargs, **values}

    return mutate


def bypass(target: Any, index: int, by: Callable[[Node], Node]) -> Mutation:
    """Whoever reads one call's result reads another value instead."""

    def mutate(program: ExportedProgram) -> None:
        node = nodes(program, target)[index]
        node.replace_all_uses_with(by(node))
        program.graph.eliminate_dead_code()

    return mutate


def first_argument(node: Node) -> Node:
    found = node.args[0]
    assert isinstance(found, Node)
    return found


def zero_head(value: torch.Tensor) -> None:
    value[: BERT.hidden_size // BERT.num_attention_heads] = 0


def swap_heads(value: torch.Tensor) -> torch.Tensor:
    return value.view(BERT.num_attention_heads, -1, value.shape[-1]).flip(0).reshape(value.shape)


def swap_words(value: torch.Tensor) -> torch.Tensor:
    """The two ends of the vocabulary, which a probe is made of."""
    value[[0, -1]] = value[[-1, 0]]
    return value


def forget_second(value: torch.Tensor) -> None:
    value[1] = 0


def to_relu(program: ExportedProgram) -> None:
    for node in nodes(program, ATEN.gelu.default):
        node.target = ATEN.relu.default


def swap_key_and_value(program: ExportedProgram) -> None:
    key, value = (LAYER.format(1) + f"attention.self.{name}.weight" for name in ("key", "value"))
    state = program.state_dict
    state[key], state[value] = state[value], state[key]


def without_residual(program: ExportedProgram) -> None:
    """The feed-forward part alone, without what it is to be added to."""
    node = next(
        each
        for each in nodes(program, ATEN.add.Tensor)
        if all(isinstance(x, Node) for x in each.args[:2])
        and first_argument(each).target is ATEN.linear.default
    )
    node.replace_all_uses_with(first_argument(node))


EMBEDDINGS = "model.bert.embeddings."
MUTATIONS: Mapping[str, Mutation] = {
    "a head's query zeroed": weight(QUERY + "weight", zero_head),
    "a head's query bias dropped": weight(QUERY + "bias", zero_head),
    "a feed-forward bias dropped": weight(LAYER.format(1) + "intermediate.dense.bias", torch.zero_),
    "the last bias dropped": weight("model.classifier.bias", torch.zero_),
    "heads in another order": weight(LAYER.format(0) + "attention.self.value.weight", swap_heads),
    "key and value swapped": swap_key_and_value,
    "a LayerNorm dropped": bypass(ATEN.layer_norm.default, 1, first_argument),
    "a LayerNorm's scale dropped": weight(
        LAYER.format(1) + "output.LayerNorm.weight", torch.ones_like
    ),
    "eps of 1e-3": argument(ATEN.layer_norm.default, 4, 1e-3),
    "tanh-GELU for GELU": keyword(ATEN.gelu.default, approximate="tanh"),
    "ReLU for GELU": to_relu,
    "vocabulary rows swapped": weight(EMBEDDINGS + "word_embeddings.weight", swap_words),
    "token types ignored": weight(
        EMBEDDINGS + "token_type_embeddings.weight", lambda value: value[[0, 0]]
    ),
    "token type 1 zeroed": weight(EMBEDDINGS + "token_type_embeddings.weight", forget_second),
    "positions shifted by one": weight(
        EMBEDDINGS + "position_embeddings.weight", lambda value: value.roll(1, 0)
    ),
    "the mask ignored": argument(ATEN.mul.Tensor, 1, 0.0),
    "a mask of -10": argument(ATEN.mul.Tensor, 1, -10.0),
    "another softmax scale": keyword(ATEN.scaled_dot_product_attention.default, scale=0.3),
    "a layer skipped": bypass(ATEN.layer_norm.default, 4, lambda node: layer_norm(node, 2)),
    "a residual dropped": without_residual,
    "label rows swapped": weight("model.classifier.weight", lambda value: value[[1, 0, 2]]),
    "a weight scaled by 1.02": weight(
        LAYER.format(0) + "output.dense.weight", lambda value: value * 1.02
    ),
    "the pooler's tanh dropped": bypass(ATEN.tanh.default, 0, first_argument),
    "the last token pooled": argument(ATEN.select.int, 2, -1),
}
HARDEST = ("eps of 1e-3", "tanh-GELU for GELU", "the mask ignored", "a head's query zeroed")


def layer_norm(node: Node, index: int) -> Node:
    found = [each for each in node.graph.nodes if each.target is ATEN.layer_norm.default]
    return found[index]


def proofs(
    traced: Traced, name: str, recipe_name: str, folder: Path, mutate: Mutation = lambda _: None
) -> list[Proof]:
    """Of a file made of the mutated graph, in each runtime, against the right one."""
    kind, wrong = recipe.get(recipe_name), graph.load(traced.folder)
    mutate(wrong.dynamic)
    wrong.dynamic.graph_module.recompile()
    converter = formats.get(name).converter()
    card = Card("tiny", "tests", "tests")
    ((_, path),) = converter.convert(wrong, [kind], card, folder, converter.Options())
    reference = replace(traced.reference, rounded=traced.rounded(name, recipe_name))
    return [prove(session, reference, kind.tolerance) for session in table.sessions(path, name)]


def check(found: list[Proof]) -> None:
    assert found
    for proof in found:
        assert not proof.passed, f"{proof.runtime}: {proof.deviation=} {proof.arithmetic=}"


@pytest.mark.parametrize("recipe_name", ["fp32", "int8"])
@pytest.mark.parametrize("task", MODELS)
def test_the_right_graph_passes(
    task: str, recipe_name: str, traced: Mapping[str, Traced], tmp_path: Path
) -> None:
    for proof in proofs(traced[task], "onnx", recipe_name, tmp_path):
        assert proof.passed, proof.failure


@pytest.mark.parametrize("recipe_name", ["fp32", "int8"])
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_is_caught_in_onnx(
    name: str, recipe_name: str, traced: Mapping[str, Traced], tmp_path: Path
) -> None:
    check(proofs(traced["text-classification"], "onnx", recipe_name, tmp_path, MUTATIONS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("format_name", ["tflite"])
@pytest.mark.parametrize("name", HARDEST)
def test_the_hardest_faults_are_caught_in_int8_of_tflite(
    name: str, format_name: str, traced: Mapping[str, Traced], tmp_path: Path
) -> None:
    found = proofs(traced["text-classification"], format_name, "int8", tmp_path, MUTATIONS[name])
    check(found)
