"""A traced program with some of its nodes changed, and all else its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram
    from torch.export.graph_signature import InputSpec
    from torch.fx import Graph, Node


def with_graph(
    program: ExportedProgram,
    graph: Graph,
    *,
    input_specs: list[InputSpec] | None = None,
    state: Mapping[str, torch.Tensor] | None = None,
) -> ExportedProgram:
    """A program with another graph in place of its own.

    Args:
        program: what the rest is from; it stays as it is.
        graph: the nodes, placeholders and output among them. Its results are the same outputs, in
            that order.
        input_specs: what the placeholders are, if not the same as before.
        state: parameters and buffers by name, if not the same as before.
    """
    import torch
    from torch.export import ExportedProgram
    from torch.export.graph_signature import ExportGraphSignature, TensorArgument

    before = program.graph_signature
    inputs = before.input_specs if input_specs is None else input_specs
    results: Any = graph.output_node().args[0]
    outputs = [
        replace(spec, arg=TensorArgument(node.name))
        for spec, node in zip(before.output_specs, results, strict=True)
    ]
    return ExportedProgram(
        torch.nn.Module(),
        graph,
        ExportGraphSignature(inputs, outputs),
        program.state_dict if state is None else dict(state),
        {},
        program.module_call_graph,
        constants=program.constants,
        verifiers=list(program.verifiers),
    )


def call(
    graph: Graph,
    target: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    like: Node,
) -> Node:
    """Adds an operator where the graph is being written, with what it gives on fake tensors.

    Args:
        graph: where the node goes.
        target: the operator.
        args: its arguments, with nodes in the place of tensors and sizes.
        kwargs: the same by name.
        like: a node from the module that the operator is to be of.
    """
    from torch.fx.node import map_arg

    mode = next(node.meta["val"].fake_mode for node in graph.nodes)  # of an input: a tensor
    with mode:
        fakes, named = map_arg((args, dict(kwargs or {})), lambda node: node.meta["val"])
        value = target(*fakes, **named)
    node = graph.call_function(target, args, dict(kwargs or {}))
    node.meta = {**like.meta, "val": value}
    return node
