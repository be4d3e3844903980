"""A budget file, read and refused where it makes no sense."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.benchmarks import spec
from edgekit.budget.quantities import TABLE, Quantity
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
class Limit:
    """The most that a quantity may be: ``bound``, or ``share`` times what a stored report has.

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
    limits: tuple[Limit, ...]


def read(path: Path) -> tuple[Budget, ...]:
    """The budgets of a TOML file.

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
    return tuple(_budget(row, f"{path}, [[budget]] {number}") for number, row in enumerate(rows, 1))


def _budget(row: Any, origin: str) -> Budget:
    if not isinstance(row, dict):
        raise PlanError(f"{origin} is no table")
    known = ("files", "device", "threads", "length", *TABLE)
    unknown = [key for key in row if key not in known]
    if unknown:
        raise PlanError(f"{origin}: unknown key '{unknown[0]}': choose from {', '.join(known)}")
    limits = tuple(_limit(TABLE[key], row[key], origin) for key in TABLE if key in row)
    if not limits:
        raise PlanError(f"{origin} limits nothing: add one of {', '.join(TABLE)}")
    return Budget(_files(row.get("files", "*"), origin), _setting(row, origin), limits)


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
        value = getattr(found, key)
        if type(value) is not int or value < 1:  # true is an int, too
            raise PlanError(f"{origin}: {key} has to be a whole number from 1, not {value!r}")
    return found


def _limit(quantity: Quantity, value: Any, origin: str) -> Limit:
    try:
        return next(_readings(quantity, value))
    except StopIteration:
        true = ", or true" if quantity.key == "parity" else ""
        example = f'"{quantity.example}"' if quantity.units else quantity.example
        raise PlanError(
            f"{origin}: {quantity.key} cannot be {_shown(value)}: write it like {example}{true}, "
            'or like "+5%" of a baseline'
        ) from None


def _readings(quantity: Quantity, value: Any) -> Iterator[Limit]:
    """The limit that a value stands for; nothing if it stands for none."""
    if quantity.key == "parity" and value is True:
        yield Limit(quantity)
    if not quantity.units and type(value) in (int, float) and 0 < value < math.inf:
        yield Limit(quantity, bound=float(value))
    if not isinstance(value, str):
        return
    number, share = _NUMBER.fullmatch(value.strip()), _SHARE.fullmatch(value.strip())
    if number and float(number[1]) > 0 and number[2] in quantity.units:
        yield Limit(quantity, bound=float(number[1]) * quantity.units[number[2]])
    if share and float(share[1]) > -100:
        yield Limit(quantity, share=1 + float(share[1]) / 100)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
