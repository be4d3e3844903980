"""Tables of one look for all that prints: on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_MARKDOWN = str.maketrans({each: f"\\{each}" for each in "\\`*_|"} | {"<": "&lt;", ">": "&gt;"})


def console(width: int = 120) -> Console:
    """Standard output as rich prints to it.

    Args:
        width: columns of text where the output is no terminal, which has a width of its own.
    """
    from rich.console import Console

    found = Console(emoji=False, highlight=False)
    return found if found.is_terminal else Console(emoji=False, highlight=False, width=width)


def terminal_table(
    columns: Iterable[str], *, right: Sequence[str] = (), whole: Sequence[str] = ()
) -> Table:
    """An empty table for a terminal.

    Args:
        columns: the headings, which may hold rich's markup.
        right: those of numbers, which stand to the right.
        whole: those whose cells are never broken; others fold, so that no digit is cut off.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column in whole,
            overflow="fold",
        )
    return table


def markdown_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int
) -> Iterator[str]:
    """The lines of a Markdown table.

    Args:
        columns: the headings.
        rows: cells of Markdown: texts that may hold anything want :func:`markdown_text`.
        left: how many columns are words; those after them are numbers and stand to the right.
    """
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * left + "---:|" * (len(columns) - left)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is, in one line. Brackets alone make no link and stay."""
    return " ".join(text.split()).translate(_MARKDOWN).replace("](", "\\](")
