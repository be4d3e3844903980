"""A budget file, read and refused where it makes no sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import msgspec
from msgspec import Meta

from edgekit import documents
from edgekit.budget.quantities import DATA, FILE, TABLE, Quantity
from edgekit.errors import PlanError
from edgekit.words import count

_MOST = 1e18  # beyond it a limit is a slip of the pen
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_SHARE = re.compile(r"([+-]\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class DeviceSetting:
    """The conditions that a budget is measured under.

    ``length`` counts the tokens of the text, special ones included.
    """

    device: str = "host"
    threads: int = 1
    length: int = 128

    def __str__(self) -> str:
        return f"{self.device}, {count(self.threads, 'thread')}, {self.length} tokens"


@dataclass(frozen=True)
class LabelledData:
    """A file of labelled data, with what ``edgekit eval`` takes besides.

    ``columns`` and ``labels`` are sorted pairs instead of mappings, so that two that are alike are
    asked for once.
    """

    file: Path
    limit: int | None = None
    task: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Limit:
    """The most, or least, that a quantity may be: ``bound``, or ``share`` times the baseline's.

    Both None is ``parity = true``: what the file's own proof was held to.
    """

    quantity: Quantity
    bound: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Budget:
    """One ``[[budget]]``: limits for every file whose name fits one of the patterns ``files``."""

    files: tuple[str, ...]
    setting: DeviceSetting
    data: LabelledData | None
    limits: tuple[Limit, ...]


def read(path: Path) -> tuple[Budget, ...]:
    """The budgets of a TOML file; paths in it are relative to its folder.

    Raises:
        PlanError: it cannot be read, or something in it is unknown, negative or of another unit.
    """
    rows = documents.read_toml(path, _File, PlanError).budget
    if not rows:
        raise PlanError(f"{path} has no [[budget]]: add at least one")
    table = _budget_table()
    origins = [f"{path}, [[budget]] {number}" for number in range(1, len(rows) + 1)]
    return tuple(
        _budget(documents.convert(row, table, origin, PlanError), path.parent, origin)
        for row, origin in zip(rows, origins, strict=True)
    )


def extras(budgets: Sequence[Budget]) -> tuple[str, ...]:
    """Which of edgekit's extras measuring the budgets needs (see :mod:`edgekit.extras`)."""
    asked = [limit.quantity for budget in budgets for limit in budget.limits]
    return (
        *(("bench",) if any(row.needs != FILE for row in asked) else ()),
        *(("eval",) if any(row.needs == DATA for row in asked) else ()),
        *(("pytorch",) if any(row.compares for row in asked) else ()),
    )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A budget file; its rows are read one by one, so that an error says which it is in."""

    budget: tuple[Mapping[str, object], ...] = ()


_Text = Annotated[str, Meta(min_length=1)]
_Number = Annotated[int, Meta(ge=1)]


class _DataTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``data`` of a ``[[budget]]``: a file, with what ``edgekit eval`` can be told."""

    file: _Text
    limit: _Number | None = None
    task: _Text | None = None
    columns: Mapping[str, _Text] = msgspec.field(default_factory=dict)
    labels: Mapping[str, _Text] = msgspec.field(default_factory=dict)


class _BudgetTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``[[budget]]`` without its limits."""

    files: _Text | Annotated[tuple[_Text, ...], Meta(min_length=1)] = "*"
    device: _Text = "host"
    threads: _Number = 1
    length: _Number = 128
    data: _DataTable | _Text | None = None


def _budget_table() -> type[_BudgetTable]:
    """The type of a whole ``[[budget]]``: :class:`_BudgetTable`, and a key for each quantity."""
    fields = [(key, object, None) for key in TABLE]
    table = msgspec.defstruct(
        "budget", fields, bases=(_BudgetTable,), frozen=True, forbid_unknown_fields=True
    )
    return cast(type[_BudgetTable], table)


def _budget(table: _BudgetTable, folder: Path, origin: str) -> Budget:
    """A ``[[budget]]`` as checked, typed values.

    Args:
        table: as it was read.
        folder: what its paths are relative to.
        origin: what errors call it.

    Raises:
        PlanError: it limits nothing, or data and limits do not go together.
    """
    given = {key: getattr(table, key) for key in TABLE}
    limits = tuple(
        _limit(TABLE[key], value, origin) for key, value in given.items() if value is not None
    )
    if not limits:
        raise PlanError(f"{origin} limits nothing: add one of {', '.join(TABLE)}")
    asking = [limit.quantity.key for limit in limits if limit.quantity.needs == DATA]
    if asking and table.data is None:
        raise PlanError(f'{origin}: {asking[0]} needs labelled data: data = "FILE"')
    if table.data is not None and not asking:
        wanted = ", ".join(key for key in TABLE if TABLE[key].needs == DATA)
        raise PlanError(f"{origin}: nothing asks for the data: add one of {wanted}")
    files = (table.files,) if isinstance(table.files, str) else table.files
    setting = DeviceSetting(table.device, table.threads, table.length)
    data = None if table.data is None else _data(table.data, folder, origin)
    return Budget(files, setting, data, limits)


def _data(table: _DataTable | str, folder: Path, origin: str) -> LabelledData:
    """The labelled data of a ``[[budget]]``; PlanError if there is no such file."""
    row = _DataTable(table) if isinstance(table, str) else table
    path = folder / row.file
    if not path.is_file():
        raise PlanError(f"{origin}, data: {path} is no file: name a file of labelled data")
    columns, labels = (tuple(sorted(each.items())) for each in (row.columns, row.labels))
    return LabelledData(path, row.limit, row.task, columns, labels)


def _limit(quantity: Quantity, value: object, origin: str) -> Limit:
    """The limit that a value in a budget stands for.

    PlanError, with an example, if it stands for none.
    """
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


def _readings(quantity: Quantity, value: object) -> Iterator[Limit]:
    """The limit that a value stands for, as the only item; no item if it stands for none."""
    if quantity.key == "parity" and value is True:
        yield Limit(quantity)
    elif isinstance(value, str):
        yield from _written(quantity, value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sensible = abs(value) <= _MOST and quantity.allows(value)
        yield from [Limit(quantity, bound=float(value))] if sensible and not quantity.units else []


def _written(quantity: Quantity, text: str) -> Iterator[Limit]:
    """As :func:`_readings`, of a text.

    It is a number with a unit, like ``25 MB``, or a share of a baseline, like ``+5%``.
    """
    number, share = _NUMBER.fullmatch(text), _SHARE.fullmatch(text)
    if number and quantity.allows(float(number[1])) and number[2] in quantity.units:
        bound = float(number[1]) * quantity.units[number[2]]
        if bound <= _MOST:
            yield Limit(quantity, bound=bound)
    if share and quantity.relative and -100 < float(share[1]) <= _MOST:
        yield Limit(quantity, share=1 + float(share[1]) / 100)


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()[:40]
