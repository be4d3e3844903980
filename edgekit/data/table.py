"""A file's rows by what their columns are for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from edgekit.data.columns import Columns
from edgekit.data.row import Row
from edgekit.data.rows import Table


@dataclass(frozen=True)
class Data:
    """A file that was read, with the column of each role."""

    table: Table
    columns: Columns

    def cell(self, row: Row, role: str) -> Any:
        """A row's cell in the column of a role; None where the role has no column.

        Raises:
            DataError: the row has nothing in that column.
        """
        name = self.columns.names.get(role)
        if name is None:
            return None
        if row.cells.get(name) is None:
            raise self.table.error(row, f"it has no '{name}': give it a {role} or remove it")
        return row.cells[name]

    def text(self, row: Row, role: str) -> str:
        """A row's cell in the column of a role, which has to be a text.

        Raises:
            DataError: it is none.
        """
        value = self.cell(row, role)
        if not isinstance(value, str):
            raise self.table.error(row, f"its {role} is no text: write it as one")
        return value

    def number(self, row: Row, role: str) -> float:
        """A row's cell in the column of a role, which has to be a finite number.

        Raises:
            DataError: it is none.
        """
        value = self.cell(row, role)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise self.table.error(row, f"its {role} '{value}' is no number: correct it")
        return number
