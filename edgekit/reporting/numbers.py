"""Stored results to a report's numbers. Nothing is rendered here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edgekit.benchmarks.measurement import Measurement
from edgekit.evaluation.result import Evaluation
from edgekit.reporting import comparison, groups, paper, quality, texts
from edgekit.reporting.groups import Result, Setting
from edgekit.reporting.paper import Claim
from edgekit.reporting.quality import QualityPart
from edgekit.reporting.texts import TextsRow


@dataclass(frozen=True)
class Report:
    """All that the renderers show; ``measurements`` and ``evaluations`` are the raw ones."""

    title: str
    settings: tuple[Setting, ...]
    quality: tuple[QualityPart, ...]
    texts: tuple[TextsRow, ...]
    paper: tuple[Claim, ...]
    measurements: tuple[Measurement, ...]
    evaluations: tuple[Evaluation, ...]

    @property
    def rows(self) -> Iterator[Result]:
        """The results of all groups of all settings."""
        return (row for setting in self.settings for group in setting.groups for row in group.rows)

    @property
    def random_weights(self) -> tuple[str, ...]:
        """The models whose weights nobody trained."""
        subjects = [row.subject for row in self.measurements]
        return tuple(dict.fromkeys(each.model for each in subjects if each.random_weights))


def build(
    measurements: Sequence[Measurement],
    against: str | None = None,
    evaluations: Sequence[Evaluation] = (),
) -> Report:
    """The report of measurements and evaluations, either of which may be missing.

    Args:
        measurements: of ``edgekit bench``.
        against: a model to compare with all the others.
        evaluations: of ``edgekit eval``.

    Raises:
        PlanError: ``against`` cannot be compared with anything here, or an evaluation is of another
            build of a bundle than the measurements.
    """
    if against is not None:
        comparison.check(measurements, against)
    measurements = _told_apart(measurements)
    settings = tuple(groups.settings(measurements, against))
    titles = [row.suite.title or row.suite.name for row in measurements]
    titles += [
        f"{each.bundle} on {data.data.file}" for data in evaluations for each in data.bundles
    ]
    return Report(
        "; ".join(dict.fromkeys(filter(None, titles))) or "Benchmark",
        settings,
        tuple(quality.parts(evaluations, settings)),
        tuple(texts.rows(measurements)),
        tuple(paper.claims(measurements)),
        tuple(measurements),
        tuple(evaluations),
    )


def _told_apart(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The measurements, with models told apart that have the same name but are other builds.

    The newest keeps the name; the others get a part of their bundle's hash behind it.
    """
    newest: dict[str, str] = {}
    for row in sorted(measurements, key=lambda row: row.started):
        newest[row.subject.model] = row.subject.bundle_id

    def named(row: Measurement) -> Measurement:
        """The measurement, with a part of the bundle's identifier in its name if a newer one has
        that.
        """
        model, bundle_id = row.subject.model, row.subject.bundle_id
        if bundle_id == newest[model]:
            return row
        return replace(row, subject=replace(row.subject, model=f"{model} ({bundle_id[:6]})"))

    return list(map(named, measurements))
