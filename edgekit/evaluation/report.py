"""What an evaluation found, as data. ``eval.schema.json`` documents it as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.evaluation import measures
from edgekit.evaluation.kinds import Example, Judged, agreement
from edgekit.evaluation.measures import Measure
from edgekit.files import write_text
from edgekit.stats import CONFIDENCE
from edgekit.version import VERSION

SCHEMA_VERSION = "1.0"
FILE = "eval.json"
_TAIL = 100 * (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Score:
    """A metric with its interval, and what it lost against PyTorch: positive is worse.

    All of it is None where it is not defined, like the correlation of a constant; the drop also
    where there is no baseline.
    """

    name: str
    share: bool
    value: float | None
    low: float | None
    high: float | None
    drop: float | None = None
    drop_low: float | None = None
    drop_high: float | None = None
    higher_is_better: bool = True


@dataclass(frozen=True)
class ClassScore:
    """The score over the examples of one class."""

    label: str
    examples: int
    score: Score


@dataclass(frozen=True)
class Difference:
    """An example on which the file and PyTorch differ, and by how much."""

    place: str
    texts: tuple[str, ...]
    expected: str
    pytorch: str
    found: str
    size: float


@dataclass(frozen=True)
class Quality:
    """One file, or with ``format`` None PyTorch. ``metrics`` begin with the one that counts.

    ``agreement`` is the share of PyTorch's decisions that the file takes as well; ``cut`` counts
    the texts that did not fit into the model. ``details`` are further numbers by name. ``failure``
    says why there is nothing else.
    """

    file: str
    format: str | None
    recipe: str | None
    device: str
    runtime: str
    size_bytes: int | None
    sha256: str
    metrics: tuple[Score, ...] = ()
    agreement: float | None = None
    decisions: int = 0
    cut: int = 0
    classes: tuple[ClassScore, ...] = ()
    differences: tuple[Difference, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)
    failure: str | None = None


@dataclass(frozen=True)
class BundleReport:
    """A bundle's files over the data; ``no_baseline`` says why there is no PyTorch, if so."""

    bundle: str
    path: str
    task: str
    examples: int
    baseline: Quality | None
    no_baseline: str | None
    artifacts: tuple[Quality, ...]


@dataclass(frozen=True)
class Report:
    """Bundles over the same data."""

    data: Mapping[str, Any]
    bundles: tuple[BundleReport, ...]

    def to_json(self) -> dict[str, Any]:
        """As ``eval.schema.json`` has it."""

        return {
            "schema_version": SCHEMA_VERSION,
            "edgekit": VERSION,
            "confidence": CONFIDENCE,
            **json.loads(json.dumps(asdict(self))),
        }

    def save(self, folder: Path) -> None:
        """Writes ``eval.json``, at once or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"
        write_text(folder / FILE, text)


def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    return dict(json.loads(files("edgekit").joinpath("eval.schema.json").read_text("utf-8")))


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
        scores = [
            _score(measure, draws, *(other or (None, None)))
            for measure, draws, other in zip(some, block, against, strict=True)
        ]
        size = len(one.measures)
        parts = (
            ClassScore(part.label, part.examples, each)
            for part, each in zip(one.classes, scores[size:], strict=True)
        )
        found.append(Scored(tuple(scores[:size]), tuple(parts)))
    return found


def _score(
    measure: Measure, draws: np.ndarray, base: Measure | None, base_draws: np.ndarray | None
) -> Score:
    low, high = _bounds(draws)
    own = Score(measure.name, measure.share, _known(measure.value), low, high)
    if base is None or base_draws is None:
        return own
    drops = _bounds(base_draws - draws)
    drop = _known(base.value - measure.value)
    return Score(own.name, own.share, own.value, low, high, drop, *drops)


def _bounds(draws: np.ndarray) -> tuple[float | None, float | None]:
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
) -> Iterator[Difference]:
    """Where the file differs most from PyTorch; other decisions come before other scores."""

    def rank(index: int) -> tuple[bool, float]:
        return found.decisions[index] != base.decisions[index], sizes[index]

    for index in sorted(range(len(examples)), key=rank, reverse=True)[:most]:
        if rank(index) > (False, 0.0):
            row = examples[index]
            yield Difference(
                row.place,
                row.texts,
                row.expected,
                base.shown[index],
                found.shown[index],
                float(sizes[index]),
            )
