"""Options and parameter types that several commands share."""

from __future__ import annotations

import re
from typing import Any

import click

debug_option = click.option(
    "--debug", is_flag=True, help="Show tracebacks and the libraries' output."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


class List(click.ParamType[tuple[Any, ...]]):
    """Values separated by commas."""

    name = "a,b,c"

    def __init__(self, kind: type = str) -> None:
        self._kind = kind

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[Any, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self._kind(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            self.fail(f"'{value}' is not a list of numbers like 32,64,128", param, ctx)


class Size(click.ParamType[int]):
    """Bytes, like 256M."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+)([KMG]?)B?", value.strip().upper())
        if not found or not int(found[1]):
            self.fail(f"'{value}' is not a size like 256M or 1G", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Pairs(click.ParamType[dict[str, str]]):
    """``a=b`` separated by commas."""

    name = "a=b,c=d"

    def convert(self, value: Any, param: Any, ctx: Any) -> dict[str, str]:
        if isinstance(value, dict):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(name.strip() and sign and other.strip() for name, sign, other in pairs):
            self.fail(f"'{value}' is not a list like text=sentence,label=target", param, ctx)
        return {name.strip(): other.strip() for name, _, other in pairs}


class Numbers(click.ParamType[dict[str, float]]):
    """``a=1,b=2.5``."""

    name = "a=1,b=2"

    def convert(self, value: Any, param: Any, ctx: Any) -> dict[str, float]:
        if isinstance(value, dict):
            return value
        try:
            return {name: float(text) for name, text in Pairs().convert(value, param, ctx).items()}
        except ValueError:
            self.fail(f"'{value}' is not a list of numbers like kl=5,mlm=2", param, ctx)
