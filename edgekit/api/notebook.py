"""A report as a notebook shows it: the answer in a sentence, and the tables it rests on."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

from edgekit import reporting
from edgekit.layout import TextTable, html_table
from edgekit.reporting import captions, headline, quality_tables, tables
from edgekit.reporting.numbers import Report
from edgekit.words import count


class ReportView(Report):
    """A report that is written with :meth:`save`, and that a notebook shows."""

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """A report with all that ``report`` holds, as a view of it."""
        return cls(**vars(report))

    @property
    def failed(self) -> bool:
        """Whether a file could not be measured, or gives other answers than PyTorch."""
        return any(row.failure for row in self.measurements)

    def save(self, out: str | Path) -> Path:
        """Writes report.html, report.md, report.json and results.csv.

        Args:
            out: the folder, which is made.

        Returns:
            The page.

        Raises:
            EdgekitError: it cannot be written, or the charts' library is not installed.
        """
        return reporting.write(self, Path(out))

    def __repr__(self) -> str:
        measured = count(len(self.measurements), "measurement")
        return f"<report {self.title!r}: {measured}, {count(len(self.evaluations), 'evaluation')}>"

    def _repr_html_(self) -> str:
        return "".join(_parts(self))


def _parts(report: Report) -> Iterator[str]:
    """The view's HTML, piece by piece: answers, quality, and a table for each setting."""
    for answer in headline.answers(report):
        yield f"<p><strong>{html.escape(answer.sentence)}</strong></p>"
    for part in report.quality:
        yield from _titled(part.title, quality_tables.files(part))
    for setting in report.settings:
        title = f"{captions.machine(setting)}, {count(setting.main.conditions.length, 'token')}"
        yield from _titled(title, tables.group(setting.main))


def _titled(title: str, table: TextTable) -> Iterator[str]:
    """The HTML of a table below its title."""
    yield f"<p>{html.escape(title)}</p>"
    yield html_table(table.columns, table.rows)
