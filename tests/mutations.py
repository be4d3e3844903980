"""Faults of a traced graph, in its weights or its operators: as a wrong lowering makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from conftest import BERT
from torch.export import ExportedProgram
from torch.fx import Node

ATEN = torch.ops.aten
LAYER = "model.bert.encoder.layer.{}."
QUERY = LAYER.format(0) + "attention.self.query."
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


def layer_norm(node: Node, index: int) -> Node:
    found = [each for each in node.graph.nodes if each.target is ATEN.layer_norm.default]
    return found[index]


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
MASKS: Mapping[str, Mutation] = {
    "the mask ignored": argument(ATEN.mul.Tensor, 1, 0.0),
    "a mask of -10": argument(ATEN.mul.Tensor, 1, -10.0),
}
