"""What files are held against: PyTorch's answers, and those of a quantised file's own rounding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgekit.manifest.proofs import Scale
from edgekit.model.tasks import Task
from edgekit.proof.probe import DECISION, Probe
from edgekit.proof.scales import scales, widest
from edgekit.signature import Signature
from edgekit.tolerance import PYTORCH, Tolerance

ENOUGH = 60  # clear decisions: of so many, a file that takes 85% rightly passes 95% once in 50

_TIMES = 2.0  # its rounding's own error that a file may have: levels that flip do not add up alike
_LEAST_ERROR = 0.03  # what a file may have in any case, as float16 has it


@dataclass(frozen=True)
class Rounded:
    """What a quantised file's own rounding gives: the answers of the graph with that rounding.

    Attributes:
        answers: each short probe's outputs by its name, of the unpadded text.
        noise: how far they move at most if some levels flip.
        still: the probes of few tokens that move least if only last digits differ.
        quiet: how far those move.
        error: how far the rounding alone takes any probe from PyTorch.
        weights_only: whether activations stay float32, so that no level can flip.
    """

    answers: Mapping[str, Mapping[str, np.ndarray]]
    noise: float
    still: frozenset[str]
    quiet: float
    error: float
    weights_only: bool = False

    def held(self, tolerance: Tolerance) -> Tolerance:
        """Narrows a recipe's tolerance to what a file of this model may use of it.

        A recipe's has to do for all models, and rounding costs most of them a small part of it.
        With only its weights rounded a file computes as any in float32 does.
        """
        bound = min(tolerance.max_abs, max(_LEAST_ERROR, _TIMES * self.error))
        if not self.weights_only:
            return replace(tolerance, max_abs=bound)
        return replace(
            tolerance,
            max_abs=bound,
            arithmetic=PYTORCH.max_abs,
            padding_sensitivity=PYTORCH.padding_sensitivity,
        )


@dataclass(frozen=True)
class Reference:
    """What files are held against: PyTorch's answers to the probes.

    Attributes:
        task: says what the decision is.
        signature: names inputs and outputs.
        probes: with PyTorch's outputs.
        scales: how large each output is and how far it moves, by its name.
        max_length: the most tokens that a text is padded to.
        least: how many clear decisions there have to be where the task decides anything.
        rounded: what a quantised file's own rounding gives; None where nothing is quantised.
    """

    task: Task
    signature: Signature
    probes: tuple[Probe, ...]
    scales: Mapping[str, Scale]
    max_length: int
    least: int = ENOUGH
    rounded: Rounded | None = None

    @classmethod
    def of(
        cls, task: Task, signature: Signature, probes: Sequence[Probe], max_length: int
    ) -> Reference:
        """The reference of these probes.

        The scale of an output is taken from all of them but those that were drawn because they
        decide clearly, which would make it wider than a text's.
        """
        drawn = [probe for probe in probes if probe.kind != DECISION]
        return cls(task, signature, tuple(probes), scales(drawn, task), max_length)

    def decided(self, clear: float, more: Iterable[Probe]) -> Reference:
        """The same reference with more probes, if its own leave too few clear decisions.

        Args:
            clear: the share of the spread by which a clear decision is won.
            more: is drawn from until there are enough; those that decide nothing are left out.
        """
        count, kept = sum(self.clear_decisions(p, clear) for p in self.probes), list(self.probes)
        for probe in more if self.task.decides and count < self.least else ():
            number = self.clear_decisions(probe, clear)
            kept += [probe] * bool(number)
            count += number
            if count >= self.least:
                break
        return replace(self, probes=tuple(kept))

    def held(self, tolerance: Tolerance) -> Tolerance:
        """The tolerance that a file of this model is held to: narrower, if it is quantised."""
        return tolerance if self.rounded is None else self.rounded.held(tolerance)

    def clear_decisions(self, probe: Probe, clear: float) -> int:
        """How many of a probe's decisions PyTorch takes clearly: by ``clear`` times the spread."""
        _, margins = probe.decision or self.task.decision(probe.outputs)
        return int((margins > clear * widest(self.scales)).sum())


def typical(distances: Sequence[float]) -> float:
    """The distance of a usual inference: the lower quartile of many, 0 where there are none.

    Inferences in which an activation was rounded to another level by chance lie above it.

    Args:
        distances: of each inference, from what a file should give.
    """
    return float(np.quantile(distances, 0.25, method="lower")) if distances else 0.0
