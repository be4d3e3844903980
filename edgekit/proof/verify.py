"""The proof: an artifact, opened in its runtime, gives PyTorch's answers however it is fed.

Every run is compared with PyTorch's output for the *unpadded* text, so that a mask which is
ignored, a bucket that was traced wrongly or a batch that mixes its rows shows as a difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edgekit.documents import rounded
from edgekit.manifest import Check, Proof
from edgekit.model.tasks import Task
from edgekit.proof.probes import Probe
from edgekit.proof.runs import Run, feed, plan_runs, row
from edgekit.recipe import Recipe, Tolerance
from edgekit.runtime.interpreters import Session
from edgekit.signature import Signature

CLEAR = 0.1  # a decision is clear if it won by this share of the output's scale
VECTOR = 16  # the cosine of fewer values says little: two small logits may point anywhere


@dataclass(frozen=True)
class Difference:
    """One probe's output against PyTorch's.

    ``max_abs`` is relative to the output's scale (see :func:`scales`); ``cosine`` is 1 for outputs
    of fewer than ``VECTOR`` values; ``same`` of ``clear`` decisions agree. ``drift`` is how far the
    output is from the artifact's own for the same text without padding, relative like ``max_abs``.
    """

    max_abs: float
    cosine: float
    same: int
    clear: int
    drift: float = 0.0


WRONG = Difference(np.inf, -1.0, 0, 1)  # no numbers that could be compared


@dataclass
class Tally:
    """All differences so far, by the kind of run, and the first that was too large."""

    tolerance: Tolerance
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    failure: str | None = None

    def add(
        self,
        run: Run,
        difference: Difference,
        locate: Callable[[Run], str | None] = lambda run: None,
    ) -> None:
        """One more; ``locate`` is asked which layer is at fault if it is the first failure."""
        self.differences.setdefault(run.kind, []).append(difference)
        if self.failure is None and (wrong := _failure(difference, run, self.tolerance)):
            layer = locate(run)
            self.failure = f"{wrong}, first at {layer}" if layer else wrong

    def proof(self, runtime: str, seconds: float) -> Proof:
        """What they add up to."""
        everything = [difference for rows in self.differences.values() for difference in rows]
        clear = sum(difference.clear for difference in everything)
        agreement = sum(difference.same for difference in everything) / clear if clear else 1.0
        failure = self.failure
        if failure is None and agreement < self.tolerance.agreement:
            failure = f"agrees with PyTorch in {agreement:.1%} of {clear} clear decisions"
        worst = _worst(everything)
        return Proof(
            runtime=runtime,
            passed=failure is None,
            runs=worst.runs,
            max_abs=worst.max_abs,
            cosine=worst.cosine,
            drift=rounded(max(row.drift for row in everything)),
            agreement=rounded(agreement),
            decisions=clear,
            tolerance=self.tolerance,
            checks={kind: _worst(rows) for kind, rows in self.differences.items()},
            seconds=rounded(seconds),
            failure=failure,
        )


def prove(
    session: Session,
    probes: Sequence[Probe],
    task: Task,
    signature: Signature,
    recipe: Recipe,
    max_length: int,
    locate: Callable[[Run], str | None] = lambda run: None,
) -> Proof:
    """Runs every probe through the session and compares; never raises for a wrong answer.

    ``locate`` is asked once, for the first run that fails, which layer is at fault.
    """
    started = time.perf_counter()
    tally, scale = Tally(recipe.tolerance), scales(probes)
    first: dict[str, Mapping[str, np.ndarray]] = {}
    for run in plan_runs(probes, session, max_length):
        outputs = session.run(feed(run.probes, run.length, signature, filler=run.kind == "filler"))
        for index, probe in enumerate(run.probes):
            actual = row(outputs, index, probe, signature)
            drift = _distance(actual, first.setdefault(probe.name, actual), scale)
            difference = replace(compare(actual, probe, task, scale), drift=drift)
            tally.add(run, difference, locate)
    return tally.proof(session.runtime, time.perf_counter() - started)


def scales(probes: Iterable[Probe]) -> dict[str, float]:
    """Each output's largest absolute value over all probes: what its errors are relative to."""
    result: dict[str, float] = {}
    for probe in probes:
        for name, value in probe.outputs.items():
            result[name] = max(result.get(name, 0.0), float(np.abs(value).max()))
    return result


def compare(
    outputs: Mapping[str, np.ndarray],
    probe: Probe,
    task: Task,
    scale: Mapping[str, float],
    *,
    decide: bool = True,
) -> Difference:
    """How far outputs without a batch axis are from the probe's own.

    ``decide`` is off where only a sample of the values is kept, which decides nothing.
    """
    max_abs, cosine = 0.0, 1.0
    for name, expected in probe.outputs.items():
        actual = outputs[name]
        if actual.shape != expected.shape or not np.isfinite(actual).all():
            return WRONG
        max_abs = max(max_abs, float(np.abs(actual - expected).max()) / (scale[name] or 1.0))
        if expected.size >= VECTOR:
            cosine = min(cosine, _cosine(actual, expected))
    same, clear = _agreement(outputs, probe, task, scale) if decide else (0, 0)
    return Difference(max_abs, cosine, same, clear)


def _distance(
    a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], scale: Mapping[str, float]
) -> float:
    return max(float(np.abs(a[name] - b[name]).max()) / (scale[name] or 1.0) for name in scale)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / norms if norms else float(np.array_equal(x, y))


def _agreement(
    outputs: Mapping[str, np.ndarray], probe: Probe, task: Task, scale: Mapping[str, float]
) -> tuple[int, int]:
    """How many decisions are the same, of those that PyTorch takes clearly."""
    expected, margin = task.decision(probe.outputs)
    actual, _ = task.decision(outputs)
    clear = margin > CLEAR * max(scale.values())
    return int((actual[clear] == expected[clear]).sum()), int(clear.sum())


def _failure(difference: Difference, run: Run, tolerance: Tolerance) -> str | None:
    if not np.isfinite(difference.max_abs):
        return f"{run.label}: NaN, infinity or a wrong shape"
    if difference.max_abs > tolerance.max_abs:
        return f"{run.label}: max abs {difference.max_abs:.3g} > {tolerance.max_abs:g}"
    if difference.drift > tolerance.drift:
        return f"{run.label}: padding moves it by {difference.drift:.3g} > {tolerance.drift:g}"
    if difference.cosine < tolerance.cosine:
        return f"{run.label}: cosine {difference.cosine:.4f} < {tolerance.cosine:g}"
    return None


def _worst(rows: Sequence[Difference]) -> Check:
    return Check(
        runs=len(rows),
        max_abs=rounded(max(row.max_abs for row in rows)),
        cosine=rounded(min(row.cosine for row in rows)),
    )
