"""Linear layers that read the same value, such as a query, a key and a value, as one layer.

That value is then quantised and packed once, and one large product takes less time than three. No
number changes: a row of a weight is one output, and has a scale of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from copy import copy, deepcopy
from typing import TYPE_CHECKING

from edgekit.quantize.scheme import Scheme
from edgekit.quantize.selector import JOIN
from edgekit.quantize.tensors import tensors
from edgekit.tracing.programs import call, with_graph

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node


def joined(
    program: ExportedProgram, schemes: Mapping[str, Scheme]
) -> tuple[ExportedProgram, dict[str, Scheme]]:
    """The program with one linear layer in the place of those that read the same value.

    Args:
        program: as traced; it stays as it is.
        schemes: how each of its tensors is stored. Layers become one if theirs are stored alike.

    Returns:
        The program, which shares all other weights, and the schemes with those of its new tensors,
        which are named by their parts: ``query.weight+key.weight+value.weight``.
    """
    import torch

    graph, state = deepcopy(program.graph), dict(program.state_dict)
    specs = {spec.arg.name: copy(spec) for spec in program.graph_signature.input_specs}
    folded = {tensor.name for tensor in tensors(program).values() if tensor.constant}
    own = state.keys() - folded  # a format may compute beforehand what reads the others
    targets = {name: spec.target for name, spec in specs.items() if spec.target in own}
    found = dict(schemes)
    for layers in _groups(graph, targets, schemes):
        for parts in zip(*(layer.args[1:] for layer in layers), strict=True):
            names = [targets[part.name] for part in parts]
            whole = specs[parts[0].name]
            whole.target = JOIN.join(names)
            found[whole.target] = schemes[names[0]]
            values = torch.cat([state.pop(name).detach() for name in names])
            state[whole.target] = torch.nn.Parameter(values, requires_grad=False)
            for part in parts[1:]:
                del specs[part.name]
        _join(graph, layers)
    return with_graph(program, graph, input_specs=list(specs.values()), state=state), found


def _groups(
    graph: Graph, targets: Mapping[str, str], schemes: Mapping[str, Scheme]
) -> Iterator[Sequence[Node]]:
    """The linear layers that can become one, group by group: of the same input, and stored alike.

    Each has parameters of its own.
    """
    import torch

    found: dict[object, list[Node]] = {}
    for node in graph.nodes:
        if node.target is not torch.ops.aten.linear.default:
            continue
        parameters = [part for part in node.args[1:] if part is not None]
        if all(part.name in targets and len(part.users) == 1 for part in parameters):
            alike = (node.args[0], *(schemes[targets[part.name]] for part in parameters))
            found.setdefault(alike, []).append(node)
    return (layers for layers in found.values() if len(layers) > 1)


def _join(graph: Graph, layers: Sequence[Node]) -> None:
    """Replaces linear layers by one whose result is split into theirs.

    Its weight and bias are the placeholders of the first.
    """
    import torch

    first, places = layers[0], list(zip(*(layer.args[1:] for layer in layers), strict=True))
    widths = [layer.meta["val"].shape[-1] for layer in layers]
    for parts in places:
        with parts[0].meta["val"].fake_mode:
            parts[0].meta["val"] = torch.cat([part.meta["val"] for part in parts])
    with graph.inserting_before(first):
        whole = call(graph, torch.ops.aten.linear.default, first.args, like=first)
        split = torch.ops.aten.split_with_sizes.default
        cut = call(graph, split, (whole, widths, -1), like=first)
        for number, layer in enumerate(layers):
            layer.replace_all_uses_with(call(graph, operator.getitem, (cut, number), like=layer))
    for node in (*layers, *(part for parts in places for part in parts[1:])):
        graph.erase_node(node)
