"""The steps of :mod:`edgekit.model.head` in operators that every format has and float16 holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from edgekit.model.head import (
    EPSILON,
    Dense,
    Head,
    HeadStep,
    LayerNorm,
    Normalize,
    Pool,
    Splade,
    Truncate,
)
from edgekit.tracing.decompositions import MASKED

_Pool = Callable[[Tensor, Tensor], Tensor]


class GraphHead(torch.nn.Module):
    """The steps of a head as a module, for the graph.

    It takes values, (batch, length, width), and a mask, (batch, length) int32.
    """

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.steps = torch.nn.ModuleList(_STEPS[type(step)](step) for step in head.steps)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Applies the steps in their order.

        Args:
            values: (batch, length, width), float.
            mask: (batch, length), int32: 1 for a token, 0 for padding.

        Returns:
            What the last step makes: (batch, width) behind a pooling, else (batch, length, width).
        """
        for step in self.steps:
            values = step(values, mask)
        return values


class _Pooled(torch.nn.Module):
    """The step Pool: (batch, length, width) to (batch, modes * width)."""

    def __init__(self, step: Pool) -> None:
        super().__init__()
        self._pools = [_POOLS[mode] for mode in step.modes]

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        results = [pool(values, mask) for pool in self._pools]
        return results[0] if len(results) == 1 else torch.cat(results, -1)


class _Sparse(torch.nn.Module):
    """The step Splade: (batch, length, vocabulary) to (batch, vocabulary).

    The logarithm grows with its argument, so that the largest logit can be taken first.
    """

    def __init__(self, step: Splade) -> None:
        super().__init__()
        self._step = step

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        weights = mask.to(values.dtype).unsqueeze(2)
        if not self._step.total:
            return self._log((values + (1.0 - weights) * MASKED).amax(1))
        return (self._log(values) * weights).sum(1)

    def _log(self, values: Tensor) -> Tensor:
        result = torch.log(torch.relu(values) + 1.0)
        return torch.log(result + 1.0) if self._step.twice else result


class _Projected(torch.nn.Module):
    """The step Dense."""

    def __init__(self, step: Dense) -> None:
        super().__init__()
        made, taken = step.weight.shape
        self.linear = torch.nn.Linear(taken, made)
        self.linear.weight.data = torch.from_numpy(step.weight)
        self.linear.bias.data = torch.from_numpy(step.bias)
        self.activation = getattr(torch.nn, step.activation)()

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        result: Tensor = self.activation(self.linear(values))
        return result


class _Centred(torch.nn.Module):
    """The step LayerNorm."""

    def __init__(self, step: LayerNorm) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(len(step.weight), EPSILON)
        self.norm.weight.data = torch.from_numpy(step.weight)
        self.norm.bias.data = torch.from_numpy(step.bias)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        result: Tensor = self.norm(values)
        return result


class _Scaled(torch.nn.Module):
    """The step Normalize.

    Vectors are scaled to a largest value of 1 before they are squared: no sum can overflow float16.
    """

    def __init__(self, step: Normalize) -> None:
        super().__init__()

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        scaled = values / values.abs().amax(-1, keepdim=True).clamp(min=1e-4)
        return scaled / (scaled * scaled).sum(-1, keepdim=True).clamp(min=1e-4).sqrt()


class _Cut(torch.nn.Module):
    """The step Truncate."""

    def __init__(self, step: Truncate) -> None:
        super().__init__()
        self._dimension = step.dimension

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        return values[..., : self._dimension]


_STEPS: Mapping[type[HeadStep], Callable[[Any], torch.nn.Module]] = {
    Pool: _Pooled,
    Splade: _Sparse,
    Dense: _Projected,
    LayerNorm: _Centred,
    Normalize: _Scaled,
    Truncate: _Cut,
}


def _combined(weights: Tensor, values: Tensor) -> Tensor:
    """The weighted sum of a text's token vectors.

    (batch, length) weights and (batch, length, width) values become (batch, width).
    """
    return torch.matmul(weights.unsqueeze(1), values).squeeze(1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of a text's token vectors: (batch, width).

    It is a product with weights that sum to 1: no sum can overflow float16.
    """
    weights = mask.to(values.dtype)
    return _combined(weights / weights.sum(1, keepdim=True).clamp(min=1.0), values)


def _mean_sqrt(values: Tensor, mask: Tensor) -> Tensor:
    return _mean(values, mask) * mask.to(values.dtype).sum(1, keepdim=True).sqrt()


def _weighted_mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean in which each token weighs its place, counted from 1: (batch, width).

    Places are divided by the count of tokens before they are added up: their sum would not fit
    float16.
    """
    weights, places = mask.to(values.dtype), torch.cumsum(mask, 1, dtype=mask.dtype)
    weights = places.to(values.dtype) * weights / weights.sum(1, keepdim=True).clamp(min=1.0)
    return _combined(weights / weights.sum(1, keepdim=True).clamp(min=1e-4), values)


def _last(values: Tensor, mask: Tensor) -> Tensor:
    """The vector of the text's last token, after which the mask has none: (batch, width)."""
    after = mask.sum(1, keepdim=True, dtype=mask.dtype) - torch.cumsum(mask, 1, dtype=mask.dtype)
    chosen = (1.0 - torch.clamp(after.to(values.dtype), max=1.0)) * mask.to(values.dtype)
    return _combined(chosen, values)


def _first(values: Tensor, mask: Tensor) -> Tensor:
    return values[:, 0]


def _max(values: Tensor, mask: Tensor) -> Tensor:
    return (values + (1.0 - mask.to(values.dtype)).unsqueeze(2) * MASKED).amax(1)


_POOLS: Mapping[str, _Pool] = {
    "mean": _mean,
    "cls": _first,
    "max": _max,
    "mean_sqrt_len_tokens": _mean_sqrt,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}
