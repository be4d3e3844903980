"""Outcomes of all files to a bundle's report: metrics, drops, agreement, differing examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.app.inference import PYTORCH
from edgekit.bundle import Artifact, Bundle
from edgekit.evaluation.judged import Judged
from edgekit.evaluation.result import BundleEvaluation, DifferingExample, Quality
from edgekit.evaluation.scoring import Scored, compared, differences, score
from edgekit.evaluation.ways import Prepared


@dataclass(frozen=True)
class Outcome:
    """What one file answered, or PyTorch, whose ``artifact`` is None.

    ``records`` has one for all that was asked. ``failure`` says why there are none; ``cut`` counts
    the texts that did not fit.
    """

    artifact: Artifact | None
    device: str
    runtime: str
    records: tuple[Any, ...]
    cut: int
    failure: str | None = None


def report(
    bundle: Bundle,
    prepared: Prepared,
    baseline: Outcome,
    outcomes: Sequence[Outcome],
    shown: int,
) -> BundleEvaluation:
    """Judges the answers of all files to one bundle's examples.

    Args:
        bundle: that has the files.
        prepared: the examples.
        baseline: PyTorch's answers.
        outcomes: of each file; one that failed has no metrics.
        shown: how many differing examples are kept of each file.

    Returns:
        The bundle's part of an evaluation. All intervals come of the same resamples.
    """
    good = [row for row in (baseline, *outcomes) if row.failure is None]
    judged = [prepared.kind.judge(row.records) for row in good]
    count = len(prepared.kind.examples)
    scored = score(judged, count, baseline=baseline.failure is None) if good else []
    base = judged[0] if baseline.failure is None else None
    found = {
        id(row): _quality(bundle, prepared, row, one, numbers, base, shown)
        for row, one, numbers in zip(good, judged, scored, strict=True)
    }
    return BundleEvaluation(
        bundle.name,
        str(bundle.path),
        prepared.way,
        count,
        found.get(id(baseline)),
        baseline.failure,
        tuple(found.get(id(row)) or _failed(row) for row in outcomes),
        bundle_id=bundle.id,
    )


def _quality(
    bundle: Bundle,
    prepared: Prepared,
    outcome: Outcome,
    judged: Judged,
    scored: Scored,
    base: Judged | None,
    shown: int,
) -> Quality:
    """What one file's answers came to.

    Args:
        bundle: that has the file.
        prepared: the examples.
        outcome: the file's answers.
        judged: those held against the data.
        scored: its metrics with intervals.
        base: PyTorch's answers, judged; None without a baseline.
        shown: how many differing examples are kept.
    """
    agreed, decisions = compared(judged, base)
    differing: tuple[DifferingExample, ...] = ()
    rmse = None
    if base is not None and base is not judged:
        pairs = zip(base.values, judged.values, strict=True)
        sizes = [prepared.kind.difference(a, b) for a, b in pairs]
        examples = prepared.kind.examples
        differing = tuple(differences(examples, judged, base, sizes, shown))
        rmse = float(np.sqrt(np.mean(np.square(sizes)))) if judged.scored else None
    return Quality(
        **_identity(outcome.artifact, bundle.manifest.source.sha256),
        device=outcome.device,
        runtime=outcome.runtime,
        metrics=scored.scores,
        agreement=None if base is judged else agreed,
        decisions=decisions,
        rmse=rmse,
        cut=outcome.cut,
        classes=scored.classes,
        differences=differing,
        details=judged.details,
    )


def _failed(outcome: Outcome) -> Quality:
    """The entry of a file that could not be run: the reason, and no metrics."""
    return Quality(
        **_identity(outcome.artifact, ""),
        device=outcome.device,
        runtime=outcome.runtime,
        failure=outcome.failure,
    )


def _identity(artifact: Artifact | None, sha256: str) -> dict[str, Any]:
    """The fields of :class:`Quality` that tell which file it is about.

    None is PyTorch's own model.
    """
    if artifact is None:
        return {
            "file": PYTORCH,
            "format": None,
            "recipe": None,
            "size_bytes": None,
            "sha256": sha256,
        }
    return {
        "file": artifact.path.name,
        "format": artifact.format,
        "recipe": artifact.recipe,
        "size_bytes": artifact.total_bytes,
        "sha256": artifact.sha256,
    }
