"""The activations that a config may name, and the mask, in what every format has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NotImplementedType
from typing import TypeAlias

import torch
from torch import Tensor
from torch._ops import OpOverload

Decomposed: TypeAlias = "Tensor | NotImplementedType"
UNCHANGED: Decomposed = NotImplemented  # tells torch to leave an operator as it is
MASKED = -1e4  # finite in float16, and exp(-1e4) is 0 in every format

# Transformers' modules of a GELU by the approximation they compute, most of them spelled out.
GELUS: Mapping[str, str] = {
    "AccurateGELUActivation": "tanh",
    "FastGELUActivation": "tanh",
    "GELUActivation": "none",
    "GELUTanh": "tanh",
    "NewGELUActivation": "tanh",
}

# Transformers' modules of activations that not every format can compute, by the config's name.
MISSING: Mapping[str, str] = {"XIELUActivation": "xielu"}


def _sigmoid(x: Tensor) -> Tensor:
    return torch.tanh(x * 0.5) * 0.5 + 0.5


def _silu(x: Tensor) -> Tensor:
    return x * _sigmoid(x)


def _leaky_relu(x: Tensor, slope: float | Tensor = 0.01) -> Tensor:
    return torch.relu(x) - torch.relu(-x) * slope


def _prelu(x: Tensor, slope: Tensor) -> Decomposed:
    return _leaky_relu(x, slope) if slope.numel() == 1 else UNCHANGED


def _softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Decomposed:
    """log(1 + exp(beta * x)) / beta, in a form whose exponential cannot overflow float16."""
    if beta != 1.0:
        return UNCHANGED
    return torch.relu(x) + torch.log(torch.exp(-torch.abs(x)) + 1.0)


def _mish(x: Tensor) -> Tensor:
    return x * torch.tanh(_softplus(x))


def _hardtanh(x: Tensor, low: float = -1.0, high: float = 1.0) -> Tensor:
    return torch.clamp(x, low, high)


def _hardswish(x: Tensor) -> Tensor:
    return x * torch.clamp(x + 3.0, 0.0, 6.0) * (1 / 6)


def _square(x: Tensor) -> Tensor:
    return x * x


def _power(x: Tensor, exponent: float) -> Decomposed:
    if exponent not in (2, 3):
        return UNCHANGED
    return x * x if exponent == 2 else x * x * x


DECOMPOSED: Mapping[OpOverload, Callable[..., Decomposed]] = {
    torch.ops.aten.clip.default: torch.clamp,
    torch.ops.aten.hardswish.default: _hardswish,
    torch.ops.aten.hardtanh.default: _hardtanh,
    torch.ops.aten.leaky_relu.default: _leaky_relu,
    torch.ops.aten.mish.default: _mish,
    torch.ops.aten.pow.Tensor_Scalar: _power,
    torch.ops.aten.prelu.default: _prelu,
    torch.ops.aten.sigmoid.default: _sigmoid,
    torch.ops.aten.silu.default: _silu,
    torch.ops.aten.softplus.default: _softplus,
    torch.ops.aten.square.default: _square,
}
