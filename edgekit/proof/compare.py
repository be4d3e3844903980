"""The one comparer: a file's outputs against PyTorch's, whoever asks and wherever it ran.

Every inference is compared with PyTorch's output for the *unpadded* text, so that a mask which is
ignored, a bucket that was traced wrongly or a batch that mixes its rows shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from edgekit.documents import rounded
from edgekit.manifest.proofs import Check, Proof
from edgekit.proof.difference import WRONG, Arrays, Difference, Seen, comparable, cosine_similarity
from edgekit.proof.probe import QUIET, Probe
from edgekit.proof.reference import Reference, typical
from edgekit.proof.scales import moves, widest
from edgekit.proof.trials import Trial
from edgekit.tolerance import PYTORCH, Tolerance

_NOISE = 6.0  # times its own noise that a file may be from its own rounding

Locate = Callable[[Trial], str | None]


@dataclass
class Comparer:
    """Holds one file's answers against PyTorch's, trial by trial, and gives the verdict.

    Attributes:
        reference: PyTorch's answers.
        tolerance: how far from them the file may be.
        failure: why the first wrong answer is wrong, and in which trial; None: there was none so
            far.
    """

    reference: Reference
    tolerance: Tolerance
    failure: str | None = None
    _differences: dict[str, list[Difference]] = field(default_factory=dict)
    _alone: dict[str, Arrays] = field(default_factory=dict)
    _quiet: list[float] = field(default_factory=list)

    def add(
        self, trial: Trial, probe: Probe, outputs: Arrays, locate: Locate = lambda trial: None
    ) -> None:
        """Compares one answer.

        Args:
            trial: the inference.
            probe: the one of its probes that was answered.
            outputs: without a batch axis, as much of each as the probe has of PyTorch's.
            locate: is asked which layer is at fault, if this is the first failure.
        """
        difference, own = self._compare(probe, outputs), self.reference.rounded
        if own is not None and trial.kind == QUIET and probe.name in own.still:
            self._quiet.append(difference.arithmetic)
        self._differences.setdefault(trial.kind, []).append(difference)
        if self.failure is None and (wrong := self._failure(difference, trial)):
            layer = locate(trial)
            self.failure = f"{wrong}, first at {layer}" if layer else wrong

    def refuse(self, trial: Trial, why: str) -> None:
        """Counts a trial as failed whose answer cannot be compared.

        ``why`` says what is wrong with it.
        """
        self._differences.setdefault(trial.kind, []).append(WRONG)
        self.failure = self.failure or why

    def _failure(self, difference: Difference, trial: Trial) -> str | None:
        """What is wrong with an answer, or None.

        The bound of the arithmetic grows with the graph's noise.
        """
        own = self.reference.rounded
        noise = 0.0 if own is None else own.noise
        return _failure(
            difference, trial, self.tolerance, self.tolerance.arithmetic + _NOISE * noise
        )

    def proof(self, runtime: str, seconds: float) -> Proof:
        """The verdict on all trials that were added.

        Args:
            runtime: the runtime that was asked, with its version.
            seconds: how long it took, opening the file included.
        """
        everything = [difference for rows in self._differences.values() for difference in rows]
        clear = sum(difference.clear for difference in everything)
        agreement = sum(difference.same for difference in everything) / clear if clear else None
        undecided = self._undecided(len(everything), clear, agreement)
        failure = self.failure or self._not_its_rounding() or undecided
        checks = {kind: _worst(rows) for kind, rows in self._differences.items()}
        worst = _worst(everything or [WRONG])
        return Proof(
            runtime=runtime,
            passed=failure is None,
            runs=len(everything),
            max_abs=worst.max_abs,
            deviation=rounded(max((row.deviation for row in everything), default=np.inf)),
            cosine=worst.cosine,
            padding_sensitivity=rounded(max((row.padding for row in everything), default=np.inf)),
            arithmetic=None
            if self.reference.rounded is None
            else rounded(max((row.arithmetic for row in everything), default=np.inf)),
            agreement=None if agreement is None else rounded(agreement),
            decisions=clear,
            tolerance=self.tolerance,
            scales=self.reference.scales,
            checks=checks,
            seconds=rounded(seconds),
            failure=failure,
        )

    def _not_its_rounding(self) -> str | None:
        """Why a quantised file does not round as its recipe says.

        None if it does, or has no reference.

        Short rows tell it best: hardly any of their activations flips to another level.
        """
        own = self.reference.rounded
        if own is None:
            return None
        found = typical(self._quiet)
        bound = PYTORCH.max_abs + _NOISE * own.quiet
        if found <= bound:
            return None
        return f"few tokens: {found:.3g} from its own rounding in PyTorch > {bound:.3g}"

    def _undecided(self, count: int, clear: int, agreement: float | None) -> str | None:
        """Why small differences alone are no proof here, such as too few clear decisions.

        None if they are.

        Args:
            count: of all inferences.
            clear: decisions that PyTorch takes clearly.
            agreement: the share of them that the file takes as well; None without any.
        """
        if not count:
            return "nothing was run"
        for name, scale in self.reference.scales.items():
            if not moves(scale):
                return f"PyTorch gives every text the same {name}: nothing is proven"
        if not self.reference.task.decides:
            return None
        if clear < self.reference.least:
            return (
                f"not decided: PyTorch takes {clear} decisions clearly, and "
                f"{self.reference.least} are needed"
            )
        if agreement is not None and agreement < self.tolerance.agreement:
            return f"agrees with PyTorch in {agreement:.1%} of {clear} clear decisions"
        return None

    def _compare(self, probe: Probe, outputs: Arrays) -> Difference:
        """How far one answer is from PyTorch's, and from the file's first answer to the same probe.

        The first is the one that padding must not move, and whose decisions count.
        """
        if not all(comparable(probe, name, outputs) for name in probe.outputs):
            return WRONG
        first = probe.name not in self._alone
        alone = self._alone.setdefault(probe.name, outputs)
        task, cosine, off, moved = self.reference.task, 1.0, [], []
        rounded_, arithmetic = self.reference.rounded, []
        own = None if rounded_ is None else rounded_.answers.get(probe.name)
        for name, scale in self.reference.scales.items():
            seen = Seen.of(task, probe, name, outputs[name])
            expected = Seen.expected(task, probe, name)
            cosine = min(cosine, cosine_similarity(seen.raw, expected.raw))
            off.append(seen.distance(expected, scale))
            moved.append(seen.distance(Seen.of(task, probe, name, alone[name]), scale))
            if own is not None:
                arithmetic.append(seen.distance(Seen.of(task, probe, name, own[name]), scale))
        max_abs, deviation = map(max, zip(*off, strict=True))
        padding, far = max(map(max, moved)), max(map(max, arithmetic), default=0.0)
        same, clear = self._agreement(probe, outputs) if first else (0, 0)
        return Difference(max_abs, deviation, cosine, same, clear, padding, far)

    def _agreement(self, probe: Probe, outputs: Arrays) -> tuple[int, int]:
        """How many of a probe's decisions are PyTorch's, of those that it takes clearly.

        And how many these are.
        """
        task = self.reference.task
        expected, margin = probe.decision or task.decision(probe.outputs)
        actual, _ = task.decision(outputs)
        clear = margin > self.tolerance.clear * widest(self.reference.scales)
        return int((actual[clear] == expected[clear]).sum()), int(clear.sum())


def _failure(
    difference: Difference, trial: Trial, tolerance: Tolerance, arithmetic: float
) -> str | None:
    """What is wrong with an answer, as a part of a message; None if all is within bounds.

    NaN is within none.

    Args:
        difference: from PyTorch's.
        trial: the inference.
        tolerance: the bounds.
        arithmetic: the bound of the distance to the recipe's own rounding, noise included.
    """
    if not np.isfinite(difference.max_abs):
        return f"{trial.label}: NaN, infinity or a wrong shape"
    found, held = difference, tolerance
    bounds = (
        (found.max_abs, held.max_abs, "max abs {:.3g} > {:g}"),
        (found.deviation, held.max_abs, "deviates by {:.3g} of the spread > {:g}"),
        (found.padding, held.padding_sensitivity, "padding moves it by {:.3g} > {:g}"),
        (found.arithmetic, arithmetic, "{:.3g} from its own rounding in PyTorch > {:.3g}"),
    )
    for value, bound, message in bounds:
        if not value <= bound:
            return f"{trial.label}: {message.format(value, bound)}"
    if not found.cosine >= held.cosine:
        return f"{trial.label}: cosine {found.cosine:.4f} < {held.cosine:g}"
    return None


def _worst(rows: Sequence[Difference]) -> Check:
    """The worst of all trials of one kind."""
    return Check(
        runs=len(rows),
        max_abs=rounded(max(row.max_abs for row in rows)),
        cosine=rounded(min(row.cosine for row in rows)),
    )
