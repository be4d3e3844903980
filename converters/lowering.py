"""Tables of lowerings, as ONNX and TFLite have them: by name as written, by operator as used."""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node

Lowering = Callable[..., Any]


def of_kinds(lowering: Lowering, names: Mapping[str, Sequence[str]]) -> dict[str, Lowering]:
    """A row a name, from ``{kind: names}``: ``lowering`` takes the kind as its first argument."""
    return {name: partial(lowering, kind) for kind, group in names.items() for name in group}


def missing(
    program: ExportedProgram, table: Container[object], known: Container[Node]
) -> list[str]:
    """The operators of a program that a table has no row for, by name, each once.

    Nodes that are ``known`` need none: what they compute is a constant.
    """
    return sorted(
        {
            str(node.target)
            for node in program.graph.nodes
            if node.op == "call_function" and node not in known and node.target not in table
        }
    )


def by_operator(named: Mapping[str, Lowering], getitem: Lowering) -> Mapping[Any, Lowering]:
    """The same by torch operator; ``mean.dim`` is a name with its overload.

    ``getitem`` takes one result of an operator that has several.
    """
    import torch

    table: dict[Any, Lowering] = {operator.getitem: getitem}
    for name, lowering in named.items():
        packet, _, overload = name.partition(".")
        table[getattr(getattr(torch.ops.aten, packet), overload or "default")] = lowering
    return table
