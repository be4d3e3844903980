"""What functions return several of, as a notebook shows it: a table."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TypeVar

from edgekit.layout import html_table
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


def _cell(value: object) -> str:
    """A field's value as a cell shows it."""
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
