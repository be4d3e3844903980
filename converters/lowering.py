"""Tables of lowerings, as ONNX and TFLite have them: by name as written, by operator as used."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

Lowering = Callable[..., Any]


def of_kinds(lowering: Lowering, names: Mapping[str, Sequence[str]]) -> dict[str, Lowering]:
    """A row a name, from ``{kind: names}``: ``lowering`` takes the kind as its first argument."""
    return {name: partial(lowering, kind) for kind, group in names.items() for name in group}


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
