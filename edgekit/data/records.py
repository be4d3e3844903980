"""Files of objects with named fields: JSONL, JSON, SQuAD's JSON and Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from edgekit import extras
from edgekit.data.lines import lines
from edgekit.data.row import Row
from edgekit.errors import DataError

K = TypeVar("K")
_BATCH = 1024  # rows of Parquet that are decoded at a time


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


def _object(path: Path, place: str, value: object) -> Row:
    if not isinstance(value, dict) or not value:
        raise DataError(f'{path}, {place} is no JSON object: write it as {{"text": ...}}')
    return Row(place, value)


def _json(path: Path) -> Iterator[Row]:
    """The rows of a JSON file: SQuAD's nesting, or a list of objects, maybe under ``data``."""
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
    """The questions of one article of SQuAD's JSON, as rows with its context, question and answers.

    Args:
        path: the file, for errors.
        article: with its paragraphs.
        place: where it stands in the file.

    Raises:
        DataError: a field is missing, or of another type than SQuAD's.
    """

    def get(value: object, key: str, kind: type[K], where: str) -> K:
        """``value[key]``, or DataError if it is not there or of another kind."""
        if not isinstance(value, dict) or not isinstance(value.get(key), kind):
            what = "a list" if kind is list else "a text"
            raise DataError(f"{path}, {where}: '{key}' has to be {what}, as SQuAD has it")
        found: K = value[key]
        return found

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


def _parquet(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file, of which a batch at a time is in memory."""
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


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".parquet": _parquet,
}
