"""Files of which a line is a row: TSV, CSV, and CoNLL, where it is a word."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from edgekit.data.row import Row
from edgekit.errors import DataError
from edgekit.words import count

_LONGEST_CELL = 1 << 30  # of CSV; the library's own limit is shorter than a chapter of a book


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; only a newline ends one."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}, line {number}: byte {error.start + 1} is not UTF-8: convert the file"
                ) from error
            if "\0" in text:
                raise DataError(f"{path}, line {number}: it holds a NUL: is this a text file?")
            yield number, text.removesuffix("\n").removesuffix("\r")


def tsv(path: Path) -> Iterator[Row]:
    """Cells between tabs, without quoting; lines of blanks are passed over."""
    cells = ((number, line.split("\t")) for number, line in lines(path) if line.strip())
    return _same_width(path, cells)


def read_csv(path: Path) -> Iterator[Row]:
    """Cells between commas, quoted where they hold one."""
    ended = (line + "\n" for _, line in lines(path))
    return _same_width(path, _quoted(path, ended))


def _quoted(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line of CSV, with the number of the line at which they begin.

    Raises:
        DataError: the quotes are not right, or the file is one of tabs.
    """
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(lines, strict=True)
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(
                f"{path}, line {first}: {error}: put texts with commas or quotes into quotes"
            ) from error
        if cells is None:
            return
        if first == 1 and len(cells) == 1 and "\t" in cells[0]:
            raise DataError(
                f"{path}, line 1 has tabs and no commas between its cells: call it .tsv"
            )
        if cells:
            yield first, cells


def _same_width(path: Path, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    """Lines as rows whose columns are called ``1``, ``2``, ....

    DataError if one has more or fewer.
    """
    width = None
    for number, cells in rows:
        width = width or len(cells)
        if len(cells) != width:
            raise DataError(
                f"{path}, line {number} has {count(len(cells), 'column')} and the first line "
                f"{width}: give every line as many"
            )
        yield Row(f"line {number}", {str(place): cell for place, cell in enumerate(cells, 1)})


def conll(path: Path) -> Iterator[Row]:
    """Sentences of words as rows: a word a line, its label last.

    An empty line is behind each sentence.

    Raises:
        DataError: a line has a word without a label.
    """
    width, start = None, 0
    words: list[list[str]] = []
    for number, line in chain(lines(path), [(0, "")]):
        cells = re.split(r"[ \t]+", line.strip(" \t"))
        if not line.strip() or cells[0] == "-DOCSTART-":
            if words:
                columns = zip(*words, strict=True)
                yield Row(
                    f"line {start}", {str(i): list(column) for i, column in enumerate(columns, 1)}
                )
            words = []
            continue
        if line.startswith("#") and len(cells) != width:
            continue  # a comment, and not the word #
        width = width or len(cells)
        if len(cells) != width or width == 1:
            raise DataError(
                f"{path}, line {number} has {count(len(cells), 'column')} and should have "
                f"{max(width, 2)}: write a word and its label, and an empty line between sentences"
            )
        start = start if words else number
        words.append(cells)
