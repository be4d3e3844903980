"""JSON and TOML files as frozen, typed objects: one reader, one writer and one source of schemas.

msgspec does the work. It checks types strictly while it decodes, passes over fields it does not
know (so that a minor version of a format may add some), makes JSON Schemas of the same types, and
is imported in a few milliseconds. Types are msgspec structs or dataclasses: it treats both alike.
"""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import TypeVar

import msgspec

from edgekit.errors import EdgekitError, OutputError

T = TypeVar("T")


def read_json(path: Path, kind: type[T], error: type[EdgekitError], remedy: str) -> T:
    """Reads one JSON file into a typed object.

    Args:
        path: a regular file of UTF-8 JSON.
        kind: what it has to hold; fields that the type does not know are passed over.
        error: which error is raised.
        remedy: what the user can do about a file that is not right; ends the error's line.

    Raises:
        EdgekitError: of the class ``error``; its line names the file, the field and the remedy.
    """
    return decode_json(read_bytes(path, error), kind, str(path), error, remedy)


def decode_json(
    data: bytes | str, kind: type[T], origin: str, error: type[EdgekitError], remedy: str
) -> T:
    """The same of JSON at hand; ``origin`` is what the error's line calls it."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as cause:
        raise error(f"{origin} is not valid{_said(cause)}: {remedy}") from cause
    except RecursionError as cause:
        raise error(f"{origin} is nested too deeply to be read: {remedy}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise error(f"{origin} is not readable JSON ({cause}): {remedy}") from cause


def read_bytes(path: Path, error: type[EdgekitError]) -> bytes:
    """The content of a regular file: a pipe or a device, which might never end, is refused.

    Raises:
        EdgekitError: of the class ``error``, where there is no such file or it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise error(f"{path} is not a regular file: give one")
        return path.read_bytes()
    except (OSError, ValueError) as cause:  # ValueError: NUL in the name
        reason = getattr(cause, "strerror", None) or str(cause)
        raise error(f"{path} cannot be read: {reason}") from cause


def dump_json(value: object, origin: str, indent: int | None = None) -> str:
    """The JSON of structs, dataclasses and plain values, which may not hold NaN or infinity.

    Args:
        value: what is written.
        origin: what an error calls it, such as the file's name.
        indent: spaces a level; None writes one line.

    Raises:
        OutputError: a number is not finite, which JSON cannot say; the line names its place.
    """
    plain = msgspec.to_builtins(value, enc_hook=_encoded)
    for place, number in _floats(plain, "$"):
        if not math.isfinite(number):
            raise OutputError(f"{origin} would hold {number} at {place}, which JSON cannot say")
    return json.dumps(plain, indent=indent, ensure_ascii=False, allow_nan=False)


def dump_rows(value: object, rows: str, origin: str) -> str:
    """The same for a large file that people read: its list ``rows`` has one line an item."""
    plain = json.loads(dump_json(value, origin))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in plain.pop(rows))
    start = json.dumps(plain, ensure_ascii=False)[:-1]
    return f'{start}{", " if plain else ""}"{rows}": [\n{lines}\n]}}\n'


def json_schema(kind: type[object], title: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of a type, its docstrings and field descriptions included."""
    schema = msgspec.json.schema(kind, schema_hook=_path_schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


def rounded(value: float, digits: int = 6) -> float:
    """A measured number with so many significant digits; NaN and infinity stay what they are."""
    return float(f"{value:.{digits}g}")


def _floats(value: object, place: str) -> Iterator[tuple[str, float]]:
    """Every float inside plain JSON values, with its JSON path."""
    if isinstance(value, float):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _floats(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _floats(item, f"{place}[{index}]")


def _said(error: msgspec.ValidationError) -> str:
    """What msgspec found and where, as `` at $.size (expected int, got str)``."""
    what, _, place = str(error).replace("`", "").partition(" - at ")
    return f"{f' at {place}' if place else ''} ({what[:1].lower()}{what[1:]})"


def _encoded(value: object) -> str:
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not a type of JSON files")


def _path_schema(kind: type[object]) -> dict[str, object]:
    if issubclass(kind, PurePath):
        return {"type": "string"}
    raise NotImplementedError(f"{kind.__name__} is not a type of JSON files")
