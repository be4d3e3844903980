"""What errors are measured in: how large an output is, and how far it moves from text to text.

An error of 1 is nothing in logits around 300 by their size, and everything where they differ from
text to text by 2. What decides is the spread: the same answer for every text has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgekit.manifest.proofs import Scale
from edgekit.model.tasks import Output, Task
from edgekit.proof.probe import Probe

# Roundings of float32 that a sum of a few hundred terms around a large value may gather: PyTorch
# itself is no more exact than that.
_ROUNDINGS = 32 * float(np.finfo(np.float32).eps)


def relative(error: float, scale: Scale) -> float:
    """An absolute error as a share of the largest value."""
    return error / (scale.largest or 1.0)


def deviation(error: float, scale: Scale) -> float:
    """An absolute error as a share of the spread, beyond what float32 itself resolves."""
    beyond = max(0.0, error - _ROUNDINGS * scale.largest)
    return float(np.divide(beyond, scale.spread)) if beyond else 0.0


def moves(scale: Scale) -> bool:
    """Whether an output differs from text to text, by more than rounding."""
    return scale.spread > _ROUNDINGS * scale.largest


def centred(task: Task, values: np.ndarray, means: np.ndarray | None = None) -> np.ndarray:
    """Values less what the task's decision does not see: what all scores of a softmax share.

    Args:
        task: says whether a softmax over the last axis follows.
        values: an output without its batch axis.
        means: of each row, instead of those of ``values``.
    """
    if not task.softmax or not values.ndim:
        return values
    shared: np.ndarray = values.mean(-1, keepdims=True) if means is None else means
    return np.asarray(values - shared)


def scales(probes: Sequence[Probe], task: Task) -> dict[str, Scale]:
    """The scale of each of the task's outputs, over all probes, by the output's name."""
    return {
        output.name: _scale(output, [probe.outputs[output.name] for probe in probes], task)
        for output in task.outputs
    }


def _scale(output: Output, values: Sequence[np.ndarray], task: Task) -> Scale:
    """The scale of one output, from its values for each probe.

    The mean is taken in a first pass and the spread in a second, lest all of a vocabulary's logits
    be held once more. Values along the text have no mean of their own (places are no features):
    their row's must do.
    """
    fixed = output.axes[-1] != "length"
    parts = [centred(task, value.astype(np.float64)) for value in values]
    rows = [part.reshape(-1, part.shape[-1]) if fixed else part.ravel() for part in parts]
    mean = sum(part.sum(0) for part in rows) / sum(map(len, rows)) if fixed else 0.0
    return Scale(
        largest=max(float(np.abs(value).max()) for value in values),
        spread=max(float(np.abs(part - mean).max()) for part in rows),
    )


def distance(task: Task, value: np.ndarray, other: np.ndarray, scale: Scale) -> tuple[float, float]:
    """How far two outputs are apart, relative to the largest value and to the spread.

    Args:
        task: says what the decision sees.
        value: without a batch axis.
        other: of the same shape.
        scale: of that output.
    """
    off = np.abs(centred(task, value) - centred(task, other)).max()
    return relative(float(np.abs(value - other).max()), scale), deviation(float(off), scale)


def widest(found: Mapping[str, Scale]) -> float:
    """The largest spread of all outputs: what a decision's margin is compared with."""
    return max(scale.spread for scale in found.values())
