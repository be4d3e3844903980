"""Rows of tables that no function of an asset reads: positions behind its longest bucket."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from edgekit.quantize.tensors import constants, operator_name

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import GraphModule, Node


def leave_out(module: GraphModule, longest: ExportedProgram) -> None:
    """Cuts every table that is read at places which no input changes, behind the last that is read.

    Such is a table of positions for texts longer than the longest bucket.

    Args:
        module: the program of any length, changed in place; what it was made of keeps its weights.
        longest: the same program at the most tokens that it is going to be run with.
    """
    import torch

    for name, count in _rows_read(longest).items():
        owner, _, attribute = name.rpartition(".")
        rows = attrgetter(name)(module)[:count].clone()
        setattr(module.get_submodule(owner), attribute, torch.nn.Parameter(rows, False))


def _rows_read(program: ExportedProgram) -> dict[str, int]:
    """How many rows, from the first on, are read of each table that no input changes the places of.

    By the table's name.
    """
    module = program.module()
    known = {node.name for node in constants(program)}
    values = _values(module, known)
    found = {}
    for table in module.graph.find_nodes(op="get_attr"):
        readers = list(table.users)
        if readers and all(node.name in known and _looks_up(node, table) for node in readers):
            found[str(table.target)] = 1 + max(int(values[node.args[1]].max()) for node in readers)
    return found


def _looks_up(node: Node, table: Node) -> bool:
    return operator_name(node) == "embedding" and node.args[0] is table


def _values(module: GraphModule, known: set[str]) -> dict[Node, Any]:
    """The value of every node that depends on no input."""
    from torch.fx.node import map_arg

    values: dict[Node, Any] = {}
    for node in module.graph.nodes:
        if node.op == "get_attr":
            values[node] = attrgetter(str(node.target))(module)
        elif node.name in known:
            args, kwargs = map_arg((node.args, node.kwargs), values.__getitem__)
            values[node] = node.target(*args, **kwargs)
    return values
