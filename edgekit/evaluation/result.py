"""What an evaluation found: ``eval.json`` as types, and how scores become part of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
from msgspec import Meta

from edgekit import documents, stats
from edgekit.errors import PlanError
from edgekit.evaluation import measures
from edgekit.evaluation.kinds import Example, Judged, agreement
from edgekit.evaluation.measures import Measure
from edgekit.files import write_text
from edgekit.manifest.fields import Count
from edgekit.stats import CONFIDENCE
from edgekit.version import VERSION

SCHEMA_VERSION = "1.1"
FEW = 100  # examples, below which hardly any number is worth much
FILE = "eval.json"
Bounds: TypeAlias = tuple[float | None, float | None]
_TAIL = 100 * (1 - CONFIDENCE) / 2


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
    cut: Annotated[Count, Meta(description="texts that did not fit into the model")] = 0
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


@dataclass(frozen=True)
class Evaluation:
    """eval.json: bundles over the same data, and what `edgekit eval --json` prints."""

    schema_version: str = field(default=SCHEMA_VERSION, kw_only=True)
    edgekit: Annotated[str, Meta(description="the version that wrote it")] = field(
        default=VERSION, kw_only=True
    )
    confidence: Annotated[float, Meta(description="of all intervals")] = field(
        default=CONFIDENCE, kw_only=True
    )
    data: DataFacts
    bundles: Annotated[tuple[BundleEvaluation, ...], Meta(min_length=1)]

    def save(self, folder: Path) -> None:
        """Writes ``eval.json``, at once or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        write_text(folder / FILE, documents.dump_json(self, FILE, indent=2) + "\n")


def read(path: Path) -> Evaluation:
    """What :meth:`Evaluation.save` wrote.

    Raises:
        PlanError: the file is damaged, or of another major version.
    """
    data = documents.read_bytes(path, PlanError)
    documents.check_major(data, SCHEMA_VERSION, str(path), PlanError)
    return documents.decode_json(data, Evaluation, str(path), PlanError, "evaluate again")


@dataclass(frozen=True)
class Scored:
    """The scores of one judged file: all measures and all parts."""

    scores: tuple[Score, ...]
    classes: tuple[ClassScore, ...]


def score(judged: Sequence[Judged], count: int, *, baseline: bool) -> list[Scored]:
    """Every file's measures, all with the same resamples of the ``count`` examples.

    With ``baseline`` the first is PyTorch's, against which the others' drops are.
    """
    every = [[*one.measures, *(part.measure for part in one.classes)] for one in judged]
    drawn = measures.draws([measure for some in every for measure in some], count)
    blocks = drawn.reshape(len(judged), -1, drawn.shape[1])
    base = list(zip(every[0], blocks[0], strict=True)) if baseline else None
    found = []
    for number, (one, some, block) in enumerate(zip(judged, every, blocks, strict=True)):
        against = base if base and number else [None] * len(some)
        counts = [count] * len(one.measures) + [part.examples for part in one.classes]
        scores = [
            _score(measure, draws, examples, *(other or (None, None)))
            for measure, draws, examples, other in zip(some, block, counts, against, strict=True)
        ]
        size = len(one.measures)
        parts = (
            ClassScore(part.label, part.examples, each)
            for part, each in zip(one.classes, scores[size:], strict=True)
        )
        found.append(Scored(tuple(scores[:size]), tuple(parts)))
    return found


def _score(
    measure: Measure,
    draws: np.ndarray,
    examples: int,
    base: Measure | None,
    base_draws: np.ndarray | None,
) -> Score:
    value, bounds = _known(measure.value), _own_bounds(measure, draws, examples)
    if base is None or base_draws is None:
        return Score(measure.name, measure.share, value, *bounds)
    drop = _known(base.value - measure.value)
    drops = _drop_bounds(measure, base_draws - draws, examples)
    return Score(measure.name, measure.share, value, *bounds, drop, *drops)


def _own_bounds(measure: Measure, draws: np.ndarray, examples: int) -> Bounds:
    found = _bounds(draws)
    if not measure.share or not examples or found not in ((0.0, 0.0), (1.0, 1.0)):
        return found
    unseen = stats.none_of(examples)
    return (1 - unseen, 1.0) if measure.value else (0.0, unseen)


def _drop_bounds(measure: Measure, draws: np.ndarray, examples: int) -> Bounds:
    found = _bounds(draws)
    if found != (0.0, 0.0):
        return found
    if not measure.share or not examples:
        return None, None
    unseen = stats.none_of(examples)
    return -unseen, unseen


def _bounds(draws: np.ndarray) -> Bounds:
    known = draws[~np.isnan(draws)]
    if not known.size:
        return None, None
    low, high = np.percentile(known, [_TAIL, 100 - _TAIL])
    return float(low), float(high)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def compared(found: Judged, base: Judged | None) -> tuple[float | None, int]:
    """The agreement with the baseline, and of how many decisions."""
    count = sum(map(len, found.decisions))
    return (agreement(base, found), count) if base else (None, count)


def differences(
    examples: Sequence[Example], found: Judged, base: Judged, sizes: Sequence[float], most: int
) -> Iterator[DifferingExample]:
    """Where the file differs most from PyTorch; other decisions come before other scores."""

    def rank(index: int) -> tuple[bool, float]:
        return found.decisions[index] != base.decisions[index], sizes[index]

    for index in sorted(range(len(examples)), key=rank, reverse=True)[:most]:
        if rank(index) > (False, 0.0):
            row = examples[index]
            yield DifferingExample(
                row.place,
                row.texts,
                row.expected,
                base.shown[index],
                found.shown[index],
                float(sizes[index]),
            )
