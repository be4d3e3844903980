"""Options and parameter types that several commands share.

A value is checked here, once, before its command begins: nothing is empty, every number is finite,
and no path is a pipe on which a read would wait forever.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TypeAlias, TypeVar

import click
from click.shell_completion import CompletionItem

T = TypeVar("T")
Parameter: TypeAlias = "click.Parameter | None"
Context: TypeAlias = "click.Context | None"

debug_option = click.option(
    "--debug", is_flag=True, help="Show tracebacks and the libraries' output."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
quiet_option = click.option("--quiet", is_flag=True, help="Print errors only.")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


class Text(click.ParamType[str]):
    """A text that is not empty."""

    name = "text"

    def convert(self, value: str, param: Parameter, ctx: Context) -> str:
        """The text as it is; a usage error if it is empty."""
        if not value.strip():
            self.fail("it is empty", param, ctx)
        return str(value)


class FilePath(click.ParamType[Path]):
    """The path of a file or a folder, there already or not.

    Args:
        special: a device or a pipe will do, too: something is written to it, nothing is read.
    """

    name = "path"

    def __init__(self, *, special: bool = False) -> None:
        self._special = special

    def convert(self, value: str | Path, param: Parameter, ctx: Context) -> Path:
        """The path; a usage error if it is empty, or a pipe or device without ``special``."""
        if not str(value).strip():
            self.fail("it is empty", param, ctx)
        path = Path(value)
        try:
            plain = path.is_file() or path.is_dir() or not path.exists()
        except OSError as error:  # a name of more than 255 bytes
            self.fail(f"'{path}': {error.strerror}", param, ctx)
        if not plain and not self._special:
            self.fail(f"'{path}' is a pipe or a device: give a file or a folder", param, ctx)
        return path

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leaves it to the shell, which completes files and folders itself."""
        return [CompletionItem(incomplete, type="file")]


class Finite(click.ParamType[float]):
    """A number that is neither infinite nor NaN: those pass comparisons.

    Args:
        within: what else it has to be.
    """

    name = "number"

    def __init__(self, within: click.ParamType[float] = click.FLOAT) -> None:
        self._within = within

    def convert(self, value: str | float, param: Parameter, ctx: Context) -> float:
        """The number; a usage error if it is not finite or not within what is allowed."""
        found = self._within.convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number", param, ctx)
        return found


class List(click.ParamType[tuple[T, ...]]):
    """Values separated by commas, none of them empty.

    Args:
        of: the type of each value.
    """

    name = "a,b,c"

    def __init__(self, of: click.ParamType[T]) -> None:
        self._of = of

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """What ``--help`` shows: the choices of one value, if it has some, with ``,...``."""
        inner = self._of.get_metavar(param, ctx)
        return f"{inner},..." if inner else None

    def convert(self, value: str | tuple[T, ...], param: Parameter, ctx: Context) -> tuple[T, ...]:
        """The values in their order; a tuple, which is a default, passes as it is."""
        if isinstance(value, tuple):
            return value
        return tuple(self._of.convert(part, param, ctx) for part in _parts(self, value, param, ctx))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Completes the value behind the last comma; those before it stay."""
        before, comma, last = incomplete.rpartition(",")
        found = self._of.shell_complete(ctx, param, last)
        return [CompletionItem(f"{before}{comma}{each.value}", each.type) for each in found]


class Size(click.ParamType[int]):
    """A size in bytes, written like ``256M``."""

    name = "size"

    def convert(self, value: str | int, param: Parameter, ctx: Context) -> int:
        """The size in bytes: ``K``, ``M`` and ``G`` are powers of 1024; 0 is a usage error."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+)([KMG]?)B?", value.strip().upper())
        if not found or not int(found[1]):
            self.fail(f"'{value}' is not a size like 256M or 1G", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Pairs(click.ParamType[dict[str, str]]):
    """Names and their values, written like ``a=b,c=d``."""

    name = "a=b,c=d"

    def convert(
        self, value: str | dict[str, str], param: Parameter, ctx: Context
    ) -> dict[str, str]:
        """The pairs; a usage error if a part is not one, or a name comes twice."""
        if isinstance(value, dict):
            return value
        found: dict[str, str] = {}
        for part in _parts(self, value, param, ctx):
            name, _, other = (text.strip() for text in part.partition("="))
            if not name or not other:
                self.fail(f"'{part}' is not a pair like text=sentence", param, ctx)
            if name in found:
                self.fail(f"'{name}' is named twice", param, ctx)
            found[name] = other
        return found


class Numbers(click.ParamType[dict[str, float]]):
    """Names and their finite numbers, written like ``a=1,b=2``."""

    name = "a=1,b=2"

    def convert(
        self, value: str | dict[str, float], param: Parameter, ctx: Context
    ) -> dict[str, float]:
        """The numbers by name; a usage error as of :class:`Pairs` and :class:`Finite`."""
        if isinstance(value, dict):
            return value
        pairs, number = Pairs().convert(value, param, ctx), Finite()
        return {name: number.convert(text, param, ctx) for name, text in pairs.items()}


def _parts(kind: click.ParamType[T], value: str, param: Parameter, ctx: Context) -> list[str]:
    """The values between commas; a usage error of ``kind`` if one is empty."""
    parts = [part.strip() for part in value.split(",")]
    if not all(parts):
        kind.fail(f"'{value}' names nothing: give {kind.name}", param, ctx)
    return parts


NAMES = List(Text())
COUNTS = List(click.IntRange(1))
LAYERS = List(click.IntRange(0))
prompt_option = click.option(
    "--prompt",
    type=Text(),
    metavar="NAME",
    help="The role of every text, such as query, with the model's prompt for it; or none.  "
    "[default: as the model says]",
)
