"""What each aten operator is in TFLite: a table of lowerings by operator and scheme.

A lowering takes the subgraph under construction, the fake tensor(s) of the result and the
operator's own arguments, tensors among them as :class:`GraphTensor`, and returns the tensor(s) of
the result. Operators: https://ai.google.dev/edge/api/tflite/mlir/tfl_ops
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.lowering import Coverage, OperatorTable, of_kinds, rows
from edgekit.converters.tflite_graph import GraphTensor, Subgraph, constant
from edgekit.converters.tflite_shapes import (
    Values,
    cat,
    dtype_of,
    expand,
    gather,
    getitem,
    pad,
    permute,
    reshape,
    select,
    shaped,
    slice_,
    split,
    transpose,
    unbind,
)
from edgekit.errors import ConversionError
from edgekit.quantize.scheme import FLOAT32, INT8

if TYPE_CHECKING:
    from torch import Tensor as Fake

Operand = GraphTensor | float
"""What an elementwise operator takes: a tensor or a number."""
Lowering = Callable[..., Values]


def _as(to: Subgraph, dtype: str, operand: Operand) -> GraphTensor:
    """An operand in that dtype: tensors are cast, numbers become constants."""
    if not isinstance(operand, GraphTensor):
        return constant(operand, dtype)
    if operand.dtype == dtype:
        return operand
    return to.op("CAST", [operand], operand.shape, dtype)


def _map(kind: str, to: Subgraph, out: Fake, *operands: Operand, **_: object) -> GraphTensor:
    dtype = dtype_of(out)
    return to.op(kind, [_as(to, dtype, operand) for operand in operands], out.shape, dtype)


def _compare(kind: str, to: Subgraph, out: Fake, x: GraphTensor, y: Operand) -> GraphTensor:
    return to.op(kind, [x, _as(to, x.dtype, y)], out.shape, "bool")


# Lowerings of elementwise operators


def _cast(to: Subgraph, out: Fake, x: GraphTensor, *_: object, **__: object) -> GraphTensor:
    return _as(to, dtype_of(out), x)


def _copy(to: Subgraph, out: Fake, x: GraphTensor, **_: object) -> GraphTensor:
    return x


def _clamp(
    to: Subgraph, out: Fake, x: GraphTensor, low: Operand | None = None, high: Operand | None = None
) -> GraphTensor:
    for kind, bound in (("MAXIMUM", low), ("MINIMUM", high)):
        x = x if bound is None else _map(kind, to, out, x, bound)
    return x


def _gelu(to: Subgraph, out: Fake, x: GraphTensor, approximate: str = "none") -> GraphTensor:
    return to.op("GELU", [x], out.shape, x.dtype, approximate=approximate == "tanh")


def _where(to: Subgraph, out: Fake, condition: GraphTensor, x: Operand, y: Operand) -> GraphTensor:
    operands = [_as(to, dtype_of(out), operand) for operand in (x, y)]
    return to.op("SELECT_V2", [condition, *operands], out.shape, dtype_of(out))


# Lowerings of sums and products


def _reduce(
    kind: str,
    to: Subgraph,
    out: Fake,
    x: GraphTensor,
    dims: int | Sequence[int],
    keep: bool = False,
    **_: object,
) -> GraphTensor:
    axes = constant(np.atleast_1d(dims), "int32")
    return to.op(kind, [_as(to, dtype_of(out), x), axes], out.shape, dtype_of(out), keepDims=keep)


def _cumsum(to: Subgraph, out: Fake, x: GraphTensor, dim: int, **_: object) -> GraphTensor:
    return to.op(
        "CUMSUM", [_as(to, dtype_of(out), x), constant(dim, "int32")], out.shape, dtype_of(out)
    )


def _softmax(to: Subgraph, out: Fake, x: GraphTensor, dim: int, *_: object) -> GraphTensor:
    if dim % x.rank != x.rank - 1:
        raise ConversionError("TFLite has a softmax of the last axis only")
    return to.op("SOFTMAX", [x], out.shape, x.dtype, beta=1.0)


def _layer_norm(
    to: Subgraph,
    out: Fake,
    x: GraphTensor,
    shape: Sequence[int],
    weight: GraphTensor | None = None,
    bias: GraphTensor | None = None,
    eps: float = 1e-5,
    *_: object,
) -> GraphTensor:
    """Layer normalisation, of which TFLite has no operator: mean, squares, reciprocal root."""
    axes, one = (
        constant(range(-len(shape), 0), "int32"),
        (*x.shape[: -len(shape)], *(1 for _ in shape)),
    )
    mean = to.op("MEAN", [x, axes], one, x.dtype, keepDims=True)
    centred = to.op("SUB", [x, mean], x.shape, x.dtype)
    square = to.op("MUL", [centred, centred], x.shape, x.dtype)
    variance = to.op("MEAN", [square, axes], one, x.dtype, keepDims=True)
    deviation = to.op("ADD", [variance, constant(eps, x.dtype)], one, x.dtype)
    inverse = to.op("RSQRT", [deviation], one, x.dtype)
    result = to.op("MUL", [centred, inverse], x.shape, x.dtype)
    for kind, parameter in (("MUL", weight), ("ADD", bias)):
        if parameter is not None:
            result = to.op(kind, [result, parameter], x.shape, x.dtype)
    return result


def _embedding(
    to: Subgraph, out: Fake, weight: GraphTensor, ids: GraphTensor, *_: object
) -> GraphTensor:
    """A lookup of rows in the shape of the ids, which EMBEDDING_LOOKUP takes in one row."""
    count = int(np.prod(ids.shape))
    rows = to.op(
        "EMBEDDING_LOOKUP", [_flat(to, ids), weight], (count, weight.shape[1]), dtype_of(out)
    )
    return shaped(to, rows, out.shape)


def _flat(to: Subgraph, ids: GraphTensor) -> GraphTensor:
    """The ids in one row, (batch * length,): EMBEDDING_LOOKUP takes no other shape."""
    if ids.data is None:
        return shaped(to, ids, [int(np.prod(ids.shape))])
    return constant(ids.data.ravel(), "int32")


def _linear(
    to: Subgraph, out: Fake, x: GraphTensor, weight: GraphTensor, bias: GraphTensor | None = None
) -> GraphTensor:
    return to.op("FULLY_CONNECTED", [x, weight, bias], out.shape, x.dtype, keepNumDims=True)


def _attention(
    to: Subgraph,
    out: Fake,
    query: GraphTensor,
    key: GraphTensor,
    value: GraphTensor,
    mask: GraphTensor | None = None,
    dropout: float = 0.0,
    causal: bool = False,
    *,
    scale: float | None = None,
) -> GraphTensor:
    """Attention as two products with a softmax between them."""
    if causal or (mask is not None and mask.dtype != query.dtype):
        raise ConversionError("TFLite: attention takes an additive float mask and is not causal")
    factor = constant(query.shape[-1] ** -0.5 if scale is None else scale, query.dtype)
    scaled = to.op("MUL", [query, factor], query.shape, query.dtype)
    shape = (*query.shape[:-1], key.shape[-2])
    scores = to.op("BATCH_MATMUL", [scaled, key], shape, query.dtype, adjY=True)
    if mask is not None:
        scores = to.op("ADD", [scores, mask], shape, query.dtype)
    shares = to.op("SOFTMAX", [scores], shape, query.dtype, beta=1.0)
    return to.op("BATCH_MATMUL", [shares, value], out.shape, query.dtype)


# int8: the kernels quantise activations at run time where weights are int8 and inputs float


def _int8_embedding(
    to: Subgraph, out: Fake, weight: GraphTensor, ids: GraphTensor, *_: object
) -> GraphTensor:
    return _embedding(to, out, to.quantized(weight), ids)


def _int8_linear(
    to: Subgraph, out: Fake, x: GraphTensor, weight: GraphTensor, bias: GraphTensor | None = None
) -> GraphTensor:
    return _linear(to, out, x, to.quantized(weight), bias)


_MAPS = {
    "ABS": ("abs",),
    "ADD": ("add.Tensor",),
    "COS": ("cos",),
    "DIV": ("div.Tensor",),
    "EXP": ("exp",),
    "LOG": ("log",),
    "MINIMUM": ("min.other", "minimum"),
    "MUL": ("mul.Tensor",),
    "NEG": ("neg",),
    "POW": ("pow.Tensor_Scalar",),
    "RELU": ("relu",),
    "SIN": ("sin",),
    "SQRT": ("sqrt",),
    "SUB": ("sub.Tensor",),
    "TANH": ("tanh",),
}
_COMPARISONS = {
    "GREATER_EQUAL": ("ge.Scalar",),
    "LESS": ("lt.Scalar",),
    "LESS_EQUAL": ("le.Scalar",),
    "NOT_EQUAL": ("ne.Scalar",),
}
_LOWERINGS: dict[str, Lowering] = {
    "_to_copy": _cast,
    "alias": _copy,
    "amax": partial(_reduce, "REDUCE_MAX"),
    "cat": cat,
    "clamp": _clamp,
    "clone": _copy,
    "cumsum": _cumsum,
    "embedding": _embedding,
    "expand": expand,
    "gather": gather,
    "gelu": _gelu,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "logical_and": partial(_map, "LOGICAL_AND"),
    "matmul": partial(_map, "BATCH_MATMUL"),
    "mean.dim": partial(_reduce, "MEAN"),
    "pad": pad,
    "permute": permute,
    "rsub.Scalar": lambda to, out, x, y: _map("SUB", to, out, y, x),
    "scaled_dot_product_attention": _attention,
    "select.int": select,
    "slice.Tensor": slice_,
    "softmax.int": _softmax,
    "split.Tensor": split,
    "squeeze.dim": reshape,
    "sum.dim_IntList": partial(_reduce, "SUM"),
    "t": transpose,
    "transpose.int": transpose,
    "type_as": _cast,
    "unbind.int": unbind,
    "unsqueeze": reshape,
    "reshape": reshape,
    "where.self": _where,
}
_INT8: dict[str, Lowering] = {"embedding": _int8_embedding, "linear": _int8_linear}

_PLAIN = {**of_kinds(_map, _MAPS), **of_kinds(_compare, _COMPARISONS), **_LOWERINGS}
_ROWS = {**rows(_PLAIN, FLOAT32), **rows(_INT8, INT8)}
COVERAGE = Coverage("tflite", "TFLite", _ROWS, "converters/tflite_ops.py")
TABLE = OperatorTable(_ROWS, getitem)
