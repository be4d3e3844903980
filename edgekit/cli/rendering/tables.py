"""How every command prints: tables of one look for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgekit import layout

if TYPE_CHECKING:
    from rich.table import Table

_WHOLE = ("file", "architecture", "task")  # columns that are never cut or broken
_RIGHT = ("size", "estimated size", "runs", "texts", "max abs", "cosine")


def new_table(*columns: str) -> Table:
    """An empty table with these headings; columns of numbers stand to the right."""
    return layout.terminal_table(columns, right=_RIGHT, whole=_WHOLE)


def print_table(table: Table) -> None:
    """Prints a table to standard output."""
    layout.console().print(table)


def print_json(value: object) -> None:
    """Prints typed objects or plain data to standard output as indented JSON.

    A number that is not finite, like the error of a file that gives NaN, is null.
    """
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    click.echo(text.decode())
