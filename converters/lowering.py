"""Tables of lowerings: what an operator becomes in a format, where its weight has some scheme."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast, get_args

from edgekit.errors import ConversionError, UnsupportedError
from edgekit.quantize.scheme import FLOAT32, RangeEstimator, Scheme
from edgekit.quantize.selector import Tensor
from edgekit.quantize.tensors import WEIGHT_PLACES, operator_name
from edgekit.recipe import Recipe

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node

LoweringKey = tuple[str, Scheme]
"""An operator's name, with its overload unless that is the default one, and a scheme's kind."""
R = TypeVar("R")
V = TypeVar("V")


@dataclass(frozen=True)
class Coverage:
    """What a format has lowerings for: which operators, with a weight in which scheme.

    Args:
        name: as in ``formats.FORMATS``: what rules of a recipe call it.
        title: its name for people.
        rows: every operator that may read a quantised weight, with each scheme it may have.
        table: the file to add a row to, for messages.
    """

    name: str
    title: str
    rows: Collection[LoweringKey]
    table: str

    def require(self, recipe: Recipe) -> None:
        """Refuses a recipe that may ask for a scheme which no operator has here.

        Raises:
            UnsupportedError: naming the format and the scheme.
        """
        for scheme in recipe.selector.schemes(self.name):
            if all(scheme.kind != kind for _, kind in self.rows):
                raise UnsupportedError(
                    f"{self.title} has no lowering for weights in {scheme}, which recipe "
                    f"'{recipe.name}' asks for: add one to {self.table} or choose another recipe"
                )

    def schemes(self, recipe: Recipe, tensors: Mapping[str, Tensor]) -> dict[str, Scheme]:
        """The scheme of every tensor, by its name.

        Raises:
            UnsupportedError: an operator cannot read one of them in its scheme, and the message
                names format, operator, tensor and scheme; or the recipe's rules match none.
        """
        self.require(recipe)
        chosen = {
            name: recipe.selector.scheme(tensor, self.name) for name, tensor in tensors.items()
        }
        for name, scheme in chosen.items():
            for reader in sorted(tensors[name].operators):
                remedy = self._lacks(reader, scheme)
                if remedy:
                    raise UnsupportedError(
                        f"{self.title} has no lowering for '{reader}' of {name} in {scheme}, which "
                        f"recipe '{recipe.name}' asks for: {remedy}"
                    )
        others = {*recipe.selector.schemes(self.name)} - {recipe.selector.default}
        if others and others.isdisjoint(chosen.values()):
            raise UnsupportedError(
                f"recipe '{recipe.name}' would store all of this model in "
                f"{recipe.selector.default}: none of its rules for {self.title} matches a tensor, "
                "by role, path, layer and operator"
            )
        return chosen

    def _lacks(self, reader: str, scheme: Scheme) -> str:
        """What to do where an operator cannot read a tensor in a scheme; empty where it can."""
        if reader not in WEIGHT_PLACES:
            return "" if scheme.floating else "no format has it, so give its rule roles"
        if (reader, scheme.kind) in self.rows:
            return ""
        alike = (replace(scheme.kind, range_estimator=each) for each in get_args(RangeEstimator))
        if any((reader, each) in self.rows for each in alike):
            return "it needs another range here, so take the rules of edgekit.recipe.int8_rules"
        return f"add a row to {self.table}"

    def missing(self, node: Node) -> ConversionError:
        """The error for an operator that has no row."""
        return ConversionError(
            f"{self.title} has no lowering for {node.target}: add a row to {self.table}"
        )


def missing(
    program: ExportedProgram, operators: Container[object], known: Container[Node]
) -> list[str]:
    """The operators of a program that are not among a table's, by name, each once.

    Args:
        program: as traced.
        operators: torch's, that the table has.
        known: nodes that need no lowering, because what they compute is a constant.
    """
    return sorted(
        {
            str(node.target)
            for node in program.graph.nodes
            if node.op == "call_function" and node not in known and node.target not in operators
        }
    )


@dataclass(frozen=True)
class OperatorTable(Generic[R]):
    """The lowerings of a format whose operators are translated one by one.

    Attributes:
        lowerings: by operator and scheme; each is called with the graph, the result as a fake
            tensor, and the operator's arguments.
        getitem: takes one result of an operator that has several.
    """

    lowerings: Mapping[LoweringKey, Callable[..., R]]
    getitem: Callable[..., R]

    def by_operator(self) -> Mapping[tuple[object, Scheme], Callable[..., R]]:
        """The lowerings by torch's operator and the weight's scheme, not by the operator's name.

        A name may have an overload in it, like ``mean.dim``.
        """
        import torch

        found: dict[tuple[object, Scheme], Callable[..., R]] = {
            (operator.getitem, FLOAT32): self.getitem
        }
        for (name, kind), lowering in self.lowerings.items():
            packet, _, overload = name.partition(".")
            found[getattr(getattr(torch.ops.aten, packet), overload or "default"), kind] = lowering
        return found

    def operators(self) -> set[object]:
        """Torch's operators that have a row, whatever the scheme of their weight."""
        return {target for target, _ in self.by_operator()}


def weight_of(node: Node) -> Node | None:
    """The node of the weight that an operator reads; None if it reads none that has a scheme."""
    from torch.fx import Node

    place = WEIGHT_PLACES.get(operator_name(node))
    weight = None if place is None else node.args[place]
    return weight if isinstance(weight, Node) else None


def resolved(node: Node, values: Mapping[Node, V]) -> tuple[tuple[V, ...], dict[str, V]]:
    """What an operator is called with: each node among its arguments, in lists too, as its value.

    Args:
        node: the operator's.
        values: what every node before it has become.

    Returns:
        The positional arguments, and the others by name.
    """
    from torch.fx.node import map_arg

    found = map_arg((node.args, dict(node.kwargs)), cast("Callable[[Node], Node]", values.get))
    return cast("tuple[tuple[V, ...], dict[str, V]]", found)


def rows(
    named: Mapping[str, Callable[..., R]], scheme: Scheme
) -> dict[LoweringKey, Callable[..., R]]:
    """Rows of a table, (operator, scheme) to lowering, all of one scheme.

    Args:
        named: lowerings, by the names of operators.
        scheme: of the weight that these operators read.
    """
    return {(name, scheme.kind): lowering for name, lowering in named.items()}


def of_kinds(
    lowering: Callable[..., R], names: Mapping[str, Sequence[str]]
) -> dict[str, Callable[..., R]]:
    """A lowering for each of several operators that differ in one word.

    Args:
        lowering: takes the kind as its first argument, such as ``Add``.
        names: the torch operators of each kind.

    Returns:
        By a torch operator's name, ``lowering`` with its kind filled in.
    """
    return {name: partial(lowering, kind) for kind, group in names.items() for name in group}
