"""Files of labelled data as rows of cells, each knowing where it stands.

Nothing here knows a task, but for one thing: what a ``.tsv`` or ``.txt`` of words is (CoNLL).
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from edgekit import extras
from edgekit.errors import DataError
from edgekit.words import count

_BATCH = 1024  # rows of Parquet that are decoded at a time
_LONGEST_CELL = 1 << 30  # of CSV; the library's own limit is shorter than a chapter of a book


@dataclass(frozen=True)
class Row:
    """One example's cells by column; ``place`` says where it stands, like ``line 7``."""

    place: str
    cells: Mapping[str, Any]


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
    return Row(row.place, {names[key]: value for key, value in row.cells.items()})


def _reader(path: Path, words: bool) -> Callable[[Path], Iterator[Row]]:
    suffix = path.suffix.lower()
    if words and suffix not in _RECORDS:
        return _conll
    if suffix == ".conll":
        raise DataError(f"{path} has words with labels, which only token classification takes")
    readers = {**_RECORDS, ".tsv": _tsv, ".txt": _tsv, ".csv": _csv}
    if suffix not in readers:
        raise DataError(
            f"{path} has a suffix that edgekit does not know: name it "
            f"{', '.join(readers)}, or .conll for words with labels"
        )
    return readers[suffix]


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


def _tsv(path: Path) -> Iterator[Row]:
    cells = ((number, line.split("\t")) for number, line in lines(path) if line.strip())
    return _same_width(path, cells)


def _csv(path: Path) -> Iterator[Row]:
    ended = (line + "\n" for _, line in lines(path))
    return _same_width(path, _quoted(path, ended))


def _quoted(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
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
    width = None
    for number, cells in rows:
        width = width or len(cells)
        if len(cells) != width:
            raise DataError(
                f"{path}, line {number} has {count(len(cells), 'column')} and the first line "
                f"{width}: give every line as many"
            )
        yield Row(f"line {number}", {str(place): cell for place, cell in enumerate(cells, 1)})


def _jsonl(path: Path) -> Iterator[Row]:
    for number, line in lines(path):
        if line.strip():
            yield _object(path, f"line {number}", _parsed(path, line, number))


def _parsed(path: Path, text: str, line: int | None = None) -> Any:
    """What a JSON text says.

    Args:
        path: the file it is from, for errors.
        text: one JSON value.
        line: the line's number, from 1, where the text is one line of JSONL; None for a whole file.

    Raises:
        DataError: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        where = f"line {line or getattr(error, 'lineno', 1)}"
        remedy = (
            "write one object a line, or call a list of them .json"
            if line
            else "write valid JSON, or call one object a line .jsonl"
        )
        raise DataError(f"{path}, {where} is not JSON ({error}): {remedy}") from error
    except RecursionError as error:
        raise DataError(f"{path} is nested too deeply: write examples as flat objects") from error


def _object(path: Path, place: str, value: Any) -> Row:
    if not isinstance(value, dict) or not value:
        raise DataError(f'{path}, {place} is no JSON object: write it as {{"text": ...}}')
    return Row(place, value)


def _json(path: Path) -> Iterator[Row]:
    """SQuAD's nesting, or a list of objects, which may stand under ``data``."""
    whole = _parsed(path, "\n".join(line for _, line in lines(path)))
    items = whole.get("data") if isinstance(whole, dict) else whole
    if not isinstance(items, list):
        raise DataError(f"{path} is neither SQuAD's JSON nor a list of objects: give it one")
    for number, item in enumerate(items):
        place = f"data[{number}]"
        if isinstance(item, dict) and "paragraphs" in item:
            yield from _squad(path, item, place)
        else:
            yield _object(path, place, item)


def _squad(path: Path, article: Mapping[str, Any], place: str) -> Iterator[Row]:
    def get(value: Any, key: str, kind: type, where: str) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get(key), kind):
            what = "a list" if kind is list else "a text"
            raise DataError(f"{path}, {where}: '{key}' has to be {what}, as SQuAD has it")
        return value[key]

    for i, paragraph in enumerate(get(article, "paragraphs", list, place)):
        where = f"{place}.paragraphs[{i}]"
        context = get(paragraph, "context", str, where)
        for j, asked in enumerate(get(paragraph, "qas", list, where)):
            here = f"{where}.qas[{j}]"
            cells = {
                "question": get(asked, "question", str, here),
                "context": context,
                "answers": [
                    get(each, "text", str, here) for each in get(asked, "answers", list, here)
                ],
            }
            extra = {key: asked[key] for key in ("id", "is_impossible") if key in asked}
            starts = [each.get("answer_start") for each in asked["answers"]]
            extra |= {"answer_starts": starts} if None not in starts else {}
            yield Row(here, cells | extra)


def _conll(path: Path) -> Iterator[Row]:
    """Sentences of words: a word a line, its label last, an empty line behind each sentence."""
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


def _parquet(path: Path) -> Iterator[Row]:
    extras.require("eval")
    from pyarrow import ArrowException, parquet

    try:
        number = 0
        for batch in parquet.ParquetFile(path).iter_batches(_BATCH):
            for cells in batch.to_pylist():
                number += 1
                yield Row(f"row {number}", cells)
    except ArrowException as error:
        raise DataError(f"{path} is no readable Parquet file: {error}") from error


_RECORDS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".parquet": _parquet,
}
