"""A report as one HTML page that needs nothing else: no network, no other file.

The charts' library comes from vl-convert, which carries it; a content security policy in the page
keeps a browser from fetching anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from edgekit import documents, extras
from edgekit.reporting import (
    captions,
    comparison,
    data,
    figures,
    headline,
    quality_figures,
    quality_tables,
    scores,
    tables,
    wording,
)
from edgekit.reporting.comparison import Comparison
from edgekit.reporting.groups import Setting
from edgekit.reporting.headline import Headline
from edgekit.reporting.numbers import Report
from edgekit.reporting.quality import QualityPart
from edgekit.words import megabytes

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Tile:
    """A number to see from afar, and what it is.

    Attributes:
        value: the number with its unit.
        what: what it is of.
        note: smaller, such as its interval.
        faint: whether it is drawn in grey, because it shows no difference.
    """

    value: str
    what: str
    note: str = ""
    faint: bool = False  # it shows nothing


@dataclass(frozen=True)
class Lead:
    """What stands first on the page: a sentence, its numbers, and what it rests on.

    Attributes:
        label: what the sentence is about, such as the machine.
        headline: the sentence with what it rests on.
        tiles: the numbers one by one.
    """

    label: str
    headline: Headline
    tiles: tuple[Tile, ...]


def to_html(report: Report) -> str:
    """A report as one HTML page, charts and styles included.

    Raises:
        MissingExtraError: the charts' library is not installed.
    """
    extras.require("report")
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"script": _script, "together": _together}
    parts = data.document(report)
    return environment.get_template("page.html").render(
        report=report,
        answers=list(_leads(report)),
        links=list(_links(report)),
        measured=parts.measured,
        version=parts.edgekit,
        downloads={
            "report.json": _link("application/json", documents.dump_json(parts, "report.json")),
            **(
                {"results.csv": _link("text/csv", data.to_csv(report))}
                if report.measurements
                else {}
            ),
        },
        style=_template("page.css"),
        script=_template("page.js"),
        library=_library(),
        tables=tables,
        figures=figures,
        quality_tables=quality_tables,
        quality_figures=quality_figures,
        captions=captions,
        scores=scores,
        wording=wording,
    )


def _leads(report: Report) -> Iterator[Lead]:
    """The answers of the report: one for each setting, and one for each evaluated bundle."""
    for setting in report.settings:
        if found := headline.answer(setting, report.quality):
            yield Lead(captions.machine(setting), found, tuple(_tiles(setting)))
    for part in {id(part.evaluation): part for part in report.quality}.values():
        if found := headline.of_quality(part):
            yield Lead(part.title, found, tuple(_quality_tiles(part)))


def _links(report: Report) -> Iterator[tuple[str, str]]:
    """The links to the page's parts: anchor and words.

    What nobody should miss, such as warnings, is named with its number.
    """
    for index, setting in enumerate(report.settings, 1):
        yield f"part-{index}", captions.machine(setting)
    for index, part in enumerate(report.quality, 1):
        yield f"quality-{index}", part.title
    for where, there in (("texts", report.texts), ("paper", report.paper)):
        if there:
            yield where, {"texts": "Own texts", "paper": "The paper"}[where]
    warnings = ("Warnings", tables.warnings(report))
    for title, found in (warnings, *tables.problems(report)):
        if found.rows:
            yield title.lower().replace(" ", "-"), f"{title}: {len(found.rows)}"
    if report.settings:
        yield "environment", "Environment"
    yield from (("reproduce", "Reproduce"), ("data", "Raw data"))


def _tiles(setting: Setting) -> Iterator[Tile]:
    """The tiles of a setting's answer."""
    best = headline.best(setting)
    if best is None:
        return
    row, found = best.measurement, best.against(comparison.FULL_PRECISION)
    if found:
        yield from _ratio(found)
    size = megabytes(row.subject.size_bytes)
    number, _, word = wording.smaller(found.smaller).partition("x ") if found else ("", "", "")
    if found and word:
        base = megabytes(found.base.size_bytes)
        yield Tile(f"{number}×", word, f"{size} against {base}")
    else:
        yield Tile(size, "file size")
    if best.latency:
        each_second = wording.per_second(best.latency.throughput_per_s)
        note = f"p99 {wording.ms(best.latency.p99)} ms, {each_second} texts/s"
        yield Tile(f"{wording.ms(best.latency.median.value)} ms", "a text", note)
    if row.peak_memory_bytes is not None:
        yield Tile(megabytes(row.peak_memory_bytes), "memory", "growth, at its peak")
    if row.energy_mj is not None:
        yield Tile(f"{wording.millijoules(row.energy_mj)} mJ", "a text, estimated", "whole phone")


def _ratio(found: Comparison) -> Iterator[Tile]:
    """The tile of the lead over the base: in latency, or in an emulator's instructions."""
    base = wording.subject(found.base)
    if found.faster:
        if found.faster.holds(1):
            note = f"against {base}: {wording.bounds(found.faster)} times"
            yield Tile(wording.NO_DIFFERENCE, "in speed is shown", note, faint=True)
            return
        ratio, word = wording.speed(found.faster)
        yield Tile(f"{ratio.value:.2f}×", word, f"than {base} {wording.bounds(ratio)}")
    elif found.fewer_instructions:
        number, _, word = wording.fewer(found.fewer_instructions).partition("x ")
        yield Tile(f"{number}×", f"{word} instructions", f"than {base}")


def _quality_tiles(part: QualityPart) -> Iterator[Tile]:
    """The tiles of an answer on quality: the main metric, what was lost of it, the size."""
    found = headline.smallest(part)
    if found is None:
        return
    score = found.metrics[0]
    within = scores.bounds(score.low, score.high, score.share)
    yield Tile(scores.number(score.value, score.share), score.name, within)
    if score.drop is not None:
        within = scores.bounds(score.drop_low, score.drop_high, score.share)
        if scores.shows_nothing(score):
            yield Tile(wording.NO_DIFFERENCE, "from PyTorch is shown", within, faint=True)
        else:
            yield Tile(scores.number(score.drop, score.share), "lost against PyTorch", within)
    if found.agreement is not None:
        note = f"of {found.decisions} decisions"
        yield Tile(f"{found.agreement:.2%}", "decided as PyTorch does", note)
    if found.size_bytes is not None:
        yield Tile(megabytes(found.size_bytes), "file size", found.file)


def _template(name: str) -> str:
    return files("edgekit.reporting").joinpath("template", name).read_text("utf-8")


@cache
def _library() -> str:
    """The script that draws charts: Vega, Vega-Lite and Vega-Embed as one text."""
    import altair
    import vl_convert

    version = "v" + ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", version)).replace(
        "</script", "<\\/script"
    )


def _together(text: str) -> str:
    """A text in which no line ends between a number and its unit, or within an interval."""
    for apart in (", ", " MB", " to "):
        text = text.replace(apart, apart.replace(" ", "\u00a0"))
    return text


def _script(value: object) -> Markup:
    """A value as JSON that may stand inside of a script element, which ends at the first ``</``."""
    import markupsafe

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return markupsafe.Markup(text.replace("<", "\\u003c"))


def _link(kind: str, text: str) -> str:
    """A text as a data: URL, which a link of the page saves as a file.

    Args:
        kind: the media type, such as ``text/csv``.
        text: the content.
    """
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
