"""A report as data for programs: JSON by ``report.schema.json``, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from edgekit.benchmarks import results
from edgekit.report import comparison, headline, wording
from edgekit.report.comparison import Comparison
from edgekit.report.numbers import Group, Report, Row, Setting
from edgekit.version import VERSION

SCHEMA_VERSION = "1.0"


def to_json(report: Report) -> dict[str, Any]:
    """Everything, raw measurements included."""

    started = sorted(row.started for row in report.measurements)
    return {
        "schema_version": SCHEMA_VERSION,
        "edgekit": VERSION,
        "title": report.title,
        "measured": {"first": started[0], "last": started[-1]} if started else None,
        "random_weights": list(report.random_weights),
        "answers": [asdict(answer) for answer in headline.answers(report)],
        "settings": [_setting(setting) for setting in report.settings],
        "texts": [
            {**_plain(asdict(row)), "histogram": {str(k): v for k, v in row.histogram.items()}}
            for row in report.texts
        ],
        "paper": [_plain(asdict(claim)) for claim in report.paper],
        "warnings": [
            {"code": code, "message": message, "advice": advice, "about": list(about)}
            for code, message, advice, about in wording.warnings(report)
        ],
        "measurements": [json.loads(results.line(row)) for row in report.measurements],
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "device": setting.device,
        "machine": setting.machine,
        "threads": setting.threads,
        "batch": setting.batch,
        "groups": [_group(group) for group in setting.groups],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "length": group.conditions.length,
        "against": group.against,
        "rows": [_row(row) for row in group.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    measured, latency = row.measurement, row.latency
    return {
        **_plain(asdict(measured.subject)),
        "padded_to": measured.padded_to,
        "warm_up": measured.warm_up,
        "latency_ms": asdict(latency) if latency else None,
        "load_ms": row.load_ms,
        "load_evicted_ms": row.load_evicted_ms,
        "first_ms": row.first_ms,
        "tokenizer_ms": row.tokenizer_ms,
        "peak_memory_bytes": measured.peak_memory_bytes,
        "memory_limit_bytes": measured.memory_limit_bytes,
        "energy_mj": measured.energy_mj,
        "instructions": measured.instructions,
        "parity": asdict(measured.parity) if measured.parity else None,
        "pareto": row.pareto,
        "compared": [_plain(asdict(each)) for each in row.comparisons],
        "warnings": list(measured.warnings),
        "failure": measured.failure,
        "unmeasured": measured.unmeasured,
    }


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Tuples as JSON has them."""
    return dict(json.loads(json.dumps(value)))


def schema() -> dict[str, Any]:
    """The JSON Schema of :func:`to_json`; it refers to that of a results' line."""
    text = files("edgekit").joinpath("report.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def to_csv(report: Report) -> str:
    """One row a measurement; raw samples are in ``results.jsonl``."""
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


def _flat(row: Row, group: Group) -> dict[str, Any]:
    found = _row(row)
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
    bounds = value or {}
    return {
        name: bounds.get("value"),
        **{f"{name}_{bound}": bounds.get(bound) for bound in ("low", "high")},
    }


def _ratios(kind: str, found: Comparison | None) -> dict[str, Any]:
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
