"""Texts without labels as a stream: of files, or of a data set that the package datasets fetches.

Nothing is held but the text at hand, so a corpus may be larger than the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edgekit import extras
from edgekit.data import lines, rows
from edgekit.errors import DataError

DATASETS = "datasets:"  # what a name of the package datasets begins with
COLUMNS = ("text", "sentence", "content", "sentence1", "document", "review", "question")
_LONGEST = 100_000  # characters of a piece: a line without an end must not be tokenized at once
_LINES = (".txt", "")


def stream(sources: Sequence[str], column: str | None = None) -> Iterator[str]:
    """The texts of all sources in their order, without empty ones.

    A text of more than 100,000 characters comes in pieces that end at a space where there is one.

    Args:
        sources: files (lines of .txt; rows of .tsv, .csv, .jsonl, .json and .parquet), or
            ``datasets:NAME``, which may go on with ``,CONFIG`` and ``:SPLIT`` (else ``train``).
        column: the column that holds the text; found by its name, or by the longest cell of the
            first row, if None.

    Raises:
        DataError: a source is missing, cannot be read, or has no texts in the column.
        MissingExtraError: Parquet without pyarrow, or a data set without datasets.
    """
    for source in sources:
        for text in _texts(source, column):
            if stripped := text.strip():
                yield from _pieces(stripped)


def check(sources: Sequence[str]) -> None:
    """Checks that each source is a file, or is written like a data set's name; nothing is fetched.

    Raises:
        DataError: one is neither.
    """
    for source in sources:
        if not source.startswith(DATASETS) and not Path(source).is_file():
            raise DataError(f"{source} is no file: give texts with --texts, or datasets:NAME")


def _texts(source: str, column: str | None) -> Iterator[str]:
    """The texts of one source, as they stand there."""
    if source.startswith(DATASETS):
        yield from _cells(source, _dataset(source), column)
    elif Path(source).suffix.lower() in _LINES:
        yield from (text for _, text in lines.lines(Path(source)))
    else:
        known = [column] if column else COLUMNS
        found = rows.iterate(Path(source), known)
        yield from _cells(source, (row.cells for row in found), column)


def _cells(source: str, found: Iterator[Mapping[str, object]], column: str | None) -> Iterator[str]:
    """The texts in one column of rows; a cell without a value is passed over."""
    name = column
    for cells in found:
        name = name or _column(cells)
        value = cells.get(name, 0)
        if value is None:
            continue  # how Parquet and JSON have an empty text
        if not isinstance(value, str):
            raise DataError(
                f"{source} has no text in '{name}', its columns are {', '.join(cells)}: "
                "say --columns text=NAME"
            )
        yield value


def _column(cells: Mapping[str, object]) -> str:
    """The column with the text: by its name, else the one whose cell in this row is the longest."""
    named = {rows.plain(name): name for name in cells}
    known = next((named[name] for name in COLUMNS if name in named), None)
    texts = {name: value for name, value in cells.items() if isinstance(value, str)}
    return known or max(texts or {"text": ""}, key=lambda name: len(texts.get(name, "")))


def _dataset(source: str) -> Iterator[Mapping[str, object]]:
    """The rows of a data set of the hub, streamed by the package datasets."""
    extras.require("distill")
    import datasets

    path, _, split = source.removeprefix(DATASETS).partition(":")
    name, _, config = path.partition(",")
    try:
        yield from datasets.load_dataset(
            name, config or None, split=split or "train", streaming=True
        )
    except Exception as error:  # of a network, a hub or a builder: they share no class
        reason = " ".join(str(error).split())[:200]
        message = f"{source} cannot be read ({reason}): check its name and the network"
        raise DataError(message) from error


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces of at most 100,000 characters, cut at spaces where there are some."""
    while len(text) > _LONGEST:
        end = text.rfind(" ", 1, _LONGEST)
        end = end if end > 0 else _LONGEST
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text
