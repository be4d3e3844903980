"""Operations that move or expand numbers without arithmetic on activations: their types stay."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from edgekit.errors import UnsupportedError
from edgekit.mil.ops_compute import Array, Kernel, Number, ints


def gather(
    x: Array,
    indices: Array,
    axis: Number = 0,
    batch_dims: Number = 0,
    validate_indices: Number = False,
) -> Array:
    """The slices of ``axis`` whose numbers are ``indices``.

    Args:
        x: any array.
        indices: integers, any shape; it stands in the result where ``axis`` was.
        axis: which axis is indexed.
        batch_dims: how many leading axes ``x`` and ``indices`` share: they are walked together.
        validate_indices: plays no part.
    """
    along, shared = int(axis) % max(x.ndim, 1), int(batch_dims)
    if not shared:
        return np.take(x, indices.astype(np.int64), along)
    rows = zip(x, indices, strict=True)
    return np.stack([gather(one, index, along - 1, shared - 1) for one, index in rows])


def gather_nd(
    x: Array, indices: Array, batch_dims: Number = 0, validate_indices: Number = False
) -> Array:
    """The slices of ``x`` at coordinates, which are the last axis of ``indices``."""
    if not int(batch_dims):
        return np.asarray(x[tuple(np.moveaxis(indices.astype(np.int64), -1, 0))])
    rows = zip(x, indices, strict=True)
    return np.stack([gather_nd(one, index, int(batch_dims) - 1) for one, index in rows])


def gather_along_axis(
    x: Array, indices: Array, axis: Number = 0, validate_indices: Number = False
) -> Array:
    """One element for each index, along one axis."""
    return np.take_along_axis(x, indices.astype(np.int64), int(axis))


def reshape(x: Array, shape: Array) -> Array:
    """The same numbers in another shape; 0 keeps an axis and -1 takes what is left."""
    sizes = [x.shape[axis] if size == 0 else size for axis, size in enumerate(ints(shape))]
    return x.reshape(sizes)


def concat(values: list[Array], axis: Number, interleave: Number = False) -> Array:
    """Arrays joined along one axis."""
    if interleave:
        raise UnsupportedError("the evaluator has no interleaved concat")
    return np.concatenate([np.atleast_1d(value) for value in values], int(axis))


def split(
    x: Array, axis: Number, num_splits: Number = 1, split_sizes: Array | None = None
) -> list[Array]:
    """Equal parts, or parts of given sizes."""
    if split_sizes is None:
        return np.split(x, int(num_splits), int(axis))
    return np.split(x, np.cumsum(ints(split_sizes))[:-1], int(axis))


def slice_by_index(
    x: Array,
    begin: Array,
    end: Array,
    stride: Array | None = None,
    begin_mask: Array | None = None,
    end_mask: Array | None = None,
    squeeze_mask: Array | None = None,
) -> Array:
    """``x[begin:end:stride]`` on every axis at once.

    Args:
        x: any array.
        begin: where each axis begins, int32 (rank,).
        end: where each axis ends, int32 (rank,).
        stride: steps, int32 (rank,); None is 1 everywhere.
        begin_mask: nonzero for axes that begin at their start, whatever ``begin`` says.
        end_mask: nonzero for axes that end at their end.
        squeeze_mask: nonzero for axes of which only ``begin`` stays, and which go.
    """
    steps = ints(stride) if stride is not None else (1,) * x.ndim
    free_begin, free_end, single = (
        ints(mask) if mask is not None else (0,) * x.ndim
        for mask in (begin_mask, end_mask, squeeze_mask)
    )
    starts = [None if free_begin[i] else start for i, start in enumerate(ints(begin))]
    stops = [None if free_end[i] else stop for i, stop in enumerate(ints(end))]
    picks = [
        int(begin[i]) if single[i] else slice(starts[i], stops[i], steps[i]) for i in range(x.ndim)
    ]
    return np.asarray(x[tuple(picks)])


def slice_by_size(x: Array, begin: Array, size: Array) -> Array:
    """``size`` elements from ``begin`` on every axis; -1 takes the rest."""
    starts = [start % length for start, length in zip(ints(begin), x.shape, strict=True)]
    bounds = zip(starts, ints(size), strict=True)
    return x[tuple(slice(start, None if n == -1 else start + n) for start, n in bounds)]


def pad(x: Array, pad: Array, mode: str = "constant", constant_val: Number = 0.0) -> Array:
    """Puts margins around the last axes.

    Args:
        x: any array.
        pad: before and after each of the last axes, (2 * axes,).
        mode: ``constant``, ``reflect`` or ``replicate``.
        constant_val: what constant margins hold.
    """
    pairs = list(zip(ints(pad)[::2], ints(pad)[1::2], strict=True))
    margins = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    if mode == "constant":
        return np.pad(x, margins, constant_values=np.asarray(constant_val, x.dtype))
    return np.pad(x, margins, mode="edge" if mode == "replicate" else "reflect")


def affine_dequantize(
    quantized_data: Array, zero_point: Array, scale: Array, axis: Number
) -> Array:
    """(data - zero_point) * scale: the weights that levels of iOS 16 and 17 mean.

    Args:
        quantized_data: int8 or uint8, any shape.
        zero_point: one number, or one for each place on ``axis``.
        scale: the same.
        axis: of the channels.
    """
    shape = [1] * quantized_data.ndim
    shape[int(axis)] = -1
    zero, unit = (
        value.reshape(shape) if value.ndim else value
        for value in (zero_point.astype(np.float32), scale.astype(np.float32))
    )
    return (quantized_data.astype(np.float32) - zero) * unit


def blockwise_shift_scale(data: Array, scale: Array, offset: Array | None = None) -> Array:
    """(data - offset) * scale: the weights that levels of iOS 18 mean.

    Args:
        data: integers, any shape.
        scale: of the same rank: one number for each block, whose shape follows from the two shapes.
        offset: of the scale's shape; None is 0.
    """
    centred = data.astype(np.float32)
    if offset is not None:
        centred = centred - _spread(offset, data.shape)
    return centred * _spread(scale, data.shape)


def _spread(blocks: Array, shape: tuple[int, ...]) -> Array:
    """Repeats the number of each block along its axes, until it broadcasts to ``shape``."""
    result = blocks.astype(np.float32)
    for axis, size in enumerate(shape):
        if 1 < blocks.shape[axis] < size:
            result = result.repeat(size // blocks.shape[axis], axis)
    return result


def lut_to_dense(
    indices: Array, lut: Array, shape: Array | None = None, vector_axis: Array | None = None
) -> Array:
    """The weights that indices into a palette mean.

    Args:
        indices: of iOS 16 packed bits; of iOS 18 integers of the weight's shape.
        lut: the palette's values, of iOS 18 a palette for each block.
        shape: of the weight, for packed indices.
        vector_axis: plays no part: palettes of vectors are refused.

    Raises:
        UnsupportedError: the palette has vectors for entries.
    """
    if shape is not None:
        sizes = ints(shape)
        bits, count = int(math.log2(lut.size)), math.prod(sizes)
        digits = np.unpackbits(indices, bitorder="little")[: count * bits].reshape(count, bits)
        return lut[digits @ (1 << np.arange(bits))].reshape(sizes)
    if lut.shape[-1] != 1:
        raise UnsupportedError("the evaluator has no palettes of vectors")
    palette = lut[..., 0]
    for axis, size in enumerate(indices.shape):
        if 1 < palette.shape[axis] < size:
            palette = palette.repeat(size // palette.shape[axis], axis)
    palette = np.broadcast_to(palette, (*indices.shape, palette.shape[-1]))
    return np.take_along_axis(palette, indices.astype(np.int64)[..., None], -1)[..., 0]


MOVE: Mapping[str, Kernel] = {
    "cast": lambda x, dtype: x,  # a result always takes the type that its operation declares
    "concat": concat,
    "expand_dims": lambda x, axes: np.expand_dims(x, ints(axes)),
    "fill": lambda shape, value: np.full(ints(shape), value),
    "fill_like": lambda ref_tensor, value: np.full(ref_tensor.shape, value),
    "gather": gather,
    "gather_along_axis": gather_along_axis,
    "gather_nd": gather_nd,
    "identity": lambda x: x,
    "pad": pad,
    "range_1d": lambda start, end, step: np.arange(start, end, step),
    "reshape": reshape,
    "select": lambda cond, a, b: np.asarray(np.where(cond, a, b)),
    "shape": lambda x: np.array(x.shape),
    "slice_by_index": slice_by_index,
    "slice_by_size": slice_by_size,
    "split": split,
    "squeeze": lambda x, axes=None: np.squeeze(x, None if axes is None else ints(axes)),
    "stack": lambda values, axis: np.stack(values, int(axis)),
    "tile": lambda x, reps: np.tile(x, ints(reps)),
    "transpose": lambda x, perm: np.transpose(x, ints(perm)),
    # compressed weights
    "constexpr_affine_dequantize": affine_dequantize,
    "constexpr_blockwise_shift_scale": blockwise_shift_scale,
    "constexpr_cast": lambda source_val, output_dtype: source_val,
    "constexpr_lut_to_dense": lut_to_dense,
}
