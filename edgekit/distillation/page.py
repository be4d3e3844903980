"""A report as one HTML page that needs nothing else, in the style of the bench's."""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from edgekit.distillation import tables
from edgekit.distillation.report import PAPER, DistillationReport
from edgekit.files import write_text
from edgekit.version import VERSION

FILE = "distill.html"


def possible() -> bool:
    """Whether the library that draws the page's charts is installed."""
    return find_spec("jinja2") is not None


def save(found: DistillationReport, folder: Path) -> Path:
    """Writes the page, whole or not at all, and returns its path.

    Raises:
        OutputError: it cannot be written.
    """
    write_text(folder / FILE, to_html(found))
    return folder / FILE


def to_html(found: DistillationReport) -> str:
    """The report as one HTML page, charts and styles included."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = files("edgekit.distillation").joinpath("page.html").read_text("utf-8")
    style = files("edgekit.reporting").joinpath("template", "page.css").read_text("utf-8")
    return environment.from_string(text).render(
        report=found,
        tables=list(tables.of(found)),
        paper=PAPER,
        style=style,
        version=VERSION,
    )
