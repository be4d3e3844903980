"""How every command prints: tables of one look for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WHOLE = ("file", "architecture", "task")  # columns that are never cut or broken
_RIGHT = ("size", "estimated size", "runs", "texts", "max abs", "cosine")


def new_table(*columns: str) -> Table:
    """An empty table with these headings; columns of numbers stand to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in _RIGHT else "left",
            no_wrap=column in _WHOLE,
            overflow="fold",  # a number without its last digits would be another number
        )
    return table


def console() -> Console:
    """Standard output; what is no terminal is 120 characters wide."""
    from rich.console import Console

    found = Console(emoji=False, highlight=False)
    return found if found.is_terminal else Console(emoji=False, highlight=False, width=120)


def print_table(table: Table) -> None:
    """Prints a table to standard output."""
    console().print(table)


def print_json(value: object) -> None:
    """Prints a value to standard output as indented JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
