"""What an evaluation found: ``eval.json`` as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edgekit import documents
from edgekit.errors import PlanError
from edgekit.files import write_text
from edgekit.layout import html_table
from edgekit.manifest.fields import Count
from edgekit.stats import CONFIDENCE
from edgekit.version import VERSION

SCHEMA_VERSION = "1.1"
FEW = 100  # examples, below which hardly any number is worth much
FILE = "eval.json"


@dataclass(frozen=True)
class Score:
    """A metric with its 95% interval, and what it lost against PyTorch on the same examples.

    All of it is null where it is not defined, like the correlation of a constant; the drop also
    where there is no baseline. Intervals are those of the bootstrap, and exact where it has none:
    all examples right, all wrong, or none of another share than PyTorch's. A correlation that
    nothing changes has no bounds of its drop.
    """

    name: Annotated[str, Meta(description="accuracy, f1_macro, spearman, ndcg@10, ...")]
    share: Annotated[bool, Meta(description="a share from 0 to 1, and not a correlation")]
    value: float | None
    low: float | None
    high: float | None
    drop: Annotated[
        float | None, Meta(description="PyTorch's value minus this one: positive is worse")
    ] = None
    drop_low: float | None = None
    drop_high: float | None = None
    higher_is_better: bool = True


@dataclass(frozen=True)
class ClassScore:
    """A metric over the examples of one class."""

    label: Annotated[str, Meta(description="a label, an entity's type or a kind of question")]
    examples: Annotated[Count, Meta(description="of this class in the data")]
    score: Score


@dataclass(frozen=True)
class DifferingExample:
    """An example on which a file and PyTorch differ."""

    place: Annotated[str, Meta(description="where it stands in the data, like line 7")]
    texts: tuple[str, ...]
    expected: Annotated[str, Meta(description="what the data say, in words")]
    pytorch: Annotated[str, Meta(description="what PyTorch answers")]
    found: Annotated[str, Meta(description="what the file answers")]
    size: Annotated[float, Meta(description="how much they differ; 0 is not at all")]


@dataclass(frozen=True)
class Quality:
    """How good one file is, or PyTorch's own model, whose ``format`` and ``recipe`` are null."""

    file: Annotated[str, Meta(description="its name in the bundle; pytorch for the baseline")]
    format: str | None
    recipe: str | None
    device: Annotated[str, Meta(description="host, or a device of edgekit devices")]
    runtime: Annotated[str, Meta(description="with its version")]
    size_bytes: Count | None
    sha256: Annotated[str, Meta(description="of the file; of PyTorch's checkpoint")]
    metrics: Annotated[
        tuple[Score, ...],
        Meta(description="the one that counts first; empty only with a failure"),
    ] = ()
    agreement: Annotated[
        float | None,
        Meta(description="share of PyTorch's decisions it takes; null where nothing is decided"),
    ] = None
    decisions: Annotated[Count, Meta(description="that were compared")] = 0
    rmse: Annotated[
        float | None,
        Meta(
            description="root mean square distance of its scores from PyTorch's; null where the "
            "model gives none, or without a baseline"
        ),
    ] = None
    cut: Annotated[
        Count, Meta(description="texts beyond max_length: PyTorch reads them cut, too")
    ] = 0
    classes: tuple[ClassScore, ...] = ()
    differences: Annotated[
        tuple[DifferingExample, ...], Meta(description="from the largest on")
    ] = ()
    details: Annotated[
        Mapping[str, float | None],
        Meta(
            description="further numbers by name: of SQuAD 2.0 the best scores that any no-answer "
            "threshold gives, and the thresholds"
        ),
    ] = field(default_factory=dict)
    failure: Annotated[str | None, Meta(description="why there are no metrics")] = None


@dataclass(frozen=True)
class BundleEvaluation:
    """A bundle's files over the data."""

    bundle: Annotated[str, Meta(description="the model's name")]
    bundle_id: Annotated[str, Meta(description="SHA-256 of the bundle's manifest")] = field(
        default="", kw_only=True
    )
    path: Annotated[str, Meta(description="as it was given")]
    task: Annotated[str, Meta(description="the model's task, regression or retrieval")]
    examples: Count
    baseline: Annotated[Quality | None, Meta(description="PyTorch's own model")]
    no_baseline: Annotated[str | None, Meta(description="why there is no baseline")]
    artifacts: tuple[Quality, ...]


@dataclass(frozen=True)
class DataFacts:
    """The labelled data."""

    file: Annotated[str, Meta(description="name without its folder")]
    sha256: Annotated[str, Meta(description="of the file")]
    limit: Annotated[int | None, Meta(description="only the first so many examples")]


@dataclass(frozen=True, repr=False)
class Evaluation:
    """eval.json: bundles over the same data, and what `edgekit eval --json` prints."""

    schema_version: str = field(default=SCHEMA_VERSION, kw_only=True)
    edgekit: Annotated[str, Meta(description="the version that wrote it")] = field(
        default=VERSION, kw_only=True
    )
    confidence: Annotated[float, Meta(description="of all intervals")] = field(
        default=CONFIDENCE, kw_only=True
    )
    command: Annotated[str, Meta(description="what evaluates again, as a shell takes it")] = field(
        default="", kw_only=True
    )
    data: DataFacts
    bundles: Annotated[tuple[BundleEvaluation, ...], Meta(min_length=1)]

    def __repr__(self) -> str:
        names = ", ".join(each.bundle for each in self.bundles)
        return f"<evaluation of {names} on {self.data.file}>"

    def _repr_html_(self) -> str:
        """Every file's metric with its interval and its drop, as a notebook shows them."""
        rows = [
            (each.bundle, row.file, row.metrics[0])
            for each in self.bundles
            for row in (each.baseline, *each.artifacts)
            if row and row.metrics
        ]
        columns = ("bundle", "file", "metric", "value", "low", "high", "drop", "low", "high")
        return html_table(
            columns,
            (
                (bundle, file, score.name, *map(_digits, _numbers(score)))
                for bundle, file, score in rows
            ),
        )

    def save(self, folder: Path) -> None:
        """Writes ``eval.json``, at once or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        write_text(folder / FILE, documents.dump_json(self, FILE, indent=2) + "\n")


def _numbers(score: Score) -> tuple[float | None, ...]:
    own = (score.value, score.low, score.high)
    return (*own, score.drop, score.drop_low, score.drop_high)


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def read(path: Path) -> Evaluation:
    """What :meth:`Evaluation.save` wrote.

    Raises:
        PlanError: the file is damaged, or of another major version.
    """
    data = documents.read_bytes(path, PlanError)
    documents.check_major(data, SCHEMA_VERSION, str(path), PlanError)
    return documents.decode_json(data, Evaluation, str(path), PlanError, "evaluate again")
