"""Parsed TOML against type hints: every key is known and every value of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from edgekit.errors import PlanError

_WORDS: Mapping[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Path: "a path",
    dict: "a table",
}


def checked(data: Any, hints: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The table with lists as tuples and paths as such; ``origin`` is named in errors.

    Raises:
        PlanError: it is no table, or a key is unknown or of the wrong kind.
    """
    if not isinstance(data, dict):
        raise PlanError(f"{origin} has to be a table, not {data!r}")
    for key, value in data.items():
        if key not in hints:
            raise PlanError(f"{origin}: unknown key '{key}': choose from {', '.join(hints)}")
        if not _fits(value, hints[key]):
            raise PlanError(f"{origin}: {key} has to be {_said(hints[key])}, not {value!r}")
    return {key: _converted(value, hints[key]) for key, value in data.items()}


def _fits(value: Any, hint: Any) -> bool:
    kind, part = _kind(hint)
    if kind is list:
        return isinstance(value, list) and all(_fits(each, part) for each in value)
    if kind is dict:
        return isinstance(value, dict) and all(_fits(each, part) for each in value.values())
    allowed = {Path: (str,), float: (int, float)}.get(kind, (kind,))
    return part is Any or type(value) in allowed  # true is a whole number only to Python


def _converted(value: Any, hint: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return Path(value) if _kind(hint)[0] is Path else value


def _kind(hint: Any) -> tuple[Any, Any]:
    """What TOML has to give, None left aside, and what parts of a list or a table have to be."""
    parts = get_args(hint)
    if NoneType in parts:
        return _kind(parts[0])
    if get_origin(hint) in (tuple, Sequence):
        return list, parts[0]
    return (dict, parts[1]) if get_origin(hint) is Mapping else (hint, hint)


def _said(hint: Any) -> str:
    kind, part = _kind(hint)
    if kind is list:
        return f"a list, each part {_said(part)}"
    of_all = "" if kind is not dict or part is Any else f", each value {_said(part)}"
    return f"{_WORDS[kind]}{of_all}"
