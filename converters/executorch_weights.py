"""The weights that a .pte stores. It keeps no names: each is found by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Stored, quantize


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """Every tensor whose numbers, as its scheme stores them, are all somewhere in the file."""
    stored_in_file = {hashlib.sha256(blob).digest() for blob in _blobs(path)}
    found = {}
    for name, scheme in wanted.schemes.items():
        stored = quantize(wanted.source(name), scheme)
        parts = [part for part in (stored.levels, stored.scale) if part is not None]
        digests = {hashlib.sha256(np.ascontiguousarray(part).data).digest() for part in parts}
        if digests <= stored_in_file:
            found[name] = stored
    return found


def _blobs(path: Path) -> Iterator[bytes]:
    """The contents of the program's own constants and of those that XNNPACK names."""
    from executorch.exir._serialize._program import deserialize_pte_binary

    file = deserialize_pte_binary(path.read_bytes())
    for buffer in file.program.constant_buffer:
        yield bytes(buffer.storage)
    if file.named_data is not None:
        yield from map(bytes, file.named_data.buffers)
