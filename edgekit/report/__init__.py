"""Measurements to reports: numbers first, then one module a rendering.

``numbers`` computes, ``wording`` says it, ``terminal``, ``markdown``, ``data`` and ``html`` render.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from edgekit.errors import OutputError
from edgekit.report.numbers import Report, build

__all__ = ["FILES", "Report", "build", "write"]
FILES = ("report.html", "report.md", "report.json", "results.csv")


def write(report: Report, folder: Path) -> Path:
    """Writes :data:`FILES`, each whole or not at all; returns the page.

    Raises:
        MissingExtraError: the charts' library is not installed.
        OutputError: they cannot be written.
    """
    import json

    from edgekit.report import data, html, markdown

    contents = {
        "report.html": html.to_html(report),
        "report.md": markdown.to_markdown(report),
        "report.json": json.dumps(data.to_json(report), indent=1, ensure_ascii=False) + "\n",
        "results.csv": data.to_csv(report),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            _replace(folder / name, text)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written to: {error.strerror}") from error
    return folder / "report.html"


def _replace(path: Path, text: str) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        part = Path(folder) / path.name
        part.write_text(text, encoding="utf-8")
        part.replace(path)
