"""A traced program with its tokens in rows: (batch, length, width) is (length * batch, width).

A row is one axis to a runtime, which can have a scale for each token, and what is multiplied are
matrices. The first tokens of all texts stand before all second ones: a product reads the heads of
(length, batch, heads, size) where they are, and they need not be copied.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from edgekit.quantize.tensors import operator_name
from edgekit.tracing.programs import call, with_graph

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node

Rule = Callable[["_Writer", "Node"], None]
"""Says an operator of the old graph in rows, or leaves it alone."""


def token_major(program: ExportedProgram) -> ExportedProgram:
    """The program with its tokens in rows: (batch, length, width) becomes (length * batch, width).

    It shares its weights with the old one; inputs and outputs are as they were. What has no rule in
    :data:`_RULES` is computed on (batch, length, width), as before.

    Args:
        program: as traced; it stays as it is.
    """
    return with_graph(program, _Writer(program).graph)


class _Writer:
    """A graph under construction, with up to two values for each node of the old one.

    Attributes:
        same: by node of the old graph, a value of the old shape.
        rows: by node, a value of (length * batch, width), which only a (batch, length, width) has.
    """

    def __init__(self, program: ExportedProgram) -> None:
        import torch

        self.graph, self._aten = torch.fx.Graph(), torch.ops.aten
        self.same: dict[Node, Any] = {}
        self.rows: dict[Node, Any] = {}
        first = program.graph_signature.user_inputs[0]
        self._input = next(node for node in program.graph.nodes if node.name == first)
        self._axes = [str(size) for size in self._input.meta["val"].shape]
        self._here = self._input  # whose module the next operators are of
        for node in program.graph.nodes:
            self._here = node if node.op == "call_function" else self._here
            rule = _RULES.get(operator_name(node)) if node.op == "call_function" else None
            if rule is not None:
                rule(self, node)
            if node not in self.same and node not in self.rows:
                self.same[node] = self.graph.node_copy(node, self.as_before)
        self.graph.eliminate_dead_code()

    def call(self, target: Any, *args: Any, **kwargs: Any) -> Node:
        """Adds an operator."""
        return call(self.graph, target, args, kwargs, like=self._here)

    def as_before(self, node: Node) -> Any:
        """A node's value in its old shape; it is made of its rows if need be."""
        if node not in self.same:
            self.same[node] = self.turned(self.cut(self.rows[node], node.meta["val"].shape[2:]))
        return self.same[node]

    def in_rows(self, node: Node) -> Any:
        """A node's value with a row for each token, (length * batch, width); it is made if need be.

        Args:
            node: of the old graph, whose value is (batch, length, width).
        """
        if node not in self.rows:
            self.rows[node] = self.flat(self.turned(self.as_before(node)), _shape(node)[2])
        return self.rows[node]

    def turned(self, value: Node) -> Node:
        """Swaps the first two axes: (batch, length, ...) to (length, batch, ...), or back."""
        return self.call(self._aten.transpose.int, value, 0, 1)

    def flat(self, value: Node, width: int) -> Node:
        """Joins the first two axes: (length, batch, ...) to (length * batch, width)."""
        return self.call(self._aten.reshape.default, value, [-1, width])

    def cut(self, rows: Node, shape: Sequence[int]) -> Node:
        """Splits rows again: (length * batch, width) to (length, batch, *shape)."""
        length = self.call(self._aten.sym_size.int, self.same[self._input], 1)
        return self.call(self._aten.reshape.default, rows, [length, -1, *shape])

    def is_of_tokens(self, node: Node, rank: int = 3) -> bool:
        """Whether a node's value is (batch, length, ...) of that rank."""
        shape = _shape(node)
        return len(shape) == rank and [str(size) for size in shape[:2]] == self._axes


def _shape(node: Node) -> tuple[Any, ...]:
    """The shape of a node's tensor; empty for sizes, and for operators with several results."""
    return tuple(getattr(node.meta["val"], "shape", ()))


def _each_token(to: _Writer, node: Node) -> None:
    """The rule of operators that take each token by itself. A linear layer is where rows begin.

    Args:
        to: gets the operator on rows, if it can be.
        node: of the old graph.
    """
    from torch.fx.node import map_arg

    name, read = operator_name(node), node.all_input_nodes
    operands = read[:1] if name in ("layer_norm", "linear") else read
    wide = [each for each in operands if len(_shape(each)) > 1]
    begun = name == "linear" or not to.rows.keys().isdisjoint(wide)
    if not begun or not all(map(to.is_of_tokens, wide)):
        return

    def operand(each: Node) -> Any:
        return to.in_rows(each) if each in wide else to.as_before(each)

    args, kwargs = map_arg((node.args, dict(node.kwargs)), operand)
    to.rows[node] = to.call(node.target, *args, **kwargs)


def _along_the_last_axis(place: int, to: _Writer, node: Node) -> None:
    """The rule of operators along an axis, on rows if that is the last one and stays.

    Args:
        place: of the axis among the operator's arguments.
        to: gets the operator.
        node: of the old graph.
    """
    arguments: Any = node.args
    x, *others = arguments
    given = others[place - 1] if len(others) >= place else 0
    axes = given if isinstance(given, list) else [given]
    kept = len(_shape(node)) != 2
    if x in to.rows and kept and [axis % 3 for axis in axes] == [2]:
        others[place - 1] = [-1] if isinstance(given, list) else -1
        to.rows[node] = to.call(node.target, to.rows[x], *others)


def _part(to: _Writer, node: Node) -> None:
    """The rule of taking one of several results."""
    arguments: Any = node.args
    x, number = arguments
    if x in to.rows:
        to.rows[node] = to.call(operator.getitem, to.rows[x], number)


def _reshape(to: _Writer, node: Node) -> None:
    """The rule of reshapes that make an axis of heads, (batch, length, heads, size), or undo it."""
    arguments: Any = node.args
    x, shape = arguments[0], _shape(node)
    if x in to.rows and to.is_of_tokens(node, 4):
        to.same[node] = to.turned(_heads(to, x, shape[2:]))
    elif to.is_of_tokens(x, 4) and to.is_of_tokens(node):
        to.rows[node] = to.flat(to.turned(to.as_before(x)), shape[2])


def _heads(to: _Writer, x: Node, shape: Sequence[int]) -> Node:
    """Rows cut into heads: (length, batch, heads, size).

    Where they are a part of wider rows, such as of query, key and value, those are cut first, and
    once.
    """
    whole: Any = x.args[0] if operator_name(x) == _GETITEM else None
    if whole is None or operator_name(whole) != "split_with_sizes":
        return to.cut(to.rows[x], shape)
    widths, size = whole.args[1], shape[-1]
    if any(width % size for width in widths):
        return to.cut(to.rows[x], shape)
    every = to.cut(to.rows[whole.args[0]], [sum(widths) // size, size])
    parts = to.call(whole.target, every, [width // size for width in widths], 2)
    return to.call(operator.getitem, parts, x.args[1])


_GETITEM = str(operator.getitem)
_EACH_TOKEN = (
    *("_to_copy", "abs", "add", "clamp", "div", "erf", "exp", "gelu", "layer_norm", "linear"),
    *("log", "minimum", "mul", "neg", "relu", "rsub", "sqrt", "sub", "tanh"),
)
_AXES = {"amax": 1, "mean": 1, "slice": 1, "split": 2, "split_with_sizes": 2, "sum": 1}
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_EACH_TOKEN, _each_token),
    **{name: partial(_along_the_last_axis, place) for name, place in _AXES.items()},
    _GETITEM: _part,
    "reshape": _reshape,
}
