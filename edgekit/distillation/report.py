"""What came out of it: teacher, student and controls on the same examples, and one sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edgekit.evaluation.result import Score
from edgekit.files import write_text
from edgekit.stats import CONFIDENCE, Interval
from edgekit.version import VERSION

SCHEMA_VERSION = 1
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
    """A model of the comparison.

    ``scores`` begin with the metric that counts; their drops are against the teacher, on the same
    resamples of the examples. Empty without evaluation data. ``faster`` is how many times faster
    than the teacher it is, for one text of ``Report.length`` tokens on one thread of the CPU.
    """

    name: str
    parameters: int
    size_bytes: int
    faster: Interval | None
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Gain:
    """How much better the student is than a control, with the bounds of its interval."""

    over: str
    metric: str
    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves no gain out."""
        return self.low > 0


@dataclass(frozen=True)
class Course:
    """A training in numbers: each part of the loss as the mean of its first and last tenth."""

    name: str
    steps: int
    tokens: int
    tokens_per_s: float
    parts: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Report:
    """``facts`` are what was asked for and how it was done, by name and in words."""

    teacher: str
    objective: str
    layers: tuple[int, ...]
    length: int
    facts: Mapping[str, str]
    examples: int
    entrants: tuple[Entrant, ...]
    gains: tuple[Gain, ...]
    courses: tuple[Course, ...]

    @property
    def sentence(self) -> str:
        """Whether distillation helped."""
        return _sentence(self)

    @property
    def retained(self) -> float | None:
        """The student's share of the teacher's metric."""
        scores = [self.entrant(name) for name in (TEACHER, STUDENT)]
        values = [each.scores[0].value if each and each.scores else None for each in scores]
        if values[0] is None or values[1] is None or values[0] <= 0:
            return None
        return values[1] / values[0]

    def entrant(self, name: str) -> Entrant | None:
        """The model of that name, if it took part."""
        return next((each for each in self.entrants if each.name == name), None)

    def to_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "edgekit": VERSION,
            "confidence": CONFIDENCE,
            "sentence": self.sentence,
            "retained": self.retained,
            **asdict(self),
            "paper": {"source": PAPER, **PAPER_CLAIMS},
        }

    def save(self, folder: Path) -> None:
        """Writes ``distill.json``, at once or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"
        write_text(folder / FILE, text)


def number(score: Score) -> str:
    """A metric as people write it: a share in percent, a correlation times 100."""
    return "undefined" if score.value is None else f"{100 * score.value:.2f}"


def interval(score: Score) -> str:
    """The same with its interval."""
    if score.low is None or score.high is None:
        return number(score)
    return f"{number(score)} ({100 * score.low:.2f} to {100 * score.high:.2f})"


def gain(found: Gain) -> str:
    """A difference in points with its interval."""
    return f"{100 * found.value:+.2f} ({100 * found.low:+.2f} to {100 * found.high:+.2f})"


def tenths(values: Sequence[float]) -> tuple[float, float]:
    """The means of the first and the last tenth."""
    size = max(1, len(values) // 10)
    first, last = values[:size], values[-size:]
    return sum(first) / len(first), sum(last) / len(last)


def _sentence(report: Report) -> str:
    student = report.entrant(STUDENT)
    if student is None or not student.scores:
        return "Nothing was evaluated: give --eval to see what the student can do."
    metric = f"{student.scores[0].name} {number(student.scores[0])}"
    kept = "" if report.retained is None else f", {100 * report.retained:.1f}% of the teacher's"
    found = next((each for each in report.gains if each.over == WITHOUT), None)
    if found is None:
        return f"The student has {metric}{kept}; --controls shows whether distillation helped."
    if found.beyond_chance:
        verdict = "Distillation helped beyond chance"
    elif found.high < 0:
        verdict = "Distillation did harm beyond chance"
    else:
        verdict = "Whether distillation helped is within chance"
    return f"{verdict}: {metric}{kept}, {gain(found)} points against the same student without it."
