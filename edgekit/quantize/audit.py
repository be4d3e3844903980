"""A written file held against its recipe: what it stores of each weight, tensor by tensor.

A proof compares answers, and an answer shows only the weights that it uses: a row of a vocabulary
that no probe has may be infinite or another's. Here every number is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edgekit.errors import ProofError
from edgekit.quantize.numerics import Array, Stored, dequantize, rounding_bound
from edgekit.quantize.scheme import Scheme
from edgekit.quantize.selector import JOIN, Tensor

_FLOAT16_MAX = float(np.finfo(np.float16).max)
_CHUNK = 2**22  # numbers that are compared at a time: 16 MiB of each array


@dataclass(frozen=True)
class Weight:
    """What a file stores of one tensor; ``size_bytes`` has its scales and zero points in it."""

    tensor: str
    scheme: Scheme
    size_bytes: int


@dataclass(frozen=True)
class Wanted:
    """What a file is held against.

    Args:
        tensors: those of the traced program, by name.
        schemes: how the recipe stores each of them.
        source: a tensor's values in the checkpoint, float32, by its name.
    """

    tensors: Mapping[str, Tensor]
    schemes: Mapping[str, Scheme]
    source: Callable[[str], Array]

    def asks_for(self, name: str) -> bool:
        """Whether a name in a file is that of a tensor, or of several that are stored as one.

        Args:
            name: of a tensor, or of tensors with ``+`` between them.
        """
        return all(part in self.tensors for part in name.split(JOIN))

    def parts(self, name: str, stored: Stored) -> dict[str, Stored]:
        """Splits what a file stores under one name into the tensors that it is made of.

        Args:
            name: of a tensor, or of tensors with ``+`` between them.
            stored: their numbers, one tensor's rows below the other's.
        """
        names, start, found = name.split(JOIN), 0, dict[str, Stored]()
        if len(names) == 1:
            return {name: stored}
        for part in names:
            end = start + self.tensors[part].shape[0]
            found[part], start = stored.rows(start, end), end
        return found


def hold(wanted: Wanted, found: Mapping[str, Stored]) -> tuple[Weight, ...]:
    """Compares everything that a file stores with its source and its recipe.

    Args:
        wanted: the source and the recipe.
        found: what the file's reader found, by the names of tensors. What a format computes
            beforehand from several (:attr:`Tensor.constant`) may be missing.

    Returns:
        A row a tensor that is in the file, in the order of ``wanted.tensors``.

    Raises:
        ProofError: a tensor is missing, of another type or shape, not finite, or further from its
            source than the rounding that its scheme allows; the message names it.
    """
    rows = []
    for name, tensor in wanted.tensors.items():
        stored, scheme, source = found.get(name), wanted.schemes[name], wanted.source(name)
        if stored is None:
            if tensor.role != "other" and not tensor.constant:
                raise ProofError(f"{name} is not in the file, or not as {scheme}")
            continue
        if not np.issubdtype(source.dtype, np.floating):
            continue
        wrong = next(_faults(stored, scheme, source), None)
        if wrong:
            raise ProofError(f"{name} {wrong}")
        rows.append(Weight(name, scheme, stored.size_bytes))
    return tuple(rows)


def _faults(stored: Stored, scheme: Scheme, source: Array) -> Iterator[str]:
    """What is wrong with a stored tensor, in words that follow its name.

    Nothing if all is right.
    """
    if scheme.activations == "float16" and source.size and np.abs(source).max() > _FLOAT16_MAX:
        place = np.unravel_index(np.abs(source).argmax(), source.shape)
        row = int(place[0]) if place else 0
        yield (
            f"has {source[place]:g} in row {row}, and float16 ends at {_FLOAT16_MAX:g}: keep its "
            "layer out of it (Core ML: --keep-float32), or build --recipe fp32"
        )
        return
    dtype = scheme.dtype if scheme.floating else "int8"
    if stored.levels.dtype.name != dtype or (stored.scale is None) != scheme.floating:
        yield f"is stored as {stored.levels.dtype.name}, and its recipe says {scheme}"
        return
    if stored.levels.shape != source.shape:
        yield f"has shape {stored.levels.shape} in the file, and {source.shape} in the checkpoint"
        return
    for start, part, values in _chunks(stored, scheme, source):
        found = dequantize(part)
        if not np.isfinite(found).all():
            row = start + int(np.argwhere(~np.isfinite(found))[0][0])
            yield f"is infinite or not a number in row {row}, as {scheme}"
            return
        error = np.abs(found - values)
        beyond = error > rounding_bound(values, scheme)
        if beyond.any():
            place = tuple(np.argwhere(beyond)[0])
            row = start + int(place[0]) if place else 0
            yield (
                f"differs from the checkpoint by {error[place]:.3g} in row {row}, more than "
                f"rounding to {scheme} does"
            )
            return


def _chunks(stored: Stored, scheme: Scheme, source: Array) -> Iterator[tuple[int, Stored, Array]]:
    """Pieces of a stored tensor and its source that are compared at a time, some rows each.

    A tensor whose rows share a scale is one piece.

    Yields:
        The number of the first row, and the rows of both.
    """
    per_row = source.size // len(source) if source.ndim and len(source) else 1
    count = max(1, _CHUNK // max(per_row, 1))
    if source.ndim == 0 or scheme.granularity == "tensor" or len(source) <= count:
        yield 0, stored, source
        return
    for start in range(0, len(source), count):
        yield start, stored.rows(start, start + count), source[start : start + count]
