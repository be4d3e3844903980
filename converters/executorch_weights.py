"""The weights that a .pte stores. It keeps no names: each is found by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored, quantize


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """Every tensor whose numbers, as its scheme stores them, are all somewhere in the file."""
    in_file = set(map(_digest, _blobs(path)))
    found = {}
    for name, scheme in wanted.schemes.items():
        stored = quantize(wanted.source(name), scheme)
        parts = [part for part in (stored.levels, stored.scale) if part is not None]
        if all(_digest(part) in in_file or _digest(part.T) in in_file for part in parts):
            found[name] = stored
    return found


def _digest(content: bytes | Array) -> bytes:
    """SHA-256 without zeros at the end: ExecuTorch fills its constants up to 16 bytes."""
    raw = content if isinstance(content, bytes) else content.tobytes()
    return hashlib.sha256(raw.rstrip(b"\0")).digest()


def _blobs(path: Path) -> Iterator[bytes]:
    """The contents of the program's own constants and of those that XNNPACK names."""
    from executorch.exir._serialize._program import deserialize_pte_binary

    file = deserialize_pte_binary(path.read_bytes())
    for buffer in file.program.constant_buffer:
        yield bytes(buffer.storage)
    if file.named_data is not None:
        yield from map(bytes, file.named_data.buffers)
