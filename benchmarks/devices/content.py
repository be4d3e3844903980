"""Names of files by what they hold: on a device, each is put once, whatever it is called here."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from edgekit.errors import UnsupportedError
from edgekit.files import external_data, tree_sha256


def name(local: Path) -> str:
    """The name that a file or folder gets on a device: a part of its digest, and a plain suffix.

    Raises:
        UnsupportedError: it is an ONNX file that finds its weights in another file by that one's
            name, as those beyond 2 GiB do.
    """
    if external_data(local).exists():
        raise UnsupportedError(
            f"{local.name} has its weights in a file beside it, being beyond 2 GiB: measure it on "
            "host, or a smaller recipe on phones"
        )
    suffix = local.suffix if re.fullmatch(r"\.\w+", local.suffix, re.ASCII) else ""
    return f"{digest(local)[:32]}{suffix}"


def digest(path: Path) -> str:
    """The SHA-256 of a file or folder as hex digits, computed again when it has changed."""
    return _digest(path, path.stat().st_mtime_ns)


@cache
def _digest(path: Path, changed_ns: int) -> str:
    return tree_sha256(path)
