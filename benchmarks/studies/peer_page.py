"""The tables of docs/performance.md: our files beside those of other tools."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from edgekit import stats
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.studies.peer_quality import VectorQuality
from edgekit.errors import PlanError
from edgekit.stats import Interval
from edgekit.words import count, megabytes

EDGEKIT, COPY = "edgekit", "a copy of it"
BEGIN, END = "<!-- make bench-peers: begin -->", "<!-- make bench-peers: end -->"
_NOTHING = "–"
_FORMATS = {"onnx": "ONNX", "tflite": "TFLite"}
_MEMORY_AT = 128  # tokens


@dataclass(frozen=True)
class Contestant:
    """A file that is compared.

    Attributes:
        maker: who made it: a tool, or us.
        format: as ``formats.FORMATS`` has it.
        recipe: ``fp32`` or ``int8``.
        length: the one length in tokens that it takes; None takes any.
    """

    maker: str
    format: str
    recipe: str
    length: int | None = None

    @property
    def name(self) -> str:
        """What measurements call its model."""
        length = "" if self.length is None else f", {self.length}"
        return f"{self.maker}, {self.format} {self.recipe}{length}"

    @property
    def of_any_length(self) -> Contestant:
        """The contestant without its length: the same for all files that one tool makes."""
        return replace(self, length=None)


@dataclass(frozen=True)
class Verdicts:
    """The quality of every tool's files, by their :attr:`Contestant.name`.

    Attributes:
        digest: of the files and the texts that were judged.
        texts: how many.
        pytorch: Spearman's correlation of PyTorch's answers.
        qualities: by name, without a length.
    """

    digest: str
    texts: int
    pytorch: float
    qualities: Mapping[str, VectorQuality]


@dataclass(frozen=True)
class Study:
    """All that the page is made of; ``load`` is the machine's average load before the first run."""

    rows: Sequence[Measurement]
    sizes: Mapping[Contestant, int]
    judged: Verdicts | None
    load: float

    def of(self, contestant: Contestant, runtime: str) -> list[Measurement]:
        """A tool's measurements in one runtime, those of all its lengths, in the order of runs."""
        names = {each.name for each in self.sizes if each.of_any_length == contestant}
        names |= {EDGEKIT} if contestant.maker == EDGEKIT else set()
        return [
            row
            for row in self.rows
            if row.subject.model in names
            and row.subject.runtime == runtime
            and (row.subject.format, row.subject.recipe) == (contestant.format, contestant.recipe)
        ]


@dataclass(frozen=True)
class Contest:
    """The files of all makers of one format and recipe, in one runtime."""

    study: Study
    format: str
    recipe: str
    runtime: str

    @property
    def makers(self) -> list[str]:
        """Who made such a file: us, the copy, and the others."""
        kind = (self.format, self.recipe)
        found = [row.maker for row in self.study.sizes if (row.format, row.recipe) == kind]
        return list(dict.fromkeys(found))

    def rows(self, maker: str) -> list[Measurement]:
        """A maker's measurements that have a latency."""
        found = self.study.of(Contestant(maker, self.format, self.recipe), self.runtime)
        return [row for row in found if row.latency_ms]


def section(study: Study) -> str:
    """The generated part of the page, as Markdown: conditions, then a table for each contest."""
    groups = dict.fromkeys(
        (row.subject.format, row.subject.recipe, row.subject.runtime) for row in study.rows
    )
    tables = [line for key in sorted(groups) for line in _contest(Contest(study, *key))]
    return "\n".join([*_conditions(study), *tables])


def inserted(page: str, found: str) -> str:
    """A page with its generated part replaced.

    Raises:
        PlanError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PlanError(f"the page has no lines {BEGIN} and {END}: add them where tables belong")
    return f"{before}{BEGIN}\n{found}\n{END}{after}"


def _conditions(study: Study) -> Iterator[str]:
    """The lines on when, where and with what was measured."""
    first, last = study.rows[0], study.rows[-1]
    where = first.conditions
    runtimes = sorted({str(row.environment["runtime"]) for row in study.rows if row.latency_ms})
    warned = sorted({code for row in study.rows for code in row.warnings})
    yield f"Measured {first.started[:10]}, {first.started[11:16]} to {last.ended[11:16]} UTC,"
    yield f"on {where.machine}, {count(where.threads, 'thread')},"
    yield f"in {', '.join(runtimes)}."
    yield f"The machine's load before was {study.load:.1f}; warnings of the run:"
    yield f"{', '.join(warned) or 'none'}."
    if study.judged is not None:
        yield f"Quality is over {study.judged.texts} sentences, one at a time, against PyTorch,"
        yield f"whose Spearman correlation is {100 * study.judged.pytorch:.2f}."
    for row in study.rows:
        if row.failure:
            yield f"Failed: {row.subject.label}, {_text(row)}: {row.failure}."
    yield ""


def _contest(contest: Contest) -> Iterator[str]:
    """The section of one format, recipe and runtime: a table of properties and one of latencies."""
    yield f"### {_FORMATS[contest.format]} {contest.recipe}, {contest.runtime}"
    yield ""
    yield from _table(
        ("made by", "size", "load", "first", "memory", "cosine mean / min", "Spearman", "padding"),
        [_properties(contest, maker) for maker in contest.makers if maker != COPY],
    )
    others = [maker for maker in contest.makers if maker != EDGEKIT]
    yield from _table(
        ("text", "edgekit", *(f"/ {maker}" for maker in others)),
        [
            (_text(row), _ms(row), *(_against(row, contest.rows(maker)) for maker in others))
            for row in contest.rows(EDGEKIT)
        ],
    )


def _properties(contest: Contest, maker: str) -> tuple[str, ...]:
    """A maker's row: size, loading, first inference, memory and quality."""
    rows, sizes = contest.rows(maker), contest.study.sizes
    contestant = Contestant(maker, contest.format, contest.recipe)
    size = max(bytes_ for each, bytes_ in sizes.items() if each.of_any_length == contestant)
    memory = [row.peak_memory_bytes for row in rows if row.conditions.length == _MEMORY_AT]
    judged = contest.study.judged
    found = judged.qualities.get(contestant.name) if judged else None
    return (
        maker,
        megabytes(size),
        _median([ms for row in rows for ms in row.load_ms]),
        _median([ms for row in rows for ms in row.first_ms if row.conditions.length == _MEMORY_AT]),
        megabytes(memory[0]) if memory and memory[0] else _NOTHING,
        f"{found.cosine_mean:.4f} / {found.cosine_min:.4f}" if found else _NOTHING,
        f"{100 * found.spearman:.2f}" if found else _NOTHING,
        f"{found.moved:.0e}" if found and found.moved else "0" if found else _NOTHING,
    )


def _text(row: Measurement) -> str:
    where = row.conditions
    return f"{where.length} tokens" if where.batch == 1 else f"{where.batch} x {where.length}"


def _ms(row: Measurement) -> str:
    return f"{stats.median(row.samples).value:.2f} ms"


def _against(ours: Measurement, theirs: Sequence[Measurement]) -> str:
    """Our median divided by theirs with its interval, of the round that has both, as a cell."""
    base = next((row for row in theirs if row.round == ours.round), None)
    if base is None:
        return _NOTHING
    found = stats.ratio(ours.samples, base.samples, paired=True)
    return _interval(found)


def _interval(found: Interval) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ms" if values else _NOTHING


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table; numbers, in all columns but the first, stand on the right."""
    yield f"| {' | '.join(columns)} |"
    yield f"|---|{'---:|' * (len(columns) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
