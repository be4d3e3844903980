"""What the functions return, as a notebook shows it: a short text, and a table."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TypeVar

from edgekit import reporting
from edgekit.layout import html_table
from edgekit.reporting import headline, quality_tables, tables, wording
from edgekit.reporting.numbers import Report
from edgekit.reporting.tables import TextTable
from edgekit.words import count

T = TypeVar("T")


class Rows(tuple[T, ...]):
    """A tuple of results, which a notebook shows as a table with a column for each field."""

    __slots__ = ()

    def __repr__(self) -> str:
        kind = type(self[0]).__name__ if self else "nothing"
        return f"<{count(len(self), 'row')} of {kind}>"

    def _repr_html_(self) -> str:
        names = [each.name for each in fields(self[0])] if self and is_dataclass(self[0]) else []
        return html_table(names, ([_cell(getattr(row, name)) for name in names] for row in self))


class ReportView(Report):
    """A report that is written with :meth:`save`, and that a notebook shows."""

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """The same report."""
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
    for answer in headline.answers(report):
        yield f"<p><strong>{html.escape(answer.sentence)}</strong></p>"
    for part in report.quality:
        yield from _titled(part.title, quality_tables.files(part))
    for setting in report.settings:
        title = f"{wording.machine(setting)}, {count(setting.main.conditions.length, 'token')}"
        yield from _titled(title, tables.group(setting.main))


def _titled(title: str, table: TextTable) -> Iterator[str]:
    yield f"<p>{html.escape(title)}</p>"
    yield html_table(table.columns, table.rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
