"""Where the teacher's outputs come from: from the teacher, or from a file that it filled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from edgekit.distillation import batches
from edgekit.distillation.batches import Micro
from edgekit.distillation.examples import TokenRows
from edgekit.distillation.learner import Learner, Outputs, Readout
from edgekit.staging import move, staging

_ROWS = 32  # that the teacher is asked for at a time when a cache is filled
Say = Callable[[str], None]


@dataclass(frozen=True)
class Tensors:
    """The arrays of a micro batch as tensors on a device."""

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    chosen: torch.Tensor | None
    labels: torch.Tensor | None

    @classmethod
    def of(cls, micro: Micro, device: torch.device) -> Tensors:
        """Copies a micro batch to a device."""

        def there(value: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(value).to(device)

        return cls(
            there(micro.ids),
            there(micro.mask),
            there(micro.types),
            None if micro.chosen is None else there(micro.chosen),
            None if micro.labels is None else there(micro.labels),
        )


class Teacher(Protocol):
    """Gives the teacher's outputs for a micro batch, without gradients."""

    def outputs(self, micro: Micro, tensors: Tensors) -> Outputs:
        """What the teacher gives for a micro batch.

        Args:
            micro: the rows, by which kept outputs are found.
            tensors: the same on the device.
        """
        ...


@dataclass(frozen=True)
class Live:
    """A teacher that is asked anew for each micro batch."""

    learner: Learner

    def outputs(self, micro: Micro, tensors: Tensors) -> Outputs:
        """The teacher's outputs, computed now."""
        with torch.no_grad():
            found: Outputs = self.learner(tensors.ids, tensors.mask, tensors.types, tensors.chosen)
        return found


@dataclass(frozen=True)
class Cached:
    """Reads what :func:`fill` wrote: hidden states in half precision, all else in single.

    An array has a row for each token or for each example, as ``readout`` says.
    """

    rows: TokenRows
    readout: Readout
    arrays: Mapping[str, np.ndarray]

    @classmethod
    def load(cls, folder: Path, rows: TokenRows, readout: Readout) -> Cached:
        """The outputs in a folder, as memory maps.

        Args:
            folder: with a ``.npy`` for each output.
            rows: that were asked for.
            readout: what of the teacher was kept.
        """
        arrays = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}
        return cls(rows, readout, arrays)

    def outputs(self, micro: Micro, tensors: Tensors) -> Outputs:
        """The rows' outputs, read from the files that an earlier pass has written."""
        return {name: self._output(name, micro, tensors) for name in self.arrays}

    def _output(self, name: str, micro: Micro, tensors: Tensors) -> torch.Tensor:
        """One stored output of a micro batch's rows on its device, padded with zeros.

        Of outputs by token only the chosen tokens are given where some are chosen, as a live
        teacher does; hidden states are given whole.
        """
        values = self.arrays[name]
        if not self.readout.by_token(name):
            return torch.from_numpy(values[micro.indices]).to(tensors.ids.device).float()
        found = np.zeros((*micro.ids.shape, *values.shape[1:]), np.float32)
        for place, index in enumerate(micro.indices):
            start, end = self.rows.starts[index], self.rows.starts[index + 1]
            found[place, : end - start] = values[start:end]
        whole = torch.from_numpy(found).to(tensors.ids.device)
        narrow = tensors.chosen is not None and not name.startswith("hidden")
        return whole[tensors.chosen] if narrow else whole


def fill(
    learner: Learner, rows: TokenRows, pad_id: int, device: torch.device, folder: Path, tick: Say
) -> None:
    """Asks the teacher once for every example, and writes its outputs, at once or not at all.

    Args:
        learner: the teacher.
        rows: of all examples.
        pad_id: what shorter rows are filled up with.
        device: where the teacher runs.
        folder: is made, with a ``.npy`` for each output; :meth:`Cached.load` reads it.
        tick: is told how far it is.

    Raises:
        OutputError: it cannot be written.
    """
    with staging(folder) as place:
        made = place / "cache"
        made.mkdir()
        arrays: dict[str, np.memmap] = {}
        for number, (indices, found) in enumerate(_asked(learner, rows, pad_id, device)):
            for name, value in found.items():
                long = learner.readout.by_token(name)
                if name not in arrays:
                    arrays[name] = _array(made / f"{name}.npy", value, rows, long)
                _put(arrays[name], rows, indices, value, long)
            tick(f"the teacher has answered {(number + 1) * _ROWS} of {len(rows)} examples")
        for array in arrays.values():
            array.flush()
        move(made, folder)


def _asked(
    learner: Learner, rows: TokenRows, pad_id: int, device: torch.device
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """The outputs of all rows by the teacher, some rows at a time, with their indices.

    Short ones first.
    """
    order = np.argsort(rows.lengths, kind="stable")
    for first in range(0, len(order), _ROWS):
        indices = order[first : first + _ROWS]
        micro = batches.plain(rows, indices, pad_id)
        outputs = Live(learner).outputs(micro, Tensors.of(micro, device))
        yield indices, {name: value.cpu().numpy() for name, value in outputs.items()}


def _array(path: Path, value: np.ndarray, rows: TokenRows, by_token: bool) -> np.memmap:
    """A new ``.npy`` for one output of all rows, mapped into memory: float16 for hidden states."""
    kind = np.float16 if path.stem.startswith("hidden") else np.float32
    shape = (len(rows.ids), *value.shape[2:]) if by_token else (len(rows), *value.shape[1:])
    return np.lib.format.open_memmap(path, "w+", dtype=kind, shape=shape)


def _put(
    array: np.memmap, rows: TokenRows, indices: np.ndarray, value: np.ndarray, by_token: bool
) -> None:
    """Writes the outputs of some rows, without padding, to their place among those of all."""
    if not by_token:
        array[indices] = value
        return
    for place, index in enumerate(indices):
        start, end = rows.starts[index], rows.starts[index + 1]
        array[start:end] = value[place, : end - start]
