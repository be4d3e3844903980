"""Weights found by their content, in files that keep no names for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored, quantize


def stored_in(constants: Iterable[bytes | Array], wanted: Wanted) -> dict[str, Stored]:
    """The wanted tensors that a file stores: those whose numbers all are among its constants.

    A file that keeps no names is searched by content: each tensor is quantised here as its scheme
    says, and its levels, scales and zero points are looked for.

    Args:
        constants: the content of each constant of the file; may be filled up with zeros at its end.
        wanted: the tensors that are looked for, as they are or transposed.

    Returns:
        By the names of tensors, what is stored of those that were found.
    """
    in_file = set(map(_digest, constants))
    found = {}
    for name, scheme in wanted.schemes.items():
        stored = quantize(wanted.source(name), scheme)
        arrays = (stored.levels, stored.scale, stored.zero_point)
        parts = [part for part in arrays if part is not None]
        if all(_digest(part) in in_file or _digest(part.T) in in_file for part in parts):
            found[name] = stored
    return found


def _digest(content: bytes | Array) -> bytes:
    """SHA-256 of a content without the zeros at its end: some formats fill constants up so."""
    raw = content if isinstance(content, bytes) else content.tobytes()
    return hashlib.sha256(raw.rstrip(b"\0")).digest()
