"""What every runtime is to the rest of edgekit: an opened file, arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

Feed = Mapping[str, np.ndarray]


class Session(Protocol):
    """An artifact that a runtime has opened: arrays in, arrays out."""

    @property
    def runtime(self) -> str:
        """The runtime and its version, like ``onnxruntime 1.22.0``."""
        ...

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """The static lengths in tokens that the file takes, shortest first; None for any."""
        ...

    @property
    def batched(self) -> bool:
        """Whether it takes several texts at once."""
        ...

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """One inference.

        Args:
            feed: the inputs by name, int32 of (batch, length); the length is one of
                :attr:`lengths`.

        Returns:
            The outputs by name, float32, with the batch as their first axis.
        """
        ...

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """What every layer normalisation gives in one inference, to find where a file goes wrong.

        Args:
            feed: as of :meth:`run`.

        Returns:
            The results in the order of computation; empty where the runtime does not show them.
        """
        ...
