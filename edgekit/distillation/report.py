"""What came out of it: ``distill.json`` as types, and its numbers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edgekit import documents
from edgekit.evaluation.result import Score
from edgekit.files import write_text
from edgekit.manifest.fields import Count
from edgekit.stats import CONFIDENCE, Interval
from edgekit.version import VERSION

SCHEMA_VERSION = "1.0"
FILE = "distill.json"
TIMED_TOKENS = 128  # of the text that latencies are taken with
TEACHER, STUDENT = "teacher", "student"
WITHOUT, RANDOM = "without distillation", "random layers"
PAPER = "Sanh et al. 2019, DistilBERT, arXiv 1910.01108"
# The paper's own numbers: BERT-base against DistilBERT, tables 1 and 3, and its ablation, table 4.
PAPER_CLAIMS: Mapping[str, str] = {
    "parameters": "40% fewer (66 of 110 million)",
    "latency": "60% faster on one CPU thread (410 s against 668 s for STS-B)",
    "retained": "97% of BERT's GLUE score (77.0 of 79.5)",
    RANDOM: "3.69 points less with the triple loss from random weights",
}


@dataclass(frozen=True)
class Entrant:
    """A model of the comparison: the teacher, the student or a control."""

    name: Annotated[str, Meta(description="teacher, student, or the name of a control")]
    parameters: Count
    size_bytes: Count
    faster: Annotated[
        Interval | None,
        Meta(description="how many times faster than the teacher: one text, one thread of the CPU"),
    ]
    scores: Annotated[
        tuple[Score, ...],
        Meta(description="the one that counts first, drops against the teacher; empty: not judged"),
    ]


@dataclass(frozen=True)
class Gain:
    """How much better the student is than a control, in the metric, with bounds of 95%."""

    over: Annotated[str, Meta(description="the control")]
    metric: str
    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval is all above 0: the gain is no chance."""
        return self.low > 0


@dataclass(frozen=True)
class Course:
    """How one training went: its steps, its losses at both ends, its speed."""

    name: Annotated[str, Meta(description="student, or the name of a control")]
    steps: Count
    tokens: Annotated[Count, Meta(description="of all steps, without padding")]
    tokens_per_s: Annotated[float, Meta(description="since it began or was resumed")]
    parts: Annotated[
        Mapping[str, tuple[float, float]],
        Meta(description="each part of the loss: the means of the first and last tenth of steps"),
    ]


@dataclass(frozen=True)
class DistillationReport:
    """distill.json: teacher, student and controls, and what `edgekit distill --json` prints."""

    schema_version: str = field(default=SCHEMA_VERSION, kw_only=True)
    edgekit: Annotated[str, Meta(description="the version that wrote it")] = field(
        default=VERSION, kw_only=True
    )
    confidence: Annotated[float, Meta(description="of all intervals")] = field(
        default=CONFIDENCE, kw_only=True
    )
    teacher: Annotated[str, Meta(description="its name")]
    objective: Annotated[str, Meta(description="mlm, task or embedding")]
    layers: Annotated[tuple[int, ...], Meta(description="the teacher's, counted from 0")]
    length: Annotated[Count, Meta(description="tokens of the text that latencies are taken with")]
    facts: Annotated[Mapping[str, str], Meta(description="how it was done, by name, in words")]
    examples: Annotated[Count, Meta(description="that all are judged on; 0 without any")]
    entrants: tuple[Entrant, ...]
    gains: tuple[Gain, ...]
    courses: tuple[Course, ...]
    retained: Annotated[
        float | None, Meta(description="the student's share of the teacher's metric")
    ]
    sentence: Annotated[str, Meta(description="whether distillation helped")]
    paper: Annotated[Mapping[str, str], Meta(description=f"the claims of {PAPER}")] = field(
        default_factory=lambda: dict(PAPER_CLAIMS)
    )

    def entrant(self, name: str) -> Entrant | None:
        """The model of that name, if it took part."""
        return _entrant(self.entrants, name)

    def save(self, folder: Path) -> None:
        """Writes ``distill.json``, at once or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        write_text(folder / FILE, documents.dump_json(self, FILE, indent=2) + "\n")


def retained(entrants: Sequence[Entrant]) -> float | None:
    """The student's metric as a share of the teacher's.

    None where one of the two is not known, or the teacher's is not above 0.
    """
    scores = [_entrant(entrants, name) for name in (TEACHER, STUDENT)]
    teacher, student = (each.scores[0].value if each and each.scores else None for each in scores)
    return None if teacher is None or student is None or teacher <= 0 else student / teacher


def sentence(entrants: Sequence[Entrant], gains: Sequence[Gain]) -> str:
    """Whether distillation helped beyond chance, in one sentence.

    Args:
        entrants: teacher, student and controls.
        gains: the student's over the controls; none without controls or data.
    """
    student = _entrant(entrants, STUDENT)
    if student is None or not student.scores:
        return "Nothing was evaluated: give --eval to see what the student can do."
    metric = f"{student.scores[0].name} {number(student.scores[0])}"
    share = retained(entrants)
    kept = "" if share is None else f", {100 * share:.1f}% of the teacher's"
    found = next((each for each in gains if each.over == WITHOUT), None)
    if found is None:
        return f"The student has {metric}{kept}; --controls shows whether distillation helped."
    if found.beyond_chance:
        verdict = "Distillation helped beyond chance"
    elif found.high < 0:
        verdict = "Distillation did harm beyond chance"
    else:
        verdict = "Whether distillation helped is within chance"
    return f"{verdict}: {metric}{kept}, {gain(found)} points against the same student without it."


def number(score: Score) -> str:
    """A metric as people write it: a share in percent, a correlation times 100."""
    return "undefined" if score.value is None else f"{100 * score.value:.2f}"


def interval(score: Score) -> str:
    """A metric as :func:`number` writes it, with its interval."""
    if score.low is None or score.high is None:
        return number(score)
    return f"{number(score)} ({100 * score.low:.2f} to {100 * score.high:.2f})"


def gain(found: Gain) -> str:
    """A gain in points with its interval, as people write it."""
    return f"{100 * found.value:+.2f} ({100 * found.low:+.2f} to {100 * found.high:+.2f})"


def tenths(values: Sequence[float]) -> tuple[float, float]:
    """The means of the first and of the last tenth of a series, such as a loss by steps."""
    size = max(1, len(values) // 10)
    first, last = values[:size], values[-size:]
    return sum(first) / len(first), sum(last) / len(last)


def _entrant(entrants: Sequence[Entrant], name: str) -> Entrant | None:
    return next((each for each in entrants if each.name == name), None)
