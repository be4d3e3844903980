"""A report as data for programs: ``report.json`` and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated

from msgspec import Meta

from edgekit.benchmarks.measurement import Measurement, Parity, Positive, Subject
from edgekit.evaluation.result import Evaluation
from edgekit.manifest.fields import Count, Length
from edgekit.reporting import comparison, headline, problems
from edgekit.reporting.comparison import Comparison
from edgekit.reporting.groups import Group, Result, Setting
from edgekit.reporting.headline import Headline
from edgekit.reporting.numbers import Report
from edgekit.reporting.paper import Claim
from edgekit.reporting.problems import WarningSummary
from edgekit.reporting.texts import TextsRow
from edgekit.stats import Summary
from edgekit.version import VERSION

SCHEMA_VERSION = "1.1"


@dataclass(frozen=True)
class Period:
    """When the first measurement began and the last one ended, ISO 8601."""

    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class ResultEntry(Subject):
    """One file in one runtime. Times are medians in milliseconds, null where not measured."""

    padded_to: Count
    warm_up: Count
    latency_ms: Annotated[
        Summary | None, Meta(description="warm inferences; percentiles are of single ones")
    ]
    cold_ms: Annotated[
        float | None, Meta(description="inferences with nothing in the processor's caches")
    ]
    load_ms: Annotated[float | None, Meta(description="fresh process, file in the page cache")]
    load_evicted_ms: Annotated[float | None, Meta(description="file dropped from the page cache")]
    first_ms: float | None
    tokenizer_ms: Annotated[float | None, Meta(description="no part of the latency")]
    peak_memory_bytes: Count | None
    memory_limit_bytes: Count | None
    energy_mj: Annotated[
        float | None,
        Meta(description="an estimate by a phone's battery: of the whole phone, an inference"),
    ]
    instructions: Annotated[
        Count | None, Meta(description="of an emulated device, which has no latency")
    ]
    parity: Parity | None
    pareto: Annotated[bool, Meta(description="no file of the group is both smaller and faster")]
    compared: tuple[Comparison, ...]
    warnings: tuple[str, ...]
    failure: str | None
    unmeasured: str | None


@dataclass(frozen=True)
class GroupEntry:
    """All results of one length."""

    length: Length
    against: Annotated[
        str | None, Meta(description="the base model; null: each model's own full precision")
    ]
    rows: Annotated[tuple[ResultEntry, ...], Meta(description="the fastest first")]


@dataclass(frozen=True)
class SettingEntry:
    """One machine with its threads; numbers of different settings are not comparable."""

    device: str
    machine: str
    threads: Positive
    batch: Positive
    groups: Annotated[tuple[GroupEntry, ...], Meta(description="the shortest length first")]


@dataclass(frozen=True)
class ReportFile:
    """report.json, and what `edgekit bench --json` and `edgekit report --json` print."""

    title: str
    measured: Annotated[Period | None, Meta(description="null: nothing was")]
    random_weights: Annotated[
        tuple[str, ...],
        Meta(description="models whose weights nobody trained: their accuracy means nothing"),
    ]
    answers: Annotated[tuple[Headline, ...], Meta(description="one for each setting")]
    settings: tuple[SettingEntry, ...]
    texts: tuple[TextsRow, ...]
    paper: tuple[Claim, ...]
    warnings: tuple[WarningSummary, ...]
    measurements: Annotated[
        tuple[Measurement, ...], Meta(description="the raw ones, as in results.jsonl")
    ]
    evaluations: Annotated[
        tuple[Evaluation, ...], Meta(description="of edgekit eval, as in eval.json")
    ] = field(default=(), kw_only=True)
    schema_version: str = field(default=SCHEMA_VERSION, kw_only=True)
    edgekit: Annotated[str, Meta(description="the version that wrote it")] = field(
        default=VERSION, kw_only=True
    )


def document(report: Report) -> ReportFile:
    """A report as its JSON file has it, raw measurements included."""
    started = [row.started for row in report.measurements]
    ended = [row.ended or row.started for row in report.measurements]
    return ReportFile(
        title=report.title,
        measured=Period(min(started), max(ended)) if started else None,
        random_weights=report.random_weights,
        answers=tuple(headline.answers(report)),
        settings=tuple(map(_setting, report.settings)),
        texts=report.texts,
        paper=report.paper,
        warnings=tuple(problems.warnings(report)),
        measurements=report.measurements,
        evaluations=report.evaluations,
    )


def _setting(setting: Setting) -> SettingEntry:
    """A setting as the report's JSON has it."""
    groups = tuple(
        GroupEntry(group.conditions.length, group.against, tuple(map(_entry, group.rows)))
        for group in setting.groups
    )
    return SettingEntry(setting.device, setting.machine, setting.threads, setting.batch, groups)


def _entry(row: Result) -> ResultEntry:
    """A result as the report's JSON has it."""
    measured = row.measurement
    return ResultEntry(
        **vars(measured.subject),
        padded_to=measured.padded_to,
        warm_up=measured.warm_up,
        latency_ms=row.latency,
        cold_ms=row.cold_ms,
        load_ms=row.load_ms,
        load_evicted_ms=row.load_evicted_ms,
        first_ms=row.first_ms,
        tokenizer_ms=row.tokenizer_ms,
        peak_memory_bytes=measured.peak_memory_bytes,
        memory_limit_bytes=measured.memory_limit_bytes,
        energy_mj=measured.energy_mj,
        instructions=measured.instructions,
        parity=measured.parity,
        pareto=row.pareto,
        compared=row.comparisons,
        warnings=measured.warnings,
        failure=measured.failure,
        unmeasured=measured.unmeasured,
    )


def to_csv(report: Report) -> str:
    """A report as CSV: one row a measurement, without its raw samples."""
    out = io.StringIO()
    rows = [
        {**asdict(group.conditions), **_flat(row, group)}
        for setting in report.settings
        for group in setting.groups
        for row in group.rows
    ]
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _flat(row: Result, group: Group) -> dict[str, object]:
    """A result as one row of CSV."""
    found = asdict(_entry(row))
    latency, parity = found.pop("latency_ms") or {}, found.pop("parity") or {}
    compared = {each.kind: each for each in row.comparisons}
    for name in ("bundle", "bundle_id", "compared"):
        del found[name]
    flat = {
        "against": group.against,
        **found,
        "warnings": " ".join(found["warnings"]),
        "samples": latency.get("count"),
        **_interval("latency_median_ms", latency.get("median")),
        **_interval("latency_mean_ms", latency.get("mean")),
        **{f"latency_{name}_ms": latency.get(name) for name in ("min", "p90", "p99", "max")},
        "throughput_per_s": latency.get("throughput_per_s"),
        "parity_cases": parity.get("cases"),
        "parity_max_abs": parity.get("max_abs"),
        "parity_cosine": parity.get("cosine"),
    }
    for kind in (comparison.FULL_PRECISION, comparison.SAME_RECIPE, comparison.EAGER):
        flat.update(_ratios(kind, compared.get(kind)))
    return flat


def _interval(name: str, value: Mapping[str, float] | None) -> dict[str, float | None]:
    """A value and its bounds as three columns; None where there is no value."""
    bounds = value or {}
    return {
        name: bounds.get("value"),
        **{f"{name}_{bound}": bounds.get(bound) for bound in ("low", "high")},
    }


def _ratios(kind: str, found: Comparison | None) -> dict[str, object]:
    """The columns of one kind of comparison; None where a result has none of it."""
    name = f"vs_{kind.replace('-', '_')}"
    faster = asdict(found.faster) if found and found.faster else None
    return {
        f"{name}_base": f"{found.base.model} {found.base.recipe}" if found else None,
        **_interval(f"{name}_faster", faster),
        f"{name}_paired": found.paired if found else None,
        f"{name}_smaller": found.smaller if found else None,
        f"{name}_less_memory": found.less_memory if found else None,
        f"{name}_fewer_instructions": found.fewer_instructions if found else None,
    }
