"""A scheme: how the numbers of one weight tensor are stored, and what they are computed with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Granularity = Literal["tensor", "channel", "block"]
Activations = Literal["float32", "float16", "int8"]
RangeEstimator = Literal["extremes", "neighbours"]

_FLOATS = {32: "float32", 16: "float16"}


@dataclass(frozen=True)
class Scheme:
    """How one weight tensor is stored. Plain data: what computes it is in ``numerics``.

    Args:
        bits: of one stored number; 32 and 16 are IEEE floats, fewer are integer levels.
        symmetric: levels are spread evenly around 0, and there is no zero point. Otherwise a zero
            point shifts them so that they reach from the least to the largest value.
        granularity: what shares one scale: the whole tensor, each channel (a slice of the first
            axis, such as the weights of one output of a linear layer), or each block.
        block: how many neighbours on the last axis are a block; 0 for other granularities.
        palette: levels are indices into a table of ``2**bits`` values instead of multiples.
        activations: what the weight is multiplied with: floats, or the input quantised at run
            time, each token to 8 bits by a range of its own, in which 0 is.
            ``float16`` also means that scales and computed weights are float16.
        range_estimator: the range that the levels cover: from extreme to extreme, or wide enough
            that no two neighbours on the last axis sum up to more than 128 levels.
    """

    bits: int
    symmetric: bool = True
    granularity: Granularity = "channel"
    block: int = 0
    palette: bool = False
    activations: Activations = "float32"
    range_estimator: RangeEstimator = "extremes"

    @property
    def floating(self) -> bool:
        """Whether numbers are stored as IEEE floats, without levels and scales."""
        return self.bits in _FLOATS

    @property
    def dtype(self) -> str:
        """The type of one stored number: ``float32``, ``float16``, ``int8``, ``int4``, ..."""
        return _FLOATS.get(self.bits, f"{'uint' if self.palette else 'int'}{self.bits}")

    @property
    def kind(self) -> Scheme:
        """The scheme without the size of its blocks: what a lowering depends on."""
        return replace(self, block=0)

    def __str__(self) -> str:
        """For manifests and messages: ``int8 per channel``, ``int4 per block of 32``."""
        if self.floating:
            return self.dtype
        parts = [
            self.dtype,
            "palette" if self.palette else "" if self.symmetric else "asymmetric",
            f"per {self.granularity}" + (f" of {self.block}" if self.block else ""),
            f"with {self.activations} activations" if self.activations == "int8" else "",
        ]
        return " ".join(filter(None, parts))


FLOAT32 = Scheme(32)
FLOAT16 = Scheme(16, activations="float16")
INT8 = Scheme(8, activations="int8")
"""Symmetric weights with a scale a row, asymmetric inputs with a scale a token: what CPUs have
products for, and every runtime here computes alike."""
INT8_NEIGHBOURS = replace(INT8, range_estimator="neighbours")
"""The same for products that add two neighbours in 16 bits, as onnxruntime's do on x86 processors
without VNNI."""
