"""Quality beside cost: what a file answers over labelled data, with its size and its latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.errors import PlanError
from edgekit.evaluation.result import BundleEvaluation, DataFacts, Evaluation, Quality
from edgekit.reporting.groups import Group, Result, Setting


@dataclass(frozen=True)
class QualityRow:
    """A file's quality, and its measurement in one runtime; None where it was not measured."""

    quality: Quality
    result: Result | None


@dataclass(frozen=True)
class QualityPart:
    """A bundle over labelled data, in one setting; ``setting`` None where nothing was measured."""

    evaluation: BundleEvaluation
    data: DataFacts
    setting: Setting | None
    rows: tuple[QualityRow, ...]

    @property
    def title(self) -> str:
        """Like ``MiniLM on pairs.tsv``, with the setting where there is one."""
        where = f", {self.setting.device}" if self.setting else ""
        return f"{self.evaluation.bundle} on {self.data.file}{where}"

    @property
    def metric(self) -> str:
        """The name of the metric that counts; empty where every file failed."""
        scores = next((row.quality.metrics for row in self.rows if row.quality.metrics), ())
        return scores[0].name if scores else ""


def parts(evaluations: Sequence[Evaluation], settings: Sequence[Setting]) -> Iterator[QualityPart]:
    """Each evaluated bundle, in each setting that it was measured in.

    Raises:
        PlanError: an evaluation is of another build of a bundle than the measurements.
    """
    known = {
        (row.measurement.subject.model, row.measurement.subject.bundle_id)
        for setting in settings
        for group in setting.groups
        for row in group.rows
    }
    for evaluation in evaluations:
        for bundle in evaluation.bundles:
            _check(bundle, known)
            measured = [each for each in settings if _timed(bundle, each.main)]
            places: list[Setting | None] = [*measured] if measured else [None]
            for setting in places:
                group = setting.main if setting else None
                rows = tuple(_rows(bundle, group))
                yield QualityPart(bundle, evaluation.data, setting, rows)


def _check(bundle: BundleEvaluation, known: set[tuple[str, str]]) -> None:
    """Raises PlanError if a bundle was evaluated in another build than the one measured."""
    identifiers = {identifier for _, identifier in known}
    same_name = [identifier for model, identifier in known if model == bundle.bundle]
    if same_name and bundle.bundle_id not in identifiers:
        raise PlanError(
            f"{bundle.bundle} was evaluated as {bundle.bundle_id[:12] or 'an unknown build'} and "
            f"measured as {same_name[0][:12]}: run edgekit eval and edgekit bench on one bundle"
        )


def _rows(bundle: BundleEvaluation, group: Group | None) -> Iterator[QualityRow]:
    """PyTorch first, then the files in their order, each in every runtime that measured it."""
    for quality in filter(None, (bundle.baseline, *bundle.artifacts)):
        file = "" if quality.file == PYTORCH else quality.file
        found = [row for row in _of(bundle, group) if row.measurement.subject.file == file]
        yield from (QualityRow(quality, result) for result in found)
        if not found:
            yield QualityRow(quality, None)


def _timed(bundle: BundleEvaluation, group: Group) -> bool:
    """Whether a group has a result of the bundle."""
    return any(row.latency for row in _of(bundle, group))


def _of(bundle: BundleEvaluation, group: Group | None) -> list[Result]:
    """The results of the bundle in a group; none without a group."""
    rows = group.results if group else ()
    return [row for row in rows if row.measurement.subject.bundle_id == bundle.bundle_id]
