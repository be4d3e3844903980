"""LiteRT's compiled models, whose packed weights can stay in a file from one start to the next.

XNNPACK packs a file's weights for the processor, once for every signature and at every start. With
a weight cache it packs them once at all, into a file that is mapped into memory: fewer bytes that
belong to the process, and a start that reads what it needs.

The file is right for one model, one release of LiteRT and one kind of processor. XNNPACK notices
another release, a truncated file and a file of something else, and writes it anew. It does not
notice another model of the same shapes, whose answers are then wrong without a word: the cache's
name has to say what the model's file holds.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from edgekit.runtime.session import Feed

LIBRARIES = ("ai_edge_litert.compiled_model",)  # see edgekit.runtime.table.Runtime


class CompiledLiteRt:
    """A .tflite file as a :class:`edgekit.runtime.session.Session`.

    Args:
        path: the file.
        threads: how many LiteRT may use; 0 is its own choice.
        weight_cache: the file of packed weights, which is written if it is not there.
    """

    batched = False

    def __init__(self, path: Path, threads: int, weight_cache: Path) -> None:
        """Opens the file; the arguments are those of the class."""
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import CpuOptions, Options

        self.runtime = f"LiteRT {importlib.metadata.version('ai-edge-litert')} with a weight cache"
        cpu = CpuOptions(num_threads=threads, xnnpack_weight_cache_path=str(weight_cache))
        options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=cpu)
        self._model = CompiledModel.from_file(str(path), options=options)
        self._names = {self._length(name): name for name in self._model.get_signature_list()}
        self.lengths = tuple(sorted(self._names))
        self._buffers: dict[int, _Buffers] = {}

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """One inference, in the signature of the length that the inputs have."""
        length = next(iter(feed.values())).shape[1]
        if length not in self._buffers:
            self._buffers[length] = _Buffers.of(self._model, self._names[length])
        return self._buffers[length].run(self._model, feed)

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """Empty: a compiled model shows its outputs only."""
        return []

    def _length(self, signature: str) -> int:
        """The length of a signature in tokens, which all its inputs have."""
        details = self._model.get_input_tensor_details(signature)
        return int(next(iter(details.values()))["shape"][1])


@dataclass(frozen=True)
class _Buffers:
    """The buffers of one signature of a compiled model.

    Attributes:
        signature: its name.
        inputs: what it reads, by name.
        outputs: what it writes, by name.
        types: the dtypes of inputs.
        shapes: the shapes of outputs.
    """

    signature: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    types: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, model: Any, signature: str) -> _Buffers:
        """Makes the buffers of one signature."""
        names = model.get_signature_list()[signature]
        given = model.get_input_tensor_details(signature)
        details = model.get_output_tensor_details(signature)
        return cls(
            signature,
            {name: model.create_input_buffer_by_name(signature, name) for name in names["inputs"]},
            {
                name: model.create_output_buffer_by_name(signature, name)
                for name in names["outputs"]
            },
            {name: given[name]["dtype"] for name in names["inputs"]},
            {name: tuple(details[name]["shape"]) for name in names["outputs"]},
        )

    def run(self, model: Any, feed: Feed) -> dict[str, np.ndarray]:
        """Writes the inputs, runs the signature, and returns its outputs."""
        for name, buffer in self.inputs.items():
            buffer.write(feed[name].astype(self.types[name], copy=False))
        model.run_by_name(self.signature, self.inputs, self.outputs)
        return {
            name: buffer.read(int(np.prod(self.shapes[name])), np.float32).reshape(
                self.shapes[name]
            )
            for name, buffer in self.outputs.items()
        }
