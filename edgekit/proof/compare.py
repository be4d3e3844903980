"""The one comparer: a file's outputs against PyTorch's, whoever asks and wherever it ran.

Every inference is compared with PyTorch's output for the *unpadded* text, so that a mask which is
ignored, a bucket that was traced wrongly or a batch that mixes its rows shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edgekit.documents import rounded
from edgekit.manifest import Check, Proof, Scale
from edgekit.model.tasks import Task
from edgekit.proof.probes import DECISION, QUIET, Probe
from edgekit.proof.recipe_reference import Rounded, typical
from edgekit.proof.scales import centred, deviation, moves, relative, scales, widest
from edgekit.proof.trials import Trial
from edgekit.recipe import PYTORCH, Tolerance
from edgekit.signature import Signature

ENOUGH = 60  # clear decisions: of so many, a file that takes 85% rightly passes 95% once in 50
_NOISE = 6.0  # times its own noise that a file may be from its own rounding
_VECTOR = 16  # the cosine of fewer values says little: two small logits may point anywhere

Arrays = Mapping[str, np.ndarray]
Locate = Callable[[Trial], str | None]


@dataclass(frozen=True)
class Reference:
    """What files are held against: PyTorch's answers, and how a file is asked for its own.

    ``max_length`` is the most tokens that a text is padded to; ``least`` is how many clear
    decisions there have to be where the task decides anything. ``rounded`` are the answers of the
    traced graph with a quantised file's own rounding, None where nothing is quantised.
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
        """With the scales of the probes, but for those that were drawn by their decisions."""
        drawn = [probe for probe in probes if probe.kind != DECISION]
        return cls(task, signature, tuple(probes), scales(drawn, task), max_length)

    def decided(self, clear: float, more: Iterable[Probe]) -> Reference:
        """With as many more probes as it takes until there are enough clear decisions.

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

    def clear_decisions(self, probe: Probe, clear: float) -> int:
        """How many decisions PyTorch takes by that share of the spread."""
        _, margins = probe.decision or self.task.decision(probe.outputs)
        return int((margins > clear * widest(self.scales)).sum())


@dataclass(frozen=True)
class Difference:
    """One probe's output against PyTorch's.

    ``max_abs`` is relative to the output's largest value, ``deviation`` to its spread (see
    :mod:`edgekit.proof.scales`); ``cosine`` is 1 for outputs of fewer than 16 values; ``same`` of
    ``clear`` decisions agree. ``padding`` is how far the output is from the artifact's own for the
    same text without padding, the larger of the same two; ``arithmetic`` is the same distance from
    the reference's ``rounded`` answers.
    """

    max_abs: float
    deviation: float
    cosine: float
    same: int = 0
    clear: int = 0
    padding: float = 0.0
    arithmetic: float = 0.0


WRONG = Difference(np.inf, np.inf, -1.0, 0, 1, np.inf, np.inf)  # no numbers that could be compared


@dataclass
class Comparer:
    """All differences so far, by the kind of trial, and the first that was too large."""

    reference: Reference
    tolerance: Tolerance
    failure: str | None = None
    _differences: dict[str, list[Difference]] = field(default_factory=dict)
    _alone: dict[str, Arrays] = field(default_factory=dict)
    _quiet: list[float] = field(default_factory=list)

    def add(
        self, trial: Trial, probe: Probe, outputs: Arrays, locate: Locate = lambda trial: None
    ) -> None:
        """One more answer, without a batch axis, as much of it as the probe has of PyTorch's.

        ``locate`` is asked which layer is at fault if it is the first failure.
        """
        difference, own = self._compare(probe, outputs), self.reference.rounded
        if own is not None and trial.kind == QUIET and probe.name in own.still:
            self._quiet.append(difference.arithmetic)
        self._differences.setdefault(trial.kind, []).append(difference)
        if self.failure is None and (wrong := self._failure(difference, trial)):
            layer = locate(trial)
            self.failure = f"{wrong}, first at {layer}" if layer else wrong

    def refuse(self, trial: Trial, why: str) -> None:
        """An answer that cannot be compared."""
        self._differences.setdefault(trial.kind, []).append(WRONG)
        self.failure = self.failure or why

    def _failure(self, difference: Difference, trial: Trial) -> str | None:
        own = self.reference.rounded
        noise = 0.0 if own is None else own.noise
        return _failure(
            difference, trial, self.tolerance, self.tolerance.arithmetic + _NOISE * noise
        )

    def proof(self, runtime: str, seconds: float) -> Proof:
        """What they add up to."""
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
        """Whether even short rows are not what the file's own rounding gives."""
        own = self.reference.rounded
        if own is None:
            return None
        found = typical(self._quiet)
        bound = PYTORCH.max_abs + _NOISE * own.quiet
        if found <= bound:
            return None
        return f"few tokens: {found:.3g} from its own rounding in PyTorch > {bound:.3g}"

    def _undecided(self, count: int, clear: int, agreement: float | None) -> str | None:
        """Why small differences alone are no proof."""
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
        """The probe's first answer is the one that padding must not move, and whose decisions
        count.
        """
        if not all(_comparable(probe, name, outputs) for name in probe.outputs):
            return WRONG
        first = probe.name not in self._alone
        alone = self._alone.setdefault(probe.name, outputs)
        task, cosine, off, moved = self.reference.task, 1.0, [], []
        rounded_, arithmetic = self.reference.rounded, []
        own = None if rounded_ is None else rounded_.answers.get(probe.name)
        for name, scale in self.reference.scales.items():
            seen = Seen.of(task, probe, name, outputs[name])
            expected = Seen.expected(task, probe, name)
            cosine = min(cosine, _cosine(seen.raw, expected.raw))
            off.append(seen.distance(expected, scale))
            moved.append(seen.distance(Seen.of(task, probe, name, alone[name]), scale))
            if own is not None:
                arithmetic.append(seen.distance(Seen.of(task, probe, name, own[name]), scale))
        max_abs, deviation = map(max, zip(*off, strict=True))
        padding, far = max(map(max, moved)), max(map(max, arithmetic), default=0.0)
        same, clear = self._agreement(probe, outputs) if first else (0, 0)
        return Difference(max_abs, deviation, cosine, same, clear, padding, far)

    def _agreement(self, probe: Probe, outputs: Arrays) -> tuple[int, int]:
        """How many decisions are the same, of those that PyTorch takes clearly."""
        task = self.reference.task
        expected, margin = probe.decision or task.decision(probe.outputs)
        if not expected.size:
            return 0, 0
        actual, _ = task.decision(outputs)
        clear = margin > self.tolerance.clear * widest(self.reference.scales)
        return int((actual[clear] == expected[clear]).sum()), int(clear.sum())


@dataclass(frozen=True)
class Seen:
    """As much of an output as the probe has of PyTorch's: as it is, and as the decision sees it."""

    raw: np.ndarray
    centred: np.ndarray

    @classmethod
    def of(cls, task: Task, probe: Probe, name: str, value: np.ndarray) -> Seen:
        """Of a file's whole output."""
        sample, middle = probe.samples.get(name), centred(task, value)
        if sample is None:
            return cls(value, middle)
        return cls(value.ravel()[sample.places], middle.ravel()[sample.places])

    @classmethod
    def expected(cls, task: Task, probe: Probe, name: str) -> Seen:
        """PyTorch's own."""
        value, sample = probe.outputs[name], probe.samples.get(name)
        means = None if sample is None else sample.row_means[sample.places // sample.shape[-1]]
        return cls(value, centred(task, value, means))

    def distance(self, other: Seen, scale: Scale) -> tuple[float, float]:
        """The largest differences, relative to the largest value and to the spread."""
        return (
            relative(float(np.abs(self.raw - other.raw).max()), scale),
            deviation(float(np.abs(self.centred - other.centred).max()), scale),
        )


def _comparable(probe: Probe, name: str, outputs: Arrays) -> bool:
    """Whether both sides are finite, and of one shape."""
    sample = probe.samples.get(name)
    shape = probe.outputs[name].shape if sample is None else sample.shape
    actual, expected = outputs[name], probe.outputs[name]
    return bool(actual.shape == shape and np.isfinite(actual).all() and np.isfinite(expected).all())


def _cosine(actual: np.ndarray, expected: np.ndarray) -> float:
    if expected.size < _VECTOR:
        return 1.0
    x, y = actual.ravel().astype(np.float64), expected.ravel().astype(np.float64)
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norms if norms else float(np.array_equal(x, y))


def _failure(
    difference: Difference, trial: Trial, tolerance: Tolerance, arithmetic: float
) -> str | None:
    """What is wrong with an answer; whatever is not within its bound, NaN included, is."""
    if not np.isfinite(difference.max_abs):
        return f"{trial.label}: NaN, infinity or a wrong shape"
    bounds = (
        (difference.max_abs, tolerance.max_abs, "max abs {:.3g} > {:g}"),
        (difference.deviation, tolerance.max_abs, "deviates by {:.3g} of the spread > {:g}"),
        (difference.padding, tolerance.padding_sensitivity, "padding moves it by {:.3g} > {:g}"),
        (difference.arithmetic, arithmetic, "{:.3g} from its own rounding in PyTorch > {:.3g}"),
        (-difference.cosine, -tolerance.cosine, "cosine {:.4f} < {:g}"),
    )
    for value, bound, message in bounds:
        if not value <= bound:
            return f"{trial.label}: {message.format(abs(value), abs(bound))}"
    return None


def _worst(rows: Sequence[Difference]) -> Check:
    return Check(
        runs=len(rows),
        max_abs=rounded(max(row.max_abs for row in rows)),
        cosine=rounded(min(row.cosine for row in rows)),
    )
