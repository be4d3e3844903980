"""int8 weights in ONNX: tables that are looked up, and linear layers on quantised tokens.

Operators: https://onnx.ai/onnx/operators/
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.onnx_graph import Array, GraphBuilder
from edgekit.converters.onnx_shapes import Value, counted, kind_of, transposed
from edgekit.quantize.numerics import quantize
from edgekit.quantize.selector import JOIN

if TYPE_CHECKING:
    from torch import Tensor as Fake

_STEPS = 255  # from the lowest to the highest level of uint8
_FLOAT = 1  # TensorProto.FLOAT


@dataclass(frozen=True)
class _Tokens:
    """Names of values: ``levels`` of uint8, (tokens, width), and what they mean.

    A level stands for ``scale * level - lift``; both are float32 of (tokens, 1).
    """

    levels: str
    scale: str
    lift: str


def int8_embedding(to: GraphBuilder, out: Fake, weight: Value, ids: Value, *_: object) -> str:
    """The lowering of a lookup in an int8 table: only the rows that are read become floats.

    Args:
        to: the graph.
        out: the result, as a fake tensor.
        weight: the table, whose rows have a scale each.
        ids: which rows.
    """
    levels, scale = _quantized(weight)
    table = to.tensor(f"{weight.name}.int8", levels)
    scales = to.tensor(f"{weight.name}.scale", scale)
    picked = to.op("Cast", to.op("Gather", table, ids.name), to=kind_of(out.dtype))
    return to.op("Mul", picked, to.op("Gather", scales, ids.name))


def int8_linear(
    to: GraphBuilder, out: Fake, x: Value, weight: Value, bias: Value | None = None
) -> str:
    """The lowering of a linear layer with an int8 weight: a product of levels, scaled in float32.

    What zero points add to it is taken off: a number a token times a number a column, the sum of
    its weights. That is a product as well, which takes the bias along.
    """
    levels, scale = _quantized(weight)
    stored = replace(weight, name=to.tensor(f"{weight.name}.int8", levels), data=levels)
    scales = to.tensor(f"{weight.name}.scale.T", scale[:, 0])
    tokens = _tokens(to, x.name if x.rank == 2 else _rows(to, x))
    products = to.op("MatMulInteger", tokens.levels, transposed(to, stored))
    scaled = to.op("Mul", to.op("Cast", products, to=kind_of(out.dtype)), _hidden(to, scales))
    scaled = to.op("Mul", scaled, tokens.scale)
    sums = (-scale[:, 0] * levels.sum(1, dtype=np.int32)).astype(np.float32)
    result = to.op("Gemm", *_shift(to, f"{weight.name}.shift", sums, bias, tokens.lift), scaled)
    if x.rank == 2:
        return result
    shape = to.op("Concat", to.op("Shape", x.name, end=-1), to.constant([len(levels)]), axis=0)
    return to.op("Reshape", result, shape)


def _rows(to: GraphBuilder, x: Value) -> str:
    """The value as a matrix with a row for each token, (tokens, width), whatever its rank."""
    *free, width = x.fake.shape
    rows = to.op("Reshape", x.name, to.constant([-1, width]))
    return counted(to, rows, x.fake.dtype, (math.prod(free), width))


def _shift(
    to: GraphBuilder, name: str, sums: Array, bias: Value | None, lift: str
) -> tuple[str, str]:
    """Two matrices whose product is what a layer adds to scaled levels, (tokens, outputs).

    Args:
        to: the graph.
        name: of the second matrix.
        sums: what a token adds for each 1 that its levels are lifted by, (outputs,).
        bias: what every token adds.
        lift: of each token, (tokens, 1).
    """
    if bias is None:
        return lift, to.tensor(name, sums[np.newaxis])
    assert bias.data is not None
    ones_beside = to.op("Pad", lift, to.constant([0, 0, 0, 1]), _number(to, 1))
    return ones_beside, to.tensor(f"{name}{JOIN}{bias.name}", np.stack([sums, bias.data]))


def _hidden(to: GraphBuilder, scales: str) -> str:
    """Scales times 1, where only the input's size tells that it is a 1.

    onnxruntime makes one operator of a product of integers and its scale (MatMulIntegerToFloat)
    where that is itself a product of two, and no constant.
    """
    one = to.op("Cast", to.op("Min", to.op("Size", to.source), to.constant(1)), to=_FLOAT)
    return to.op("Mul", one, scales)


def _quantized(weight: Value) -> tuple[Array, Array]:
    """A weight's levels, int8 (rows, columns), and scales, (rows, 1)."""
    assert weight.data is not None
    stored = quantize(weight.data, weight.scheme)
    assert stored.scale is not None
    return stored.levels, stored.scale


def _tokens(to: GraphBuilder, rows: str) -> _Tokens:
    """Quantises each token by the range of its own values, with 0 in it.

    That is ZeroQuant's (https://arxiv.org/abs/2206.01861). By the range of all tokens
    (DynamicQuantizeLinear) a text's result would depend on its padding and on what else is in the
    batch: cosines of 0.97 on MiniLM.

    Both ends count by their distance from 0, since Abs is one operator and clipping would be more.
    A token of zeros has a scale of 0: whatever its levels are, all that they stand for is 0.
    """
    height = to.op("Abs", to.reduce("ReduceMax", rows, [1], keep=False))
    depth = to.op("Abs", to.reduce("ReduceMin", rows, [1], keep=False))
    scale = to.op("Div", to.op("Add", height, depth), _number(to, _STEPS))
    zero = to.op("QuantizeLinear", depth, scale, axis=0)
    lift = to.op("DequantizeLinear", zero, scale, axis=0)
    column = to.constant([1])
    return _Tokens(
        to.op("QuantizeLinear", rows, scale, zero, axis=0),
        to.op("Unsqueeze", scale, column),
        to.op("Unsqueeze", lift, column),
    )


def _number(to: GraphBuilder, value: float) -> str:
    return to.constant(value, np.float32)
