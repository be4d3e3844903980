"""JSON and TOML files as frozen, typed objects: one reader, one writer and one source of schemas.

msgspec does the work. It checks types strictly while it decodes, passes over fields it does not
know (so that a minor version of a format may add some), makes JSON Schemas of the same types, and
is imported in a few milliseconds. Types are msgspec structs or dataclasses: it treats both alike.
"""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Annotated, TypeVar

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
    """Makes a typed object of JSON that is in memory already.

    Args:
        data: the document, as bytes of UTF-8 or as text.
        kind: what it has to hold; fields that the type does not know are passed over.
        origin: what the error's line calls the document, such as a file's path.
        error: which error is raised.
        remedy: what the user can do about it; ends the error's line.

    Raises:
        EdgekitError: of the class ``error``: not JSON, or not of the type.
    """
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_decoded)
    except msgspec.ValidationError as cause:
        raise error(f"{origin}: {_said(cause)}: {remedy}") from cause
    except RecursionError as cause:
        raise error(f"{origin} is nested too deeply to be read: {remedy}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise error(f"{origin} is not readable JSON ({cause}): {remedy}") from cause


def check_major(data: bytes | str, current: str, origin: str, error: type[EdgekitError]) -> None:
    """Checks the ``schema_version`` of a JSON document before anything else of it is read.

    Args:
        data: the document.
        current: the version that this edgekit writes, ``major.minor``.
        origin: what the error's line calls it.
        error: which error is raised.

    Raises:
        EdgekitError: of the class ``error``: no JSON object, no version, or another major one.
    """
    remedy = "install a matching edgekit or make it again"
    found = decode_json(data, _Versioned, origin, error, remedy).schema_version
    major = current.partition(".")[0]
    if found.partition(".")[0] != major:
        raise error(
            f"{origin} has schema version {found}, and this edgekit reads {major}.x: {remedy}"
        )


class _Versioned(msgspec.Struct):
    """The one field that every document has, whatever its major version: read before all others."""

    schema_version: Annotated[str, msgspec.Meta(max_length=20)] = "none"


def read_toml(path: Path, kind: type[T], error: type[EdgekitError]) -> T:
    """Reads a TOML file that a user wrote into a typed object.

    Args:
        path: a regular file of UTF-8 TOML.
        kind: what it has to hold: structs with ``forbid_unknown_fields``, so that a key that is
            misspelt is refused.
        error: which error is raised.

    Raises:
        EdgekitError: of the class ``error``; its line names the file, the key and the remedy.
    """
    return decode_toml(read_bytes(path, error), kind, str(path), error)


def decode_toml(data: bytes, kind: type[T], origin: str, error: type[EdgekitError]) -> T:
    """Makes a typed object of TOML that is in memory already.

    Args:
        data: UTF-8 TOML.
        kind: as of :func:`read_toml`.
        origin: what the error's line calls the document, such as a file's path.
        error: which error is raised.

    Raises:
        EdgekitError: of the class ``error``: not TOML, or not of the type.
    """
    try:
        plain = msgspec.toml.decode(data)
    except UnicodeDecodeError as cause:
        raise error(f"{origin} is not TOML: byte {cause.start + 1} is not UTF-8") from cause
    except RecursionError as cause:
        raise error(f"{origin} is nested too deeply to be read") from cause
    except ValueError as cause:  # also a whole number of too many digits
        raise error(f"{origin} is not TOML: {cause}") from cause
    return convert(plain, kind, origin, error)


def convert(plain: object, kind: type[T], origin: str, error: type[EdgekitError]) -> T:
    """Makes a typed object of parsed TOML, or of a part of it.

    Args:
        plain: dictionaries, lists, texts and numbers; texts become paths where the type has one.
        kind: what it has to be.
        origin: what the error's line calls it.
        error: which error is raised.

    Raises:
        EdgekitError: of the class ``error``, as :func:`read_toml`.
    """
    try:
        return msgspec.convert(plain, kind, dec_hook=_decoded)
    except msgspec.ValidationError as cause:
        raise error(f"{origin}: {_said(cause)}{_near(cause, kind)}") from cause


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
    """The JSON of a large file that people read: one line for each item of its longest list.

    Args:
        value: what is written; a struct or dataclass.
        rows: the name of the list.
        origin: what an error calls the file.

    Raises:
        OutputError: a number is not finite.
    """
    plain = json.loads(dump_json(value, origin))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in plain.pop(rows))
    start = json.dumps(plain, ensure_ascii=False)[:-1]
    return f'{start}{", " if plain else ""}"{rows}": [\n{lines}\n]}}\n'


def json_schema(kind: type[object], title: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of a type, its docstrings and field descriptions included."""
    schema = msgspec.json.schema(kind, schema_hook=_schema)
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


_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
    "path": "a path",
}
_TOML: Mapping[type, str] = {dict: "object", list: "array"}


def _said(error: msgspec.ValidationError) -> str:
    """The message about what msgspec found, and where.

    It is like ``limits.seconds has to be a number, not a text``.
    """
    what, _, place = str(error).partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".") or "the content"
    if unknown := _UNKNOWN.search(what):
        return f"unknown key '{unknown[1]}'" + (f" in {where}" if where != "the content" else "")
    what = re.sub(r"`([^`]*)`", lambda found: _kinds(found[1]), what)
    if what.startswith("Expected "):
        return f"{where} has to be {what.removeprefix('Expected ').replace(', got ', ', not ')}"
    return f"{where}: {what[:1].lower()}{what[1:]}"


_UNKNOWN = re.compile("unknown field `(.*?)`")


def _kinds(names: str) -> str:
    """A type as msgspec writes it, like ``int | null``, in words: ``a whole number``.

    Null is left out beside other types. What is no type, such as the name of a field, is unchanged.
    """
    kinds = names.split(" | ")
    return " or ".join(_WORDS.get(kind, kind) for kind in kinds if kind != "null" or len(kinds) < 2)


def _encoded(value: object) -> str:
    """msgspec's ``enc_hook``: how values of types that it does not know are written."""
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not a type of JSON files")


def _near(error: msgspec.ValidationError, kind: type[object]) -> str:
    """The end of an error's line about an unknown key, from ": "; empty for other errors.

    It names the known key that is spelt most alike, or else all keys where the object is the whole
    document.
    """
    unknown = _UNKNOWN.search(str(error))
    if unknown is None:
        return ""
    _, parts = msgspec.json.schema_components([kind], schema_hook=_schema)
    known = {key for part in parts.values() for key in part.get("properties", ())}
    if near := get_close_matches(unknown[1], known, 1):
        return f": did you mean {near[0]}?"
    if " - at " in str(error):
        return ": leave it out"
    own = msgspec.structs.fields(kind)  # type: ignore[arg-type]  # only structs refuse a key
    return f": choose from {', '.join(field.encode_name for field in own)}"


def _decoded(kind: type[object], value: object) -> object:
    """msgspec's ``dec_hook``: makes a Path of a text.

    Where ``object`` is asked for it lets any value pass.
    """
    if kind is object:
        return value
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"Expected `path`, got `{_TOML.get(type(value), type(value).__name__)}`")


def _schema(kind: type[object]) -> dict[str, object]:
    """msgspec's ``schema_hook``: the JSON Schema of types that it does not know."""
    if kind is object:
        return {"description": "any value"}
    if issubclass(kind, PurePath):
        return {"type": "string"}
    raise NotImplementedError(f"{kind.__name__} is not a type of JSON files")
