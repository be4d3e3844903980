"""What a checkpoint's own library computes from a Transformers model's output: steps, as data.

Source: the modules of sentence-transformers, whose formulas the steps have in plain PyTorch. That
is what every file is held against; :mod:`edgekit.tracing.graph_head` says the same in operators
that phones run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edgekit.errors import SourceError
from edgekit.manifest.checkpoint import DenseFacts, PoolingFacts

if TYPE_CHECKING:
    import torch

_Pool = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
EPSILON = 1e-5  # of torch.nn.LayerNorm


class HeadStep(Protocol):
    """One step of a head.

    Values are float32 or float64 of (batch, length, width) while there is one vector a token, and
    (batch, width) once a step has pooled them.
    """

    def width(self, width: int) -> int:
        """How many values a vector has afterwards.

        Args:
            width: how many it has before.

        Raises:
            SourceError: the step takes another number.
        """

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Applies the step, as the checkpoint's own library does.

        Args:
            values: (batch, length, width), or (batch, width) after pooling.
            mask: (batch, length), 1 for a token and 0 for padding.

        Returns:
            The values after the step, of the same dtype.
        """


@dataclass(frozen=True)
class Pool:
    """Makes one vector of a text's token vectors.

    ``modes`` are keys of ``MODES``, such as ``mean``; the results of several stand side by side.
    """

    modes: tuple[str, ...] = ("mean",)

    def width(self, width: int) -> int:
        """The sum over the modes: their results stand side by side."""
        return width * len(self.modes)

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One vector a text, in which padding does not count.

        (batch, length, width) becomes (batch, modes * width).
        """
        import torch

        weights = mask.unsqueeze(-1).to(values.dtype)
        return torch.cat([_POOLS[mode](values, weights) for mode in self.modes], -1)

    def __str__(self) -> str:
        return "+".join(self.modes)


@dataclass(frozen=True)
class Splade:
    """A masked language model's logits to one weight for each vocabulary entry.

    ``log(1 + max(0, logit))``, its logarithm taken once more with ``twice``, then over the tokens
    the largest, or with ``total`` the sum. Source: https://arxiv.org/abs/2109.10086.
    """

    total: bool = False
    twice: bool = False

    def width(self, width: int) -> int:
        """As many as before: one for each entry of the vocabulary."""
        return width

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One weight for each entry: (batch, length, vocabulary) becomes (batch, vocabulary)."""
        weights = (values * mask.unsqueeze(-1)).relu().log1p()
        weights = weights.log1p() if self.twice else weights
        return weights.sum(1) if self.total else weights.amax(1)

    def __str__(self) -> str:
        return "splade sum" if self.total else "splade max"


@dataclass(frozen=True, eq=False)
class Dense:
    """A linear layer with its activation: ``activation(weight @ vector + bias)``.

    Attributes:
        folder: where it was read, for messages.
        weight: float32 (out, in).
        bias: float32 (out,), 0 where the checkpoint has none.
        activation: a class of torch.nn.
    """

    folder: str
    weight: np.ndarray
    bias: np.ndarray
    activation: str

    def width(self, width: int) -> int:
        """How many values the layer gives: the rows of the weight.

        Raises:
            SourceError: its columns are not ``width``.
        """
        made, taken = self.weight.shape
        if taken != width:
            raise SourceError(
                f"{self.folder} takes {taken} values where {width} come: download the checkpoint "
                "again"
            )
        return int(made)

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Each vector through the layer; ``mask`` plays no part."""
        import torch

        weight, bias = (torch.from_numpy(x).to(values) for x in (self.weight, self.bias))
        made: torch.Tensor = getattr(torch.nn, self.activation)()(
            torch.nn.functional.linear(values, weight, bias)
        )
        return made

    def facts(self) -> DenseFacts:
        """What the manifest says of it: everything but the weights."""
        made, taken = self.weight.shape
        return DenseFacts(in_features=taken, out_features=made, activation=self.activation)

    def __str__(self) -> str:
        made, taken = self.weight.shape
        return f"dense {taken} to {made}, {self.activation}"


@dataclass(frozen=True, eq=False)
class LayerNorm:
    """torch.nn.LayerNorm over the last axis.

    Attributes:
        folder: where it was read, for messages.
        weight: the scale, float32 (width,).
        bias: the shift, float32 (width,).
    """

    folder: str
    weight: np.ndarray
    bias: np.ndarray

    def width(self, width: int) -> int:
        """``width`` itself.

        Raises:
            SourceError: scale and shift are not of ``width``.
        """
        if len(self.weight) != width:
            raise SourceError(
                f"{self.folder} takes {len(self.weight)} values where {width} come: download the "
                "checkpoint again"
            )
        return width

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Each vector normalised, scaled and shifted; ``mask`` plays no part."""
        import torch

        weight, bias = (torch.from_numpy(x).to(values) for x in (self.weight, self.bias))
        return torch.nn.functional.layer_norm(values, weight.shape, weight, bias, EPSILON)

    def __str__(self) -> str:
        return "layer norm"


@dataclass(frozen=True)
class Normalize:
    """Scales each vector to length 1; one of length 0 stays what it is."""

    def width(self, width: int) -> int:
        """``width`` itself."""
        return width

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Each vector at length 1; ``mask`` plays no part."""
        import torch

        return torch.nn.functional.normalize(values, dim=-1)

    def __str__(self) -> str:
        return "length 1"


@dataclass(frozen=True)
class Truncate:
    """Keeps the first ``dimension`` values of each vector (Matryoshka embeddings)."""

    dimension: int

    def width(self, width: int) -> int:
        """``dimension``, or ``width`` if that is less."""
        return min(self.dimension, width)

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Each vector's first values; ``mask`` plays no part."""
        return values[..., : self.dimension]

    def __str__(self) -> str:
        return f"first {self.dimension} values"


@dataclass(frozen=True)
class Head:
    """All steps between the Transformers model's output and the checkpoint's answer, in order.

    The default, mean pooling at length 1, is for a checkpoint that does not say how to make
    vectors.
    """

    steps: tuple[HeadStep, ...] = (Pool(), Normalize())

    def width(self, width: int) -> int:
        """How many values the last step makes of the model's.

        Raises:
            SourceError: a step does not take what comes before it.
        """
        for step in self.steps:
            width = step.width(width)
        return width

    def compute(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Applies all steps as the libraries define them, without regard to what a phone can run.

        Args:
            values: the Transformers model's output, (batch, length, width).
            mask: (batch, length), 0 where there is padding.

        Returns:
            (batch, embedding), or (batch, length, embedding) where nothing pools the tokens; of the
            dtype of ``values``.
        """
        for step in self.steps:
            values = step.compute(values, mask)
        return values

    @property
    def parameters(self) -> int:
        """How many numbers of the steps were trained."""
        layers = (step for step in self.steps if isinstance(step, Dense | LayerNorm))
        return sum(layer.weight.size + layer.bias.size for layer in layers)

    def facts(self) -> PoolingFacts:
        """The manifest's ``pooling``: how the graph makes one vector of the token vectors."""
        pools = [str(step) for step in self.steps if isinstance(step, Pool | Splade)]
        return PoolingFacts(
            mode=pools[0] if pools else "none",
            normalize=isinstance(self.steps[-1], Normalize),
            dense=tuple(step.facts() for step in self.steps if isinstance(step, Dense)),
            steps=tuple(map(str, self.steps)),
        )


def _weighted_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of a text's tokens, each weighed by its place, counted from 1: ``weightedmean``."""
    weights = mask.cumsum(1) * mask
    return (values * weights).sum(1) / weights.sum(1)


def _last(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The vector of each text's last token that is not padding."""
    import torch

    places = mask.sum((1, 2)).long() - 1
    return values[torch.arange(len(values)), places]


# By sentence-transformers' names; values are (batch, length, width), masks (batch, length, 1).
_POOLS: Mapping[str, _Pool] = {
    "mean": lambda values, mask: (values * mask).sum(1) / mask.sum(1),
    "cls": lambda values, mask: values[:, 0],
    "max": lambda values, mask: values.masked_fill(mask == 0, -np.inf).amax(1),
    "mean_sqrt_len_tokens": lambda values, mask: (values * mask).sum(1) / mask.sum(1).sqrt(),
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}
MODES = tuple(_POOLS)
