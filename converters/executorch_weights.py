"""The weights that a .pte stores. It keeps no names: each is found by its content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgekit.converters.content import stored_in
from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Stored


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """What a file stores of the wanted tensors, found by their content; see :func:`stored_in`."""
    return stored_in(_blobs(path), wanted)


def _blobs(path: Path) -> Iterator[bytes]:
    """The contents of the program's own constants and of those that XNNPACK names.

    ExecuTorch fills them with zeros up to 16 bytes.
    """
    from executorch.exir._serialize._program import deserialize_pte_binary

    file = deserialize_pte_binary(path.read_bytes())
    for buffer in file.program.constant_buffer:
        yield bytes(buffer.storage)
    if file.named_data is not None:
        yield from map(bytes, file.named_data.buffers)
