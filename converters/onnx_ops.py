"""What each aten operator is in ONNX: a table of lowerings by operator and scheme.

A lowering takes the graph under construction, the fake tensor(s) of the result and the operator's
own arguments, tensors among them as :class:`Value`, and returns the name(s) of the result.
Operators: https://onnx.ai/onnx/operators/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import pi, sqrt
from typing import TYPE_CHECKING

from edgekit.converters.lowering import Coverage, OperatorTable, of_kinds, rows
from edgekit.converters.onnx_graph import Attribute, GraphBuilder
from edgekit.converters.onnx_int8 import int8_embedding, int8_linear
from edgekit.converters.onnx_shapes import (
    SHAPES,
    Lowering,
    Operand,
    Value,
    as_dtype,
    axis_of,
    getitem,
    transposed,
)
from edgekit.converters.onnx_versions import OPSETS
from edgekit.errors import ConversionError
from edgekit.quantize.scheme import FLOAT32, INT8, INT8_NEIGHBOURS

if TYPE_CHECKING:
    from torch import Tensor as Fake

# Lowerings of elementwise operators


def _map(
    kind: str, to: GraphBuilder, out: Fake, *operands: Operand, **attributes: Attribute
) -> str:
    return to.op(kind, *(as_dtype(to, out.dtype, operand) for operand in operands), **attributes)


def _compare(kind: str, to: GraphBuilder, out: Fake, x: Value, y: Operand) -> str:
    return to.op(kind, x.name, as_dtype(to, x.fake.dtype, y))


def _unequal(to: GraphBuilder, out: Fake, x: Value, y: Operand) -> str:
    return to.op("Not", _compare("Equal", to, out, x, y))


def _rsub(to: GraphBuilder, out: Fake, x: Value, y: Operand) -> str:
    return _map("Sub", to, out, y, x)


def _cast(to: GraphBuilder, out: Fake, x: Value, **_: object) -> str:
    return as_dtype(to, out.dtype, x)


def _copy(to: GraphBuilder, out: Fake, x: Value, **_: object) -> str:
    return x.name


def _clamp(
    to: GraphBuilder, out: Fake, x: Value, low: Operand | None = None, high: Operand | None = None
) -> str:
    bounds = ["" if bound is None else as_dtype(to, out.dtype, bound) for bound in (low, high)]
    return to.op("Clip", as_dtype(to, out.dtype, x), *bounds)


def _gelu(to: GraphBuilder, out: Fake, x: Value, approximate: str = "none") -> str:
    return to.op("Gelu", x.name, approximate=approximate)


def _composed_gelu(to: GraphBuilder, out: Fake, x: Value, approximate: str = "none") -> str:
    """GELU before opset 20, which has it as one operator.

    x * (1 + f) / 2 in the forms that onnxruntime fuses.
    """

    def number(value: float) -> str:
        return as_dtype(to, out.dtype, value)

    if approximate == "tanh":
        cube = to.op("Mul", to.op("Mul", x.name, x.name), x.name)
        inner = to.op("Add", x.name, to.op("Mul", cube, number(0.044715)))
        share = to.op("Tanh", to.op("Mul", inner, number(sqrt(2 / pi))))
    else:
        share = to.op("Erf", to.op("Div", x.name, number(sqrt(2))))
    return to.op("Mul", to.op("Mul", x.name, to.op("Add", share, number(1.0))), number(0.5))


# Lowerings of sums and products


def _reduce(
    kind: str, to: GraphBuilder, out: Fake, x: Value, dims: int | Sequence[int], keep: bool = False
) -> str:
    return to.reduce(kind, x.name, [dims] if isinstance(dims, int) else dims, keep=keep)


def _cumsum(to: GraphBuilder, out: Fake, x: Value, dim: int, **_: object) -> str:
    return to.op("CumSum", as_dtype(to, out.dtype, x), to.constant(axis_of(x, dim)))


def _softmax(to: GraphBuilder, out: Fake, x: Value, dim: int, *_: object) -> str:
    return to.op("Softmax", x.name, axis=dim)


def _layer_norm(
    to: GraphBuilder,
    out: Fake,
    x: Value,
    shape: Sequence[int],
    weight: Value,
    bias: Value | None = None,
    eps: float = 1e-5,
    *_: object,
) -> str:
    parameters = [weight.name] if bias is None else [weight.name, bias.name]
    return to.op("LayerNormalization", x.name, *parameters, axis=-len(shape), epsilon=eps)


def _composed_layer_norm(
    to: GraphBuilder,
    out: Fake,
    x: Value,
    shape: Sequence[int],
    weight: Value,
    bias: Value | None = None,
    eps: float = 1e-5,
    *_: object,
) -> str:
    """Layer normalisation before opset 17, which has it as one operator; onnxruntime fuses this."""
    axes = range(-len(shape), 0)
    centred = to.op("Sub", x.name, to.reduce("ReduceMean", x.name, axes, keep=True))
    square = to.op("Pow", centred, as_dtype(to, out.dtype, 2.0))
    variance = to.reduce("ReduceMean", square, axes, keep=True)
    deviation = to.op("Sqrt", to.op("Add", variance, as_dtype(to, out.dtype, eps)))
    scaled = to.op("Mul", to.op("Div", centred, deviation), weight.name)
    return scaled if bias is None else to.op("Add", scaled, bias.name)


def _embedding(to: GraphBuilder, out: Fake, weight: Value, ids: Value, *_: object) -> str:
    return to.op("Gather", weight.name, ids.name)


def _linear(to: GraphBuilder, out: Fake, x: Value, weight: Value, bias: Value | None = None) -> str:
    product = to.op("MatMul", x.name, transposed(to, weight))
    return product if bias is None else to.op("Add", product, bias.name)


def _attention(
    to: GraphBuilder,
    out: Fake,
    query: Value,
    key: Value,
    value: Value,
    mask: Value | None = None,
    dropout: float = 0.0,
    causal: bool = False,
    *,
    scale: float | None = None,
) -> str:
    """Attention as two products with a softmax between them, as onnxruntime fuses it."""
    if causal or (mask is not None and mask.fake.dtype != query.fake.dtype):
        raise ConversionError("ONNX: attention takes an additive float mask and is not causal")
    factor = query.fake.shape[-1] ** -0.5 if scale is None else scale
    order = [*range(key.rank - 2), key.rank - 1, key.rank - 2]
    scores = to.op("MatMul", query.name, to.transpose(key.name, order))
    scores = to.op("Mul", scores, as_dtype(to, query.fake.dtype, factor))
    if mask is not None:
        scores = to.op("Add", scores, mask.name)
    return to.op("MatMul", to.op("Softmax", scores, axis=-1), value.name)


_MAPS = {
    "Abs": ("abs",),
    "Add": ("add.Tensor",),
    "Cos": ("cos",),
    "Div": ("div.Tensor",),
    "Erf": ("erf",),
    "Exp": ("exp",),
    "Log": ("log",),
    "Min": ("minimum",),
    "Mul": ("mul.Tensor",),
    "Neg": ("neg",),
    "Relu": ("relu",),
    "Sin": ("sin",),
    "Sqrt": ("sqrt",),
    "Sub": ("sub.Tensor",),
    "Tanh": ("tanh",),
}
_COMPARISONS = {"GreaterOrEqual": ("ge.Scalar",), "LessOrEqual": ("le.Scalar",)}
_LOWERINGS: dict[str, Lowering] = {
    **SHAPES,
    "_to_copy": _cast,
    "alias": _copy,
    "amax": partial(_reduce, "ReduceMax"),
    "clamp": _clamp,
    "clone": _copy,
    "cumsum": _cumsum,
    "embedding": _embedding,
    "gelu": _gelu,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "logical_and": partial(_map, "And"),
    "matmul": partial(_map, "MatMul"),
    "mean.dim": partial(_reduce, "ReduceMean"),
    "ne.Scalar": _unequal,
    "rsub.Scalar": _rsub,
    "scaled_dot_product_attention": _attention,
    "softmax.int": _softmax,
    "sum.dim_IntList": partial(_reduce, "ReduceSum"),
}
_INT8: dict[str, Lowering] = {"embedding": int8_embedding, "linear": int8_linear}
_BEFORE: Mapping[int, Mapping[str, Lowering]] = {  # instead of what came with these opsets
    20: {"gelu": _composed_gelu},
    17: {"layer_norm": _composed_layer_norm},
}


_PLAIN = {**of_kinds(_map, _MAPS), **of_kinds(_compare, _COMPARISONS), **_LOWERINGS}
_ROWS = {
    **rows(_PLAIN, FLOAT32),
    **rows({"embedding": int8_embedding}, INT8),
    **rows(_INT8, INT8_NEIGHBOURS),
}
COVERAGE = Coverage("onnx", "ONNX", _ROWS, "converters/onnx_ops.py")


def lowerings(opset: int = OPSETS[-1]) -> OperatorTable[str | Sequence[str]]:
    """The table of lowerings, in ONNX operators that the opset has already."""
    older = [named for since, named in _BEFORE.items() if opset < since]
    replaced = {name: lowering for named in older for name, lowering in named.items()}
    return OperatorTable({**_ROWS, **rows(replaced, FLOAT32)}, getitem)
