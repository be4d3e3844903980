"""Files of labelled data as rows of cells, each knowing where it stands.

Nothing here knows a task, but for one thing: what a ``.tsv`` or ``.txt`` of words is (CoNLL).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from edgekit.data import lines, records
from edgekit.data.row import Row
from edgekit.errors import DataError


@dataclass(frozen=True)
class Table:
    """Rows that all have ``columns``; without a header these are ``1``, ``2``, ..."""

    path: Path
    columns: tuple[str, ...]
    header: bool
    rows: tuple[Row, ...]

    def error(self, row: Row, message: str) -> DataError:
        """What is wrong with a row, naming the file and the row."""
        return DataError(f"{self.path}, {row.place}: {message}")


def read(
    path: Path, known: Collection[str], limit: int | None = None, *, words: bool = False
) -> Table:
    """The first ``limit`` rows of a file, all if None.

    Args:
        path: TSV (without quoting), CSV, JSONL, JSON, SQuAD's JSON, CoNLL or Parquet by its suffix.
        known: names of columns; a first row of TSV or CSV that has one of them is a header.
        limit: the most rows that are read.
        words: the rows are words with labels: files of lines are CoNLL.

    Raises:
        DataError: naming the file, the place and the remedy.
        MissingExtraError: Parquet without pyarrow.
    """
    if not path.is_file():
        raise DataError(f"{path} is no file: give labelled data with --data")
    found = tuple(islice(iterate(path, known, words=words), limit))
    if not found:
        raise DataError(f"{path} has no examples: give a file with at least one")
    header = not all(name.isdecimal() for name in found[0].cells)
    columns = tuple(dict.fromkeys(name for row in found for name in row.cells))
    return Table(path, columns, header, found)


def iterate(path: Path, known: Collection[str], *, words: bool = False) -> Iterator[Row]:
    """The rows of a file one by one, as :func:`read` reads them: a large file is never in memory.

    Raises:
        DataError: naming the file, the place and the remedy.
        MissingExtraError: Parquet without pyarrow.
    """
    try:
        rows = _reader(path, words)(path)
        first = next(rows, None)
        names = _header(path, first, known)
        if names is None:
            yield from chain([first] if first else [], rows)
        else:
            yield from (_named(row, names) for row in rows)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def plain(name: str) -> str:
    """A column's name as names are compared: ``Sentence 1`` is ``sentence_1``."""
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def _header(path: Path, first: Row | None, known: Collection[str]) -> dict[str, str] | None:
    """The names of the columns, if the first line of a file is a header; else None.

    Args:
        path: for errors.
        first: the file's first row, with columns called ``1``, ``2``, ...
        known: names that only a header has.

    Returns:
        The names in the header, by those that the columns had.
    """
    if first is None or not all(name.isdecimal() for name in first.cells):
        return None
    cells = {key: value for key, value in first.cells.items() if isinstance(value, str)}
    if not {plain(value) for value in cells.values()} & set(known):
        return None
    names = {key: value.strip() for key, value in cells.items()}
    counts = Counter(names.values())
    twice = [name for name, count in counts.items() if count > 1 and plain(name) in known]
    if twice:
        raise DataError(f"{path} has two columns called '{twice[0]}': rename one of them")
    return names


def _named(row: Row, names: Mapping[str, str]) -> Row:
    """A row with its columns renamed."""
    return Row(row.place, {names[key]: value for key, value in row.cells.items()})


def _reader(path: Path, words: bool) -> Callable[[Path], Iterator[Row]]:
    """The function that reads files of that suffix.

    DataError for a suffix that edgekit does not know.
    """
    suffix = path.suffix.lower()
    if words and suffix not in records.READERS:
        return lines.conll
    if suffix == ".conll":
        raise DataError(f"{path} has words with labels, which only token classification takes")
    readers = {**records.READERS, ".tsv": lines.tsv, ".txt": lines.tsv, ".csv": lines.read_csv}
    if suffix not in readers:
        raise DataError(
            f"{path} has a suffix that edgekit does not know: name it "
            f"{', '.join(readers)}, or .conll for words with labels"
        )
    return readers[suffix]
