"""How far one output of a file is from PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgekit.manifest.proofs import Scale
from edgekit.model.tasks import Task
from edgekit.proof.probe import Probe
from edgekit.proof.scales import centred, deviation, relative

_VECTOR = 16  # the cosine of fewer values says little: two small logits may point anywhere

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Difference:
    """How far one probe's output is from PyTorch's.

    Attributes:
        max_abs: the largest difference, relative to the output's largest value.
        deviation: the same relative to its spread (see :mod:`edgekit.proof.scales`).
        cosine: the similarity; 1 for outputs of fewer than 16 values.
        same: how many of the clear decisions are PyTorch's.
        clear: how many decisions PyTorch takes clearly.
        padding: how far the output is from the artifact's own for the same text without padding:
            the larger of the first two measures.
        arithmetic: how far it is, measured so, from the reference's ``rounded`` answers.
    """

    max_abs: float
    deviation: float
    cosine: float
    same: int
    clear: int
    padding: float
    arithmetic: float


WRONG = Difference(np.inf, np.inf, -1.0, 0, 1, np.inf, np.inf)  # no numbers that could be compared


@dataclass(frozen=True)
class Seen:
    """An output, or the places of it that a probe keeps of PyTorch's large ones.

    Attributes:
        raw: the values as they are.
        centred: the same as the decision sees them, such as logits without their mean.
    """

    raw: np.ndarray
    centred: np.ndarray

    @classmethod
    def of(cls, task: Task, probe: Probe, name: str, value: np.ndarray) -> Seen:
        """What a file gave, at the places that the probe keeps; the whole where it keeps all.

        Args:
            task: says what the decision sees.
            probe: what was asked.
            name: the output's.
            value: the whole output of one inference, without a batch axis.
        """
        sample, middle = probe.samples.get(name), centred(task, value)
        if sample is None:
            return cls(value, middle)
        return cls(value.ravel()[sample.places], middle.ravel()[sample.places])

    @classmethod
    def expected(cls, task: Task, probe: Probe, name: str) -> Seen:
        """What PyTorch gave of that output, at the same places as :meth:`of`."""
        value, sample = probe.outputs[name], probe.samples.get(name)
        means = None if sample is None else sample.row_means[sample.places // sample.shape[-1]]
        return cls(value, centred(task, value, means))

    def distance(self, other: Seen, scale: Scale) -> tuple[float, float]:
        """The largest difference from another output, in two units.

        Args:
            other: the same output of somebody else.
            scale: of that output.

        Returns:
            The difference relative to the output's largest value, and as the decision sees it
            relative to its spread.
        """
        return (
            relative(float(np.abs(self.raw - other.raw).max()), scale),
            deviation(float(np.abs(self.centred - other.centred).max()), scale),
        )


def comparable(probe: Probe, name: str, outputs: Arrays) -> bool:
    """Whether a file's output can be compared: it is of PyTorch's shape, and both are finite."""
    sample = probe.samples.get(name)
    shape = probe.outputs[name].shape if sample is None else sample.shape
    actual, expected = outputs[name], probe.outputs[name]
    return bool(actual.shape == shape and np.isfinite(actual).all() and np.isfinite(expected).all())


def cosine_similarity(actual: np.ndarray, expected: np.ndarray) -> float:
    """The cosine of two arrays, each taken as one vector.

    It is 1 where they have fewer than 16 values, of which a cosine tells little.
    """
    if expected.size < _VECTOR:
        return 1.0
    x, y = actual.ravel().astype(np.float64), expected.ravel().astype(np.float64)
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norms if norms else float(np.array_equal(x, y))
