"""Measurements to reports: numbers first, then one module a rendering.

``numbers`` computes, ``wording`` and ``captions`` say it, and ``terminal``, ``markdown``, ``data``
and ``html`` render.
"""

from __future__ import annotations

from pathlib import Path

from edgekit import documents
from edgekit.files import write_text
from edgekit.reporting.numbers import Report, build

__all__ = ["FILES", "Report", "build", "write"]
FILES = ("report.html", "report.md", "report.json", "results.csv")


def write(report: Report, folder: Path) -> Path:
    """Writes a report's files, :data:`FILES`, each whole or not at all.

    Without measurements there is no ``results.csv``.

    Args:
        report: what is written.
        folder: where; it is made if it is missing.

    Returns:
        The path of the HTML page.

    Raises:
        MissingExtraError: the charts' library is not installed.
        OutputError: they cannot be written.
    """
    from edgekit.reporting import data, html, markdown

    contents = {
        "report.html": html.to_html(report),
        "report.md": markdown.to_markdown(report),
        "report.json": documents.dump_json(data.document(report), "report.json", indent=1) + "\n",
        **({"results.csv": data.to_csv(report)} if report.measurements else {}),
    }
    for name, text in contents.items():
        write_text(folder / name, text)
    return folder / "report.html"
