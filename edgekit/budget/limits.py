"""A budget file, read and refused where it makes no sense."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from edgekit.benchmarks import spec
from edgekit.budget.quantities import DATA, TABLE, Quantity
from edgekit.errors import PlanError

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_SHARE = re.compile(r"([+-]\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class Setting:
    """Where it is measured: ``length`` counts the text's tokens, special ones included."""

    device: str = "host"
    threads: int = 1
    length: int = 128

    def __str__(self) -> str:
        threads = f"{self.threads} thread{'s' * (self.threads != 1)}"
        return f"{self.device}, {threads}, {self.length} tokens"


@dataclass(frozen=True)
class Data:
    """Labelled data, with what ``edgekit eval`` takes besides; mappings as sorted pairs."""

    file: Path
    limit: int | None = None
    task: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Limit:
    """The most, or least, that a quantity may be: ``bound``, or ``share`` times the baseline's.

    Both None is ``parity = true``: what the recipe's own tolerance allows.
    """

    quantity: Quantity
    bound: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Budget:
    """One ``[[budget]]``: limits for every file whose name fits one of the patterns ``files``."""

    files: tuple[str, ...]
    setting: Setting
    data: Data | None
    limits: tuple[Limit, ...]


def read(path: Path) -> tuple[Budget, ...]:
    """The budgets of a TOML file; paths in it are relative to its folder.

    Raises:
        PlanError: it cannot be read, or something in it is unknown, negative or of another unit.
    """
    data = spec.toml(path)
    unknown = sorted(set(data) - {"budget"})
    if unknown:
        raise PlanError(f"{path}: unknown key '{unknown[0]}': limits stand below [[budget]]")
    rows = data.get("budget")
    if not isinstance(rows, list) or not rows:
        raise PlanError(f"{path} has no [[budget]]: add at least one")
    return tuple(
        _budget(row, path.parent, f"{path}, [[budget]] {number}")
        for number, row in enumerate(rows, 1)
    )


def _budget(row: Any, folder: Path, origin: str) -> Budget:
    _table(row, ("files", "device", "threads", "length", "data", *TABLE), origin)
    limits = tuple(_limit(TABLE[key], row[key], origin) for key in TABLE if key in row)
    if not limits:
        raise PlanError(f"{origin} limits nothing: add one of {', '.join(TABLE)}")
    asking = [limit.quantity.key for limit in limits if limit.quantity.needs == DATA]
    if asking and "data" not in row:
        raise PlanError(f'{origin}: {asking[0]} needs labelled data: data = "FILE"')
    if "data" in row and not asking:
        wanted = ", ".join(key for key in TABLE if TABLE[key].needs == DATA)
        raise PlanError(f"{origin}: nothing asks for the data: add one of {wanted}")
    data = _data(row["data"], folder, origin) if asking else None
    return Budget(_files(row.get("files", "*"), origin), _setting(row, origin), data, limits)


def _table(row: Any, known: tuple[str, ...], origin: str) -> None:
    if not isinstance(row, dict):
        raise PlanError(f"{origin} is no table")
    unknown = [key for key in row if key not in known]
    if unknown:
        near = get_close_matches(unknown[0], known, 1)
        remedy = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
        raise PlanError(f"{origin}: unknown key '{unknown[0]}': {remedy}")


def _files(value: Any, origin: str) -> tuple[str, ...]:
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not patterns or not all(map(_is_text, patterns)):
        raise PlanError(f'{origin}: files has to be a name or a list of them, like "*-int8.*"')
    return tuple(patterns)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _setting(row: Mapping[str, Any], origin: str) -> Setting:
    found = Setting(**{key: row[key] for key in ("device", "threads", "length") if key in row})
    if not _is_text(found.device):
        raise PlanError(f'{origin}: device has to be one of edgekit devices, like "host"')
    for key in ("threads", "length"):
        _check_count(getattr(found, key), f"{origin}: {key}")
    return found


def _check_count(value: Any, origin: str) -> None:
    if type(value) is not int or value < 1:  # true is an int, too
        raise PlanError(f"{origin} has to be a whole number from 1, not {value!r}")


def _data(value: Any, folder: Path, origin: str) -> Data:
    """A file's name, or a table of it and what ``edgekit eval`` has options for."""
    origin = f"{origin}, data"
    row: dict[str, Any] = {"file": value} if isinstance(value, str) else value
    _table(row, ("file", "limit", "task", "columns", "labels"), origin)
    if not _is_text(row.get("file")) or not _is_text(row.get("task", "any")):
        raise PlanError(f'{origin} has to name a file, like "dev.tsv" or {{ file = "dev.tsv" }}')
    if not (folder / row["file"]).is_file():
        raise PlanError(f"{origin}: {folder / row['file']} is no file")
    if "limit" in row:
        _check_count(row["limit"], f"{origin}: limit")
    columns, labels = (_names(row, key, origin) for key in ("columns", "labels"))
    return Data(folder / row["file"], row.get("limit"), row.get("task"), columns, labels)


def _names(row: Mapping[str, Any], key: str, origin: str) -> tuple[tuple[str, str], ...]:
    value = row.get(key, {})
    if not isinstance(value, dict) or not all(map(_is_text, value.values())):
        raise PlanError(f'{origin}: {key} has to be a table of names, like {{ a = "b" }}')
    return tuple(sorted(value.items()))


def _limit(quantity: Quantity, value: Any, origin: str) -> Limit:
    try:
        return next(_readings(quantity, value))
    except StopIteration:
        true = ", or true" if quantity.key == "parity" else ""
        example = f'"{quantity.example}"' if quantity.units else quantity.example
        share = ', or like "+5%" of a baseline' if quantity.relative else ""
        raise PlanError(
            f"{origin}: {quantity.key} cannot be {_shown(value)}: write it like {example}{true}"
            f"{share}"
        ) from None


def _readings(quantity: Quantity, value: Any) -> Iterator[Limit]:
    """The limit that a value stands for; nothing if it stands for none."""
    if quantity.key == "parity" and value is True:
        yield Limit(quantity)
    if not isinstance(value, str):
        plain = not quantity.units and type(value) in (int, float) and math.isfinite(value)
        if plain and quantity.allows(value):
            yield Limit(quantity, bound=float(value))
        return
    number, share = _NUMBER.fullmatch(value.strip()), _SHARE.fullmatch(value.strip())
    if number and quantity.allows(float(number[1])) and number[2] in quantity.units:
        yield Limit(quantity, bound=float(number[1]) * quantity.units[number[2]])
    if share and quantity.relative and float(share[1]) > -100:
        yield Limit(quantity, share=1 + float(share[1]) / 100)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
