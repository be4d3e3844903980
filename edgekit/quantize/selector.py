"""Which tensor is stored how: ordered rules over a tensor's role, path and layer. Data, not code.

>>> small = Selector((Rule(INT8, roles=("embedding",)),), default=FLOAT32)
>>> small.scheme(tensor, "onnx")
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from edgekit.quantize.scheme import Scheme

Role = Literal["embedding", "attention", "feed-forward", "head", "other"]
MATRICES: tuple[Role, ...] = ("embedding", "attention", "feed-forward", "head")
JOIN = "+"
"""Between the names of tensors whose rows a file stores one after the other as one tensor."""


@dataclass(frozen=True)
class Tensor:
    """One parameter or buffer of a traced program, as rules see it.

    Args:
        name: its path in the program, such as ``model.bert.encoder.layer.0.output.dense.weight``.
        role: what it is for. ``other`` is everything that is not the weight of a linear layer or
            an embedding table: biases, normalisations, positions that are computed.
        layer: the number of the encoder layer it belongs to, counted from 0; None outside of them.
        shape: of the tensor, such as (outputs, inputs) or (vocabulary, hidden).
        operators: the aten operators that read it, by name: ``linear``, ``embedding``, ...
        placeholder: the name of its node in the program's graph.
        constant: whether some operator reads it together with constants alone, so that a format
            may compute the result beforehand and store that instead.
    """

    name: str
    role: Role
    layer: int | None
    shape: tuple[int, ...]
    operators: frozenset[str] = frozenset()
    placeholder: str = ""
    constant: bool = False


@dataclass(frozen=True)
class Rule:
    """A scheme and the tensors it is for; a condition that is left out holds for all of them.

    Args:
        scheme: how those tensors are stored.
        roles: the roles that match.
        path: a shell pattern for the tensor's name, such as ``*.attention.*.query.weight``.
        layers: the layers that match.
        formats: the formats that match, such as ``coreml``.
        operators: a tensor matches that one of these operators reads, whatever else does.
    """

    scheme: Scheme
    roles: tuple[Role, ...] = ()
    path: str = "*"
    layers: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()

    def takes(self, tensor: Tensor, format_name: str) -> bool:
        """Whether every condition holds for the tensor in that format."""
        return (
            (not self.roles or tensor.role in self.roles)
            and (not self.layers or tensor.layer in self.layers)
            and (not self.formats or format_name in self.formats)
            and (not self.operators or not tensor.operators.isdisjoint(self.operators))
            and fnmatchcase(tensor.name, self.path)
        )

    def within(self, other: Rule) -> bool:
        """Whether every tensor that this rule matches is one that the other matches, too.

        Their formats are not compared.
        """
        pairs = (
            (self.roles, other.roles),
            (self.layers, other.layers),
            (self.operators, other.operators),
        )
        narrower = all(not wide or (own and {*own} <= {*wide}) for own, wide in pairs)
        return narrower and other.path in ("*", self.path)


@dataclass(frozen=True)
class Selector:
    """Ordered rules: the first that matches a tensor decides; ``default`` is for the rest."""

    rules: tuple[Rule, ...]
    default: Scheme

    def scheme(self, tensor: Tensor, format_name: str) -> Scheme:
        """How the tensor is stored in that format."""
        matching = (rule.scheme for rule in self.rules if rule.takes(tensor, format_name))
        return next(matching, self.default)

    def schemes(self, format_name: str) -> tuple[Scheme, ...]:
        """Every scheme that some tensor may get in that format, each once."""
        return tuple(dict.fromkeys(self._possible(format_name)))

    def _possible(self, format_name: str) -> Iterable[Scheme]:
        """The schemes of the rules that no earlier one forestalls."""
        asked: list[Rule] = []
        for rule in (*self.rules, Rule(self.default)):
            here = not rule.formats or format_name in rule.formats
            if here and not any(rule.within(earlier) for earlier in asked):
                asked.append(rule)
                yield rule.scheme
