"""A value of an ONNX graph, and the operators that only move, repeat or cut what is in it.

See ``onnx_ops``, which has all others. Operators: https://onnx.ai/onnx/operators/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.onnx_graph import Array, GraphBuilder
from edgekit.quantize.scheme import FLOAT32, Scheme

if TYPE_CHECKING:
    from torch import SymInt
    from torch import Tensor as Fake
    from torch import dtype as Dtype  # noqa: N812

Lowering = Callable[..., str | Sequence[str]]


@dataclass(frozen=True)
class Value:
    """A tensor of the graph: its name, its fake tensor, and its data if it is a parameter.

    ``shared`` marks a parameter that is not only the weight of linear layers (tied embeddings), and
    ``scheme`` says how a parameter is stored.
    """

    name: str
    fake: Fake
    data: Array | None = None
    shared: bool = False
    scheme: Scheme = FLOAT32

    @property
    def rank(self) -> int:
        """How many axes the tensor has."""
        return len(self.fake.shape)


Operand = Value | float
"""What an elementwise operator takes: a tensor or a number."""
Values = Value | list[Value]
"""What a node of the traced graph is in ONNX: one value, or those of an operator with several."""


def kind_of(dtype: Dtype) -> int:
    """ONNX's number for a torch dtype: the ``elem_type`` of a tensor."""
    from onnx import helper

    return helper.np_dtype_to_tensor_dtype(np.dtype(str(dtype).removeprefix("torch.")))


def as_dtype(to: GraphBuilder, dtype: Dtype, operand: Operand) -> str:
    """The name of an operand in that dtype: tensors are cast, numbers become constants."""
    if not isinstance(operand, Value):
        return to.constant(operand, str(dtype).removeprefix("torch."))
    if operand.fake.dtype == dtype:
        return operand.name
    return to.op("Cast", operand.name, to=kind_of(dtype))


def axis_of(value: Value, dim: int) -> int:
    """The axis counted from the front; torch may count it from the back, where -1 is the last."""
    return dim % value.rank


def transposed(to: GraphBuilder, weight: Value) -> str:
    """The name of a weight, (out, in), as (in, out).

    It is stored so, or transposed in the graph if the file needs both.
    """
    if weight.data is None or weight.shared:
        return to.transpose(weight.name, [1, 0])
    return to.tensor(f"{weight.name}.T", weight.data.T)


def _vector(to: GraphBuilder, sizes: Sequence[Value | int]) -> str:
    """The name of a vector of sizes, some of which are known only when the file is run."""
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) == len(sizes):
        return to.constant(known)
    parts = [size.name if isinstance(size, Value) else to.constant([size]) for size in sizes]
    return to.op("Concat", *parts, axis=0)


def _shape(to: GraphBuilder, source: Value, out: Fake, sizes: Sequence[Value | int]) -> str:
    """The name of a shape for Reshape.

    It is a constant where -1 for the last free axis and 0 for other ones say all that is known only
    when the file is run.

    Args:
        to: the graph.
        source: what is reshaped.
        out: the result, as a fake tensor.
        sizes: as torch has them.
    """
    free = [axis for axis, dim in enumerate(out.shape) if not isinstance(dim, int)]
    kept = [axis < source.rank and source.fake.shape[axis] == out.shape[axis] for axis in free[:-1]]
    if not all(kept):
        return _vector(to, sizes)
    marks = {**dict.fromkeys(free, 0), **dict.fromkeys(free[-1:], -1)}
    return to.constant([marks.get(axis, dim) for axis, dim in enumerate(out.shape)])


def _sym_size(to: GraphBuilder, out: Fake, x: Value, dim: int) -> str:
    return to.op("Shape", x.name, start=dim, end=dim + 1)


def _reshape(to: GraphBuilder, out: Fake, x: Value, sizes: Sequence[Value | int]) -> str:
    made = to.op("Reshape", x.name, _shape(to, x, out, sizes))
    return counted(to, made, out.dtype, out.shape) if out.dim() == 2 else made


def counted(to: GraphBuilder, made: str, dtype: Dtype, shape: Sequence[int | SymInt]) -> str:
    """Declares the shape of a matrix that a Reshape made, with a name for its count of tokens.

    Each -1 is another unknown to onnxruntime. Its planner, which looks for a free buffer of the
    same shape for every value, then finds none and searches ever longer: opening an int8 file took
    2.5 times as long (1.31).
    """
    return to.declare(made, kind_of(dtype), [n if isinstance(n, int) else str(n) for n in shape])


def _transpose(to: GraphBuilder, out: Fake, x: Value, first: int, second: int) -> str:
    """Two axes exchanged."""
    order = list(range(x.rank))
    first, second = axis_of(x, first), axis_of(x, second)
    order[first], order[second] = second, first
    return to.transpose(x.name, order)


def _permute(to: GraphBuilder, out: Fake, x: Value, order: Sequence[int]) -> str:
    return to.transpose(x.name, [axis_of(x, dim) for dim in order])


def _unsqueeze(to: GraphBuilder, out: Fake, x: Value, dim: int) -> str:
    return to.op("Unsqueeze", x.name, to.constant([dim % len(out.shape)]))


def _squeeze(to: GraphBuilder, out: Fake, x: Value, dim: int) -> str:
    return to.op("Squeeze", x.name, to.constant([axis_of(x, dim)]))


def _expand(
    to: GraphBuilder, out: Fake, x: Value, sizes: Sequence[Value | int], **_: object
) -> str:
    kept = [size if isinstance(size, Value) else max(size, 1) for size in sizes]  # -1: as it is
    return to.op("Expand", x.name, _vector(to, kept))


def _full(to: GraphBuilder, out: Fake, shape: Sequence[int], value: float, **_: object) -> str:
    return to.constant(np.full(shape, value), str(out.dtype).removeprefix("torch."))


def _gather(to: GraphBuilder, out: Fake, x: Value, dim: int, index: Value) -> str:
    return to.op("GatherElements", x.name, index.name, axis=axis_of(x, dim))


def _slice(
    to: GraphBuilder,
    out: Fake,
    x: Value,
    dim: int = 0,
    start: Value | int | None = None,
    end: Value | int | None = None,
    step: int = 1,
) -> str:
    """Entries ``start`` to ``end`` of one axis, as Python counts them."""
    bounds = [
        bound.name if isinstance(bound, Value) else to.constant([bound])
        for bound in (0 if start is None else start, np.iinfo(np.int64).max if end is None else end)
    ]
    return to.op("Slice", x.name, *bounds, to.constant([dim]), to.constant([step]))


def _select(to: GraphBuilder, out: Fake, x: Value, dim: int, index: int) -> str:
    return to.op("Gather", x.name, to.constant(index), axis=axis_of(x, dim))


def _split(
    to: GraphBuilder, out: Sequence[Fake], x: Value, sizes: object, dim: int = 0
) -> tuple[str, ...]:
    axis = axis_of(x, dim)
    parts = to.constant([int(part.shape[axis]) for part in out])
    return to.ops("Split", len(out), x.name, parts, axis=axis)


def _unbind(to: GraphBuilder, out: Sequence[Fake], x: Value, dim: int = 0) -> list[str]:
    return [_select(to, part, x, dim, index) for index, part in enumerate(out)]


def _pad(
    to: GraphBuilder,
    out: Fake,
    x: Value,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> str:
    pairs = np.reshape(pad, (-1, 2))[::-1]
    widths = np.concatenate([np.zeros((x.rank - len(pairs), 2), int), pairs])
    return to.op("Pad", x.name, to.constant(widths.T.ravel()), as_dtype(to, out.dtype, value or 0))


def getitem(to: GraphBuilder, out: Fake, values: Sequence[Value], index: int) -> str:
    """The name of one result of an operator that has several; adds no node."""
    return values[index].name


def _cat(to: GraphBuilder, out: Fake, values: Sequence[Value], dim: int = 0) -> str:
    return to.op("Concat", *(value.name for value in values), axis=dim % len(out.shape))


SHAPES: dict[str, Lowering] = {
    "cat": _cat,
    "expand": _expand,
    "full": _full,
    "gather": _gather,
    "pad": _pad,
    "permute": _permute,
    "select.int": _select,
    "slice.Tensor": _slice,
    "split.Tensor": _split,
    "split_with_sizes": _split,
    "squeeze.dim": _squeeze,
    "sym_size.int": _sym_size,
    "transpose.int": _transpose,
    "unbind.int": _unbind,
    "unsqueeze": _unsqueeze,
    "reshape": _reshape,
}
