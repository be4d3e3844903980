"""The arithmetic of quantisation: weights to levels and back, in numpy, for every scheme.

Formats only pack what :func:`quantize` returns. :func:`stored_values` gives the weights as a file
of that scheme has them, so that a PyTorch reference can be run with exactly these weights: what
then still differs from the file is not the rounding of weights.

Symmetric and asymmetric (affine) quantisation: https://arxiv.org/abs/1806.08342, sections 2.1, 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import UnsupportedError
from edgekit.quantize.scheme import Scheme

Array = NDArray[Any]

LEAST = np.float32(1e-9)  # half-width of a range, else rows of zeros would have a scale of 0
_FLOAT16_LEAST = np.float32(2.0**-24)  # what coremltools makes of smaller values, lest they be 0
_FLOAT16_STEP = 2.0**-9  # relative: three roundings to float16 (weight, scale, product) in a row


@dataclass(frozen=True)
class Stored:
    """Numbers as a file has them.

    Args:
        levels: floats, or integers of ``scheme.dtype`` (int8 below 8 bits too), in the weight's
            own shape.
        scale: (rows, groups) of floats, where a group is what shares a scale on the last axis;
            (1, 1) for one scale a tensor; None where ``levels`` are the values themselves.
        zero_point: the level that means 0, of the scale's shape; None where that is 0 everywhere.
        block: how many numbers of a row are a group, the last of which may be shorter; 0 for all.
    """

    levels: Array
    scale: Array | None = None
    zero_point: Array | None = None
    block: int = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays, each level in as many as numpy needs for it: 4 bits take 8 here."""
        parts = (self.levels, self.scale, self.zero_point)
        return sum(part.nbytes for part in parts if part is not None)

    def rows(self, start: int, end: int) -> Stored:
        """The rows from ``start`` to ``end``, which must not share a scale with others."""
        scale, zero_point = (
            None if array is None else array[start:end] for array in (self.scale, self.zero_point)
        )
        return Stored(self.levels[start:end], scale, zero_point, self.block)


@dataclass(frozen=True)
class Grid:
    """The levels a group of weights may take: multiples of ``scale``, shifted by ``zero_point``.

    Args:
        scale: (rows, groups, 1) float32.
        zero_point: of the same shape, in float32.
        least: the lowest level.
        largest: the highest level.
    """

    scale: Array
    zero_point: Array
    least: int
    largest: int


Rounding = Callable[[Array, Grid], Array]
"""From weights, (rows, groups, width) float32, to levels of that shape, still in float32. One that
needs calibration data (GPTQ: https://arxiv.org/abs/2210.17323) is a function made of them."""


def nearest(weights: Array, grid: Grid) -> Array:
    """Each weight's own nearest level; halves go to the even one."""
    levels = weights / grid.scale
    np.rint(levels, out=levels)
    if grid.zero_point.any():
        levels += grid.zero_point
    return np.clip(levels, grid.least, grid.largest, out=levels)


def quantize(weights: Array, scheme: Scheme, rounding: Rounding = nearest) -> Stored:
    """The numbers that a file of that scheme stores.

    Args:
        weights: float32 of shape (rows, ..., columns); a scheme per channel has a scale for each
            of the rows.
        scheme: how to store them.
        rounding: how levels are chosen, given the grid.

    Raises:
        UnsupportedError: there is no arithmetic for the scheme yet (palettes).
    """
    if scheme.floating:
        with np.errstate(over="ignore"):  # becomes inf, which the audit of the file refuses
            return Stored(weights.astype(scheme.dtype, copy=False))
    if scheme.palette:
        raise UnsupportedError(f"edgekit has no arithmetic for {scheme}: choose another recipe")
    if scheme.activations == "float16":
        weights = weights.astype(np.float16).astype(np.float32)
    groups = _groups(weights, scheme)
    grid = _grid(groups, scheme)
    levels = rounding(groups, grid).astype(np.int8)
    levels = levels.reshape(len(groups), -1)[:, : _columns(weights, scheme)]
    scale = grid.scale[..., 0]
    if scheme.activations == "float16":
        scale = scale.astype(np.float16)
    zero_point = None if scheme.symmetric else grid.zero_point[..., 0].astype(np.int8)
    return Stored(levels.reshape(weights.shape), scale, zero_point, scheme.block)


def dequantize(stored: Stored) -> Array:
    """The values that stored numbers mean: float32 of the shape of ``stored.levels``.

    With float16 scales the product is rounded to float16, as Core ML computes it: a value that
    float16 cannot hold is infinite here too.
    """
    if stored.scale is None:
        return stored.levels.astype(np.float32, copy=False)
    values = stored.levels.reshape(len(stored.scale), -1).astype(np.float32)

    def spread(parameter: Array) -> Array:
        """(rows, groups) to what broadcasts to (rows, columns)."""
        wide = parameter.astype(np.float32)
        return wide.repeat(stored.block, 1)[:, : values.shape[1]] if stored.block else wide

    if stored.zero_point is not None:
        values -= spread(stored.zero_point)
    values *= spread(stored.scale)
    if stored.scale.dtype == np.float16:
        with np.errstate(over="ignore"):
            values = values.astype(np.float16).astype(np.float32)
    return values.reshape(stored.levels.shape)


def stored_values(weights: Array, scheme: Scheme, rounding: Rounding = nearest) -> Array:
    """The weights as a file of that scheme has them, dequantised: float32 of the same shape.

    A model that runs with these in place of its own weights is the reference for a quantised file:
    both have the same rounding of weights, and differ in that of activations alone.
    """
    return dequantize(quantize(weights, scheme, rounding))


def rounding_bound(weights: Array, scheme: Scheme) -> Array:
    """How far a stored value may be from its weight: what broadcasts to the weights' shape.

    Half a step of the grid, and a whole one where a rounded zero point shifts it. Computed from
    the weights alone, so that a file whose scales are wrong cannot widen its own bound.
    """
    if scheme.bits == 32:
        return np.zeros((1,) * weights.ndim, np.float32)
    magnitude = np.abs(weights)
    if scheme.floating:
        return magnitude * np.float32(2.0**-11) + _FLOAT16_LEAST
    groups = _groups(weights, scheme)
    step = _grid(groups, scheme).scale * np.float32(0.5005 if scheme.symmetric else 1.001)
    wide = np.broadcast_to(step, groups.shape).reshape(len(groups), -1)
    bound = wide[:, : _columns(weights, scheme)].reshape(weights.shape)
    if scheme.activations != "float16":
        return bound
    return bound + magnitude * np.float32(_FLOAT16_STEP) + np.float32(2.0**-23)


def pack(levels: Array, bits: int) -> Array:
    """Levels of 1, 2 or 4 bits side by side in bytes, the first in the lowest bits.

    Args:
        levels: (..., count) integers; negative ones are stored as two's complement.
        bits: of one level; divides 8.

    Returns:
        uint8 of shape (..., ceil(count * bits / 8)); what is left over is filled with zeros.
    """
    per_byte = 8 // bits
    padding = [(0, 0)] * (levels.ndim - 1) + [(0, -levels.shape[-1] % per_byte)]
    digits = np.pad(levels, padding).astype(np.uint8) & np.uint8(2**bits - 1)
    digits = digits.reshape(*levels.shape[:-1], -1, per_byte)
    packed = np.zeros(digits.shape[:-1], np.uint8)
    for place in range(per_byte):
        packed |= digits[..., place] << np.uint8(bits * place)
    return packed


def _columns(weights: Array, scheme: Scheme) -> int:
    """How many numbers a row of :func:`_groups` has, without what fills up its last block."""
    rows = 1 if scheme.granularity == "tensor" else weights.size // weights.shape[-1]
    rows = weights.shape[0] if scheme.granularity == "channel" else rows
    return weights.size // rows


def _groups(weights: Array, scheme: Scheme) -> Array:
    """The weights with what shares a scale on the last axis: (rows, groups, width).

    A last block that is not full is filled with zeros, which are in every range anyway.
    """
    if scheme.granularity == "tensor":
        return weights.reshape(1, 1, -1)
    if scheme.granularity == "channel":
        return weights.reshape(len(weights), 1, -1)
    rows = weights.reshape(-1, weights.shape[-1])
    missing = -rows.shape[1] % scheme.block
    if missing:
        rows = np.pad(rows, ((0, 0), (0, missing)))
    return rows.reshape(len(rows), -1, scheme.block)


def _grid(groups: Array, scheme: Scheme) -> Grid:
    """The levels for each group of weights, (rows, groups, width), by the scheme's rule."""
    low, high = groups.min(-1, keepdims=True), groups.max(-1, keepdims=True)
    if scheme.range_estimator == "neighbours":
        low, high = _of_neighbours(groups, low, high)
    largest = 2 ** (scheme.bits - 1) - 1
    if scheme.symmetric:
        most = np.maximum(np.maximum(high, -low), LEAST)
        return Grid(most / np.float32(largest), np.zeros_like(most), -largest, largest)
    least = -largest - 1
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    span = np.maximum(high - low, LEAST)
    zero_point = np.clip(np.rint((least * high - largest * low) / span), least, largest)
    return Grid(span / np.float32(largest - least), zero_point, least, largest)


def _of_neighbours(groups: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """A range so wide that no two neighbours on the last axis sum to more than 128 levels.

    x86 processors without VNNI add two neighbouring products in 16 bits, which 255 * (127 + 127)
    overflows: ``onnxruntime.ai/docs/performance/model-optimizations/quantization.html``. With this
    every processor computes the same. A row's largest pair seldom exceeds its largest weight by
    much: it costs less than 7-bit weights.

    Args:
        groups: (rows, groups, width).
        low: the least value of each group.
        high: the largest.

    Returns:
        Both ends of the range of each group.
    """
    pairs = groups[..., :-1:2] + groups[..., 1::2]
    if not pairs.shape[-1]:
        return low, high
    return (
        np.minimum(low, pairs.min(-1, keepdims=True)),
        np.maximum(high, pairs.max(-1, keepdims=True)),
    )
