"""Names of files by what they hold: on a device, each is put once, whatever it is called here."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from edgekit.files import tree_sha256


def name(local: Path) -> str:
    """The name that a file or folder gets on a device: a part of its digest, and a plain suffix."""
    suffix = local.suffix if re.fullmatch(r"\.\w+", local.suffix, re.ASCII) else ""
    return f"{digest(local)[:32]}{suffix}"


def digest(path: Path) -> str:
    """The SHA-256 of a file or folder as hex digits, computed again when it has changed."""
    return _digest(path, path.stat().st_mtime_ns)


@cache
def _digest(path: Path, changed_ns: int) -> str:
    return tree_sha256(path)
