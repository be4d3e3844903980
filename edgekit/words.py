"""Numbers with their nouns and units, for messages and tables."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping


def count(number: int, noun: str) -> str:
    """A number with its noun, like ``1 thread``, ``2 threads`` and ``3 processes``."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{'' if number == 1 else plural}"


def megabytes(size_bytes: float) -> str:
    """Decimal megabytes, as stores and phones count, like ``22.9 MB``."""
    return f"{size_bytes / 1e6:.1f} MB"


def command(name: str, arguments: Iterable[object], options: Mapping[str, object]) -> str:
    """A command of edgekit as a shell takes it.

    Args:
        name: the command's.
        arguments: those without a name.
        options: by their names, with underscores; None, False and empty ones are left out.
    """
    words = ["edgekit", name, *map(str, arguments)]
    for option, value in options.items():
        if value is not None and value is not False and value != {}:
            words.append(f"--{option.replace('_', '-')}")
            words += [] if value is True else [_word(value)]
    return shlex.join(words)


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={each}" for key, each in value.items())
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
