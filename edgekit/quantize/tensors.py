"""The tensors of a traced program, with what selectors ask of them, derived from its graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgekit.quantize.selector import Role, Tensor

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node

WEIGHT_PLACES: Mapping[str, int] = {"embedding": 0, "linear": 1}
"""The operators that read a weight which may be quantised, and which argument that is."""

_LAYER = re.compile(r"\.(?:\w*layers?|blocks?|h)\.(\d+)\.")
_ATTENTION = re.compile(r"attn|attention")


def tensors(program: ExportedProgram) -> dict[str, Tensor]:
    """Every parameter and buffer that the program reads, by name, in the order of its inputs.

    A tensor that is tied to another has one entry, by the name that the graph uses.
    """
    known = constants(program)
    found = {}
    for node, spec in zip(program.graph.nodes, program.graph_signature.input_specs, strict=False):
        if spec.target is None or not node.users:
            continue
        operators = {_operator(user, node) for user in node.users}
        found[spec.target] = Tensor(
            name=spec.target,
            role=role_of(spec.target, operators),
            layer=layer_of(spec.target),
            shape=tuple(node.meta["val"].shape),
            operators=frozenset(operators),
            placeholder=node.name,
            constant=any(user in known for user in node.users),
        )
    return found


def operator_name(node: Node) -> str:
    """The name of the aten operator that a node calls, without its overload."""
    return str(getattr(node.target, "overloadpacket", node.target)).rpartition(".")[2]


def role_of(name: str, operators: set[str]) -> Role:
    """What a tensor is for.

    Args:
        name: its path in the program.
        operators: that read it; they decide first, then the path.
    """
    if not operators or not operators <= WEIGHT_PLACES.keys():
        return "other"
    if "embedding" in operators:
        return "embedding"
    if layer_of(name) is None:
        return "embedding" if "embed" in name else "head"
    return "attention" if _ATTENTION.search(name) else "feed-forward"


def layer_of(name: str) -> int | None:
    """The number of the encoder layer in a path; None where it is outside of all layers."""
    found = _LAYER.search(name)
    return int(found[1]) if found else None


def operator_layers(program: ExportedProgram) -> dict[str, int]:
    """The number of the encoder layer that each operator is in, by its node's name."""
    found = {}
    for node in program.graph.nodes:
        modules = list((node.meta.get("nn_module_stack") or {}).values())
        layer = layer_of(f"{modules[-1][0]}.") if modules else None
        if layer is not None:
            found[node.name] = layer
    return found


def operator_owners(program: ExportedProgram) -> dict[str, str]:
    """The class of a module that calls each operator, by the operator's name in torch."""
    found: dict[str, str] = {}
    for node in program.graph.nodes:
        modules = list((node.meta.get("nn_module_stack") or {}).values())
        if modules:
            kind = modules[-1][1]  # the class, or its name with the module's
            found.setdefault(str(node.target), getattr(kind, "__name__", str(kind)).split(".")[-1])
    return found


def _operator(user: Node, weight: Node) -> str:
    """The operator that a node is, if it reads the tensor as its weight.

    ``bias`` if it reads it otherwise.

    Args:
        user: the node.
        weight: the tensor's node.
    """
    name = operator_name(user)
    places = [place for place, argument in enumerate(user.args) if argument is weight]
    return name if places == [WEIGHT_PLACES.get(name, -1)] or name not in WEIGHT_PLACES else "bias"


def constants(program: ExportedProgram) -> set[Node]:
    """The nodes whose value depends on no input but only on parameters, buffers and shapes."""
    import torch

    inputs = set(program.graph_signature.user_inputs)
    varying: set[Node] = set()
    for node in program.graph.nodes:
        sized = node.target is torch.ops.aten.sym_size.int
        read = () if sized else node.all_input_nodes
        if node.name in inputs or any(source in varying for source in read):
            varying.add(node)
    called = [node for node in program.graph.nodes if node.op == "call_function"]
    return {node for node in called if node not in varying}
