"""Tables of one look for all that prints: on a terminal, as Markdown, and in a notebook."""

from __future__ import annotations

import html
import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_GAP = 2  # columns of text between two of a table
_TITLE = 10  # columns of text for what a list is
_NARROWEST = 16  # of a column of words that goes on in the next line
_MARKDOWN = str.maketrans({each: f"\\{each}" for each in "\\`*_|"} | {"<": "&lt;", ">": "&gt;"})


def console(width: int = 120) -> Console:
    """Standard output as rich prints to it.

    Args:
        width: columns of text where the output is no terminal, which has a width of its own, and
            the variable ``COLUMNS`` says none.
    """
    from rich.console import Console

    found = Console(emoji=False, highlight=False)
    if found.is_terminal:
        return found
    told = os.environ.get("COLUMNS", "")
    return Console(emoji=False, highlight=False, width=int(told) if told.isdigit() else width)


@dataclass(frozen=True)
class TextTable:
    """A table of words and numbers, for whatever prints it.

    The first ``left`` columns are words, the others numbers.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int


@dataclass(frozen=True)
class Column:
    """A column of a table on a terminal.

    Attributes:
        title: the heading.
        right: whether its cells, numbers, stand to the right.
        wraps: whether its cells are words that may go on in the next line; others are never broken.
        leave: 0 for a column that is always shown; where there is no room for all, that of the
            largest number is left out first.
    """

    title: str
    right: bool = False
    wraps: bool = False
    leave: int = 0


def print_words(text: str, title: str = "") -> None:
    """Prints a sentence or a list, which goes on in the next line between words, not at an edge.

    Args:
        text: what is printed, without markup; nothing is printed of an empty one.
        title: what the text is; it stands before it, and further lines are indented as wide.
    """
    indent = f"{title:<{_TITLE}} " if title else ""
    folded = textwrap.TextWrapper(
        console().width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
    if text:
        print(folded.fill(text))


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int = 120) -> None:
    """Prints a table, by one rule for every command: no cell is cut off and no number is broken.

    Columns without any content are left out. Where the others do not fit, those that may be left
    out go one after the other, which a line below says; if that is not enough, each row becomes a
    block of lines with all its cells.

    Args:
        columns: what the table has.
        rows: a cell for each column, which may hold rich's markup.
        width: as of :func:`console`.
    """
    to = console(width)
    every = [place for place, _ in enumerate(columns) if any(row[place] for row in rows)]
    shown = _fitting(columns, rows, every, to.width)
    if shown is None:
        for row in rows:
            to.print(
                _block(
                    [columns[place] for place in every], [row[place] for place in every], to.width
                )
            )
        return
    to.print(_table(columns, rows, shown))
    left = [columns[place].title for place in every if place not in shown]
    if left:
        to.print(f"[dim]not shown in {to.width} columns: {', '.join(left)}[/dim]", soft_wrap=True)


def _fitting(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], every: Sequence[int], width: int
) -> list[int] | None:
    """Chooses the columns of a table that a line has room for.

    Args:
        columns: all columns of the table.
        rows: its cells.
        every: the places, in ``columns``, of those that are not empty.
        width: of the line, in characters.

    Returns:
        Places of columns; None where not even those that are always shown fit.
    """
    shown = list(every)
    least = {place: _least(columns[place], [row[place] for row in rows]) for place in shown}
    while sum(least[place] + _GAP for place in shown) - _GAP > width:
        going = max(shown, key=lambda place: columns[place].leave)
        if not columns[going].leave:
            return None
        shown.remove(going)
    return shown


def _least(column: Column, cells: Iterable[str]) -> int:
    """The fewest characters of width that a column can be printed in."""
    from rich.text import Text

    texts = [Text(column.title), *map(Text.from_markup, cells)]
    longest = max(line.cell_len for text in texts for line in text.split("\n", allow_blank=True))
    return min(longest, _NARROWEST) if column.wraps else longest


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]], shown: Sequence[int]) -> Table:
    """rich's table of the columns at the places ``shown``."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in (columns[place] for place in shown):
        table.add_column(
            escape(column.title),
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(row[place] for place in shown))
    return table


def _block(columns: Sequence[Column], row: Sequence[str], width: int) -> Text:
    """A row as a block of lines: its first cell as a heading, the others below with titles."""
    from rich.text import Text

    first, *others = (" ".join(cell.split("\n")) for cell in row)
    lines = [Text.from_markup(first, style="bold"), Text()]
    for column, cell in zip(columns[1:], others, strict=True):
        if not cell:
            continue
        pair = Text.from_markup(f"[dim]{' '.join(column.title.split())}[/dim] {cell}".lstrip())
        if lines[-1] and lines[-1].cell_len + _GAP + pair.cell_len > width:
            lines.append(Text())
        lines[-1] += Text(" " * _GAP) + pair
    return Text("\n").join(lines)


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


def html_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table of plain texts: markup in them is shown as it is written."""
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
