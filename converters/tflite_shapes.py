"""Values of a TFLite graph, and the lowerings of operators that only move them or shape them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.tflite_graph import GraphTensor, Subgraph, constant
from edgekit.errors import ConversionError

if TYPE_CHECKING:
    from torch import Tensor as Fake

Values = GraphTensor | Sequence[GraphTensor]
"""What a node of the traced graph is here: one value, or those of an operator with several."""


def dtype_of(fake: Fake) -> str:
    """NumPy's name for the dtype of a fake tensor, like ``float32``."""
    return str(fake.dtype).removeprefix("torch.")


def reshape(to: Subgraph, out: Fake, x: GraphTensor, *_: object) -> GraphTensor:
    """``x`` in the shape of the result; also what adds or drops axes of length 1."""
    return shaped(to, x, out.shape)


def shaped(to: Subgraph, x: GraphTensor, shape: Sequence[int]) -> GraphTensor:
    """``x`` in another shape of as many numbers; without an operator where it has that shape."""
    if tuple(shape) == x.shape:
        return x
    return to.op("RESHAPE", [x, constant(shape, "int32")], shape, x.dtype, newShape=list(shape))


def permute(to: Subgraph, out: Fake, x: GraphTensor, order: Sequence[int]) -> GraphTensor:
    """The axes of ``x`` in another order; negative ones count from the end."""
    axes = constant([axis % x.rank for axis in order], "int32")
    return to.op("TRANSPOSE", [x, axes], out.shape, x.dtype)


def transpose(
    to: Subgraph, out: Fake, x: GraphTensor, first: int = 0, second: int = 1
) -> GraphTensor:
    """Two axes of ``x`` exchanged."""
    order = list(range(x.rank))
    order[first], order[second] = order[second], order[first]
    return permute(to, out, x, order)


def expand(to: Subgraph, out: Fake, x: GraphTensor, *_: object) -> GraphTensor:
    """``x`` repeated along its axes of length 1, up to the shape of the result."""
    if tuple(out.shape) == x.shape:
        return x
    return to.op("BROADCAST_TO", [x, constant(out.shape, "int32")], out.shape, x.dtype)


def section(to: Subgraph, x: GraphTensor, axis: int, start: int, size: int) -> GraphTensor:
    """``size`` entries of one axis of ``x``, from ``start`` on."""
    begin, sizes = [0] * x.rank, list(x.shape)
    begin[axis], sizes[axis] = start, size
    bounds = [constant(numbers, "int32") for numbers in (begin, sizes)]
    return to.op("SLICE", [x, *bounds], sizes, x.dtype)


def slice_(
    to: Subgraph,
    out: Fake,
    x: GraphTensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> GraphTensor:
    """Entries ``start`` to ``end`` of one axis, as Python counts them.

    Raises:
        ConversionError: there is a step between them.
    """
    first, last, _ = slice(start, end).indices(x.shape[dim])
    if step != 1:
        raise ConversionError("TFLite has no lowering for slices with a step (tflite_shapes)")
    return x if last - first == x.shape[dim] else section(to, x, dim, first, last - first)


def select(to: Subgraph, out: Fake, x: GraphTensor, dim: int, index: int) -> GraphTensor:
    """One entry of an axis, which goes."""
    return shaped(to, section(to, x, dim, index % x.shape[dim], 1), out.shape)


def split(
    to: Subgraph, out: Sequence[Fake], x: GraphTensor, sizes: object, dim: int = 0
) -> list[GraphTensor]:
    """One axis cut into parts that follow each other, as many as there are in ``out``."""
    widths = [int(fake.shape[dim]) for fake in out]
    starts = np.cumsum([0, *widths])
    return [
        section(to, x, dim, int(start), width) for start, width in zip(starts, widths, strict=False)
    ]


def unbind(to: Subgraph, out: Sequence[Fake], x: GraphTensor, dim: int = 0) -> list[GraphTensor]:
    """Every entry of an axis, which goes."""
    return [select(to, fake, x, dim, index) for index, fake in enumerate(out)]


def getitem(to: Subgraph, out: Fake, values: Sequence[GraphTensor], index: int) -> GraphTensor:
    """One result of an operator that has several, like ``split``: nothing is computed."""
    return values[index]


def cat(to: Subgraph, out: Fake, values: Sequence[GraphTensor], dim: int = 0) -> GraphTensor:
    """Values one after the other along an axis."""
    return to.op("CONCATENATION", values, out.shape, dtype_of(out), axis=dim % len(out.shape))


def pad(
    to: Subgraph,
    out: Fake,
    x: GraphTensor,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> GraphTensor:
    """Zeros around ``x``: ``pad`` has two counts an axis, the last axis first, as torch has it.

    Raises:
        ConversionError: it is padded with anything else.
    """
    if mode != "constant" or value:
        raise ConversionError(f"TFLite has no lowering for padding with {mode} {value}")
    pairs = np.reshape(pad, (-1, 2))[::-1]
    widths = np.concatenate([np.zeros((x.rank - len(pairs), 2)), pairs])
    return to.op("PAD", [x, constant(widths, "int32")], out.shape, x.dtype)


def gather(to: Subgraph, out: Fake, x: GraphTensor, dim: int, index: GraphTensor) -> GraphTensor:
    """``x[..., index[...]]`` along the last axis.

    Raises:
        ConversionError: it is another axis, or the others differ.
    """
    axis = x.rank - 1
    if dim % x.rank != axis or x.shape[:-1] != index.shape[:-1]:
        raise ConversionError("TFLite gathers along the last axis of tensors of like shape only")
    return to.op("GATHER", [x, index], out.shape, x.dtype, axis=axis, batchDims=axis)
