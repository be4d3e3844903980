"""Operations that compute: float16 reaches them as float32, and their results are rounded once.

Names, arguments and meanings are those of MIL's operation sets (coremltools, ``converters/mil/mil/
ops/defs``); each takes and returns numpy arrays, its attributes included.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from edgekit.errors import UnsupportedError

Array = npt.NDArray[Any]
Number = Array | float
"""An attribute: a number of the program, which is an array without axes, or a default here."""
Kernel = Callable[..., Array | list[Array]]


def ints(values: Number | tuple[int, ...]) -> tuple[int, ...]:
    """An attribute such as ``axes`` or ``perm`` as Python numbers."""
    return tuple(int(value) for value in np.atleast_1d(values))


def erf(x: Array) -> Array:
    """The error function, which numpy lacks."""
    from scipy.special import erf as scipy_erf

    return scipy_erf(x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (np.tanh(0.5 * x) + 1)


def gelu(x: Array, mode: str = "EXACT") -> Array:
    """Gaussian error linear unit.

    Args:
        x: any array.
        mode: MIL's name: ``EXACT``, or one of the approximations by a tanh or a sigmoid.
    """
    if mode == "TANH_APPROXIMATION":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi, dtype=x.dtype) * (x + 0.044715 * x**3)))
    if mode == "SIGMOID_APPROXIMATION":
        return x * sigmoid(1.702 * x)
    return 0.5 * x * (1 + erf(x * np.sqrt(0.5, dtype=x.dtype)))


def softmax(x: Array, axis: Number = -1) -> Array:
    """Normalised exponentials along one axis."""
    powers = np.exp(x - x.max(int(axis), keepdims=True))
    return powers / powers.sum(int(axis), keepdims=True)


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """``x @ weight.T + bias``."""
    product = x @ weight.T
    return product if bias is None else product + bias


def matmul(x: Array, y: Array, transpose_x: Number = False, transpose_y: Number = False) -> Array:
    """The matrix product of the last two axes, either side transposed first."""
    left = x.swapaxes(-1, -2) if transpose_x else x
    return np.matmul(left, y.swapaxes(-1, -2) if transpose_y else y)


def attention(query: Array, key: Array, value: Array, attn_mask: Array | None = None) -> Array:
    """Scaled dot-product attention: softmax(query keyᵀ / sqrt(size) + mask) value.

    Args:
        query: (..., queries, size).
        key: (..., keys, size).
        value: (..., keys, size).
        attn_mask: (..., queries, keys), added to the scores; a boolean one is true where it
            attends.
    """
    scores = np.matmul(query / np.sqrt(query.shape[-1], dtype=query.dtype), key.swapaxes(-1, -2))
    if attn_mask is not None and attn_mask.dtype == np.bool_:
        scores = np.where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return np.matmul(softmax(scores), value)


def layer_norm(
    x: Array,
    axes: Number,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: Number = 1e-5,
) -> Array:
    """Normalises over ``axes`` to mean 0 and variance 1 (biased), then scales and shifts.

    Args:
        x: any array.
        axes: over which.
        gamma: factors, of the shape of these axes.
        beta: what is added, of the same shape.
        epsilon: is added to the variance.
    """
    over = tuple(axis % x.ndim for axis in ints(axes))
    shape = [size if axis in over else 1 for axis, size in enumerate(x.shape)]
    centred = x - x.mean(over, keepdims=True)
    result = centred / np.sqrt((centred**2).mean(over, keepdims=True) + epsilon)
    result = result if gamma is None else result * gamma.reshape(shape)
    return result if beta is None else result + beta.reshape(shape)


def batch_norm(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: Number = 1e-5,
) -> Array:
    """Normalises axis 1 by the stored mean and variance, then scales and shifts it.

    ``mean``, ``variance``, ``gamma`` and ``beta`` are (channels,).
    """
    shape = (1, -1) + (1,) * (x.ndim - 2)
    result = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + epsilon)
    result = result if gamma is None else result * gamma.reshape(shape)
    return result if beta is None else result + beta.reshape(shape)


def conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    strides: Array | None = None,
    pad_type: str = "valid",
    pad: Array | tuple[int, ...] = (),
    dilations: Array | None = None,
    groups: Number = 1,
) -> Array:
    """A convolution of any number of spatial axes.

    Args:
        x: (N, C, *space).
        weight: (O, C / groups, *kernel).
        bias: (O,).
        strides: one for each spatial axis; None is 1.
        pad_type: ``valid``, or ``custom`` as ``pad`` says.
        pad: before and after each spatial axis.
        dilations: one for each spatial axis; None is 1.
        groups: in how many groups channels are kept apart.

    Returns:
        (N, O, *space).

    Raises:
        UnsupportedError: another rule of padding.
    """
    if pad_type not in ("valid", "custom"):
        raise UnsupportedError(f"the evaluator has no padding '{pad_type}' for conv")
    rank, parts = x.ndim - 2, int(groups)
    margins = ints(pad) if pad_type == "custom" else (0,) * 2 * rank
    padded = np.pad(x, [(0, 0), (0, 0), *zip(margins[::2], margins[1::2], strict=True)])
    steps = ints(dilations) if dilations is not None else (1,) * rank
    extent = [(size - 1) * step + 1 for size, step in zip(weight.shape[2:], steps, strict=True)]
    windows = sliding_window_view(padded, extent, tuple(range(2, x.ndim)))
    jumps = ints(strides) if strides is not None else (1,) * rank
    picks = [slice(None, None, step) for step in (1, 1, *jumps, *steps)]
    windows = windows[tuple(picks)]
    space = windows.shape[2 : 2 + rank]
    columns = windows.reshape(len(x), parts, x.shape[1] // parts, np.prod(space), -1)
    kernels = weight.reshape(parts, len(weight) // parts, *columns.shape[2:3], -1)
    result = np.einsum("ngcpk,gock->ngop", columns, kernels, optimize=True)
    result = result.reshape(len(x), len(weight), *space)
    return result if bias is None else result + bias.reshape(1, -1, *(1,) * rank)


def einsum(values: list[Array], equation: str) -> Array:
    """The sum of products that ``equation`` spells."""
    return np.asarray(np.einsum(equation, *values, optimize=True))


def cumsum(x: Array, axis: Number = 0, exclusive: Number = False, reverse: Number = False) -> Array:
    """Running sums along one axis.

    Args:
        x: any array.
        axis: along which.
        exclusive: leaves each element out of its own sum.
        reverse: sums from the end.
    """
    line = np.flip(x, int(axis)) if reverse else x
    total = np.cumsum(line, int(axis), dtype=x.dtype)
    total = total - line if exclusive else total
    return np.flip(total, int(axis)) if reverse else total


def _reduction(function: Callable[..., Array]) -> Kernel:
    """The kernel of a reduction such as ``reduce_sum``, made of numpy's function."""

    def kernel(x: Array, axes: Array | None = None, keep_dims: Number = False) -> Array:
        over = None if axes is None else ints(axes)
        return function(x, axis=over, keepdims=bool(keep_dims))

    return kernel


def _arg(function: Callable[..., Array]) -> Kernel:
    """The kernel of ``reduce_argmax`` and the like, made of numpy's function."""

    def kernel(
        x: Array, axis: Number = -1, keep_dims: Number = False, output_dtype: str = ""
    ) -> Any:
        return function(x, axis=int(axis), keepdims=bool(keep_dims))

    return kernel


def _unary(function: Callable[..., Array]) -> Kernel:
    """The kernel of an operation on ``x`` alone."""
    return lambda x: function(x)


def _binary(function: Callable[..., Array]) -> Kernel:
    """The kernel of an operation on ``x`` and ``y``."""
    return lambda x, y: function(x, y)


_UNARY: Mapping[str, Callable[..., Array]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "cos": np.cos,
    "erf": erf,
    "exp": np.exp,
    "floor": np.floor,
    "logical_not": np.logical_not,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "sign": np.sign,
    "silu": lambda x: x * sigmoid(x),
    "sin": np.sin,
    "sqrt": np.sqrt,
    "square": np.square,
    "tanh": np.tanh,
}
_BINARY: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "equal": np.equal,
    "floor_div": np.floor_divide,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "mul": np.multiply,
    "not_equal": np.not_equal,
    "pow": np.power,
    "real_div": np.divide,
    "sub": np.subtract,
}
COMPUTE: Mapping[str, Kernel] = {
    **{name: _unary(function) for name, function in _UNARY.items()},
    **{name: _binary(function) for name, function in _BINARY.items()},
    "clip": lambda x, alpha, beta: np.clip(x, alpha, beta),
    "cumsum": cumsum,
    "gelu": gelu,
    "log": lambda x, epsilon=0.0: np.log(x + epsilon),
    "rsqrt": lambda x, epsilon=0.0: 1 / np.sqrt(x + epsilon),
    "softmax": softmax,
    # layers
    "batch_norm": batch_norm,
    "conv": conv,
    "einsum": einsum,
    "layer_norm": layer_norm,
    "linear": linear,
    "matmul": matmul,
    "scaled_dot_product_attention": attention,
    # reductions
    "reduce_argmax": _arg(np.argmax),
    "reduce_argmin": _arg(np.argmin),
    "reduce_l2_norm": _reduction(lambda x, **how: np.sqrt(np.sum(x * x, **how))),
    "reduce_max": _reduction(np.max),
    "reduce_mean": _reduction(np.mean),
    "reduce_min": _reduction(np.min),
    "reduce_sum": _reduction(np.sum),
    "reduce_sum_square": _reduction(lambda x, **how: np.sum(x * x, **how)),
}
