"""Arguments of the functions as the library takes them: one name is a text, several a sequence."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

AnyPath: TypeAlias = "str | os.PathLike[str]"


def names(given: AnyPath | Iterable[AnyPath] | None) -> tuple[str, ...] | None:
    """Names as a tuple: a text or a path is one of them. None stays None."""
    if given is None:
        return None
    several = (given,) if isinstance(given, (str, os.PathLike)) else given
    return tuple(os.fspath(each) for each in several)


def counts(given: int | Iterable[int] | None) -> tuple[int, ...] | None:
    """Numbers as a tuple: a number alone is one of them. None stays None."""
    if given is None:
        return None
    return (given,) if isinstance(given, int) else tuple(given)


def paths(given: AnyPath | Iterable[AnyPath] | None) -> tuple[Path, ...]:
    """Paths as a tuple: a text or a path alone is one of them. None is an empty tuple."""
    if given is None:
        return ()
    return (Path(given),) if isinstance(given, (str, os.PathLike)) else tuple(map(Path, given))


def path(given: AnyPath | None) -> Path | None:
    """One path. None stays None."""
    return None if given is None else Path(given)
