"""LiteRT's operator profiler, through the C functions of the library inside its wheel.

The Python interpreter does not offer it. Written against ai-edge-litert 2.3.0, which ships no
headers: the functions and the options' name were found in the library and tried.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

from edgekit.errors import UnsupportedError

Handle: TypeAlias = ctypes.c_void_p  # of an object of the library
Array: TypeAlias = "ctypes.Array[ctypes.c_void_p]"  # of handles
_CPU = 1  # of LiteRtHwAccelerators
_WRITE = 1  # of LiteRtTensorBufferLockMode
_NODE = re.compile(  # node type, start, first, average, share, cumulated share, memory, calls, name
    r"^\s*(?P<name>\S.*?)\s+[\d.]+\s+[\d.]+\s+(?P<average_ms>[\d.]+)\s+[\d.]+%\s+[\d.]+%"
    r"\s+[\d.]+\s+\d+\s+\[(?:Builtin|Delegate)\]:\d+$"
)


class _TensorType(ctypes.Structure):
    """LiteRtRankedTensorType: a tensor's element type and shape."""

    _fields_ = (
        ("element_type", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dimensions", ctypes.c_int32 * 8),
        ("strides", ctypes.c_uint32 * 8),
    )


C = TypeVar("C", ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, _TensorType)


class _Library:
    """The C functions of LiteRT's library, by :mod:`ctypes`.

    Each returns a status, and writes its result to where its last argument points.
    """

    def __init__(self) -> None:
        spec = find_spec("ai_edge_litert")
        assert spec is not None
        assert spec.origin is not None
        self._library = ctypes.CDLL(str(Path(spec.origin).with_name("libLiteRt.so")))

    def call(self, name: str, *arguments: object) -> None:
        """Calls the function ``LiteRt<name>``.

        Raises:
            UnsupportedError: it does not exist in this release, or fails.
        """
        function = getattr(self._library, f"LiteRt{name}", None)
        status = 1 if function is None else function(*arguments)
        if status:
            raise UnsupportedError(
                f"this release of LiteRT cannot profile (LiteRt{name} gave {status}): "
                "pip install ai-edge-litert==2.3.0"
            )

    def handle(self, name: str, *arguments: object) -> Handle:
        """Calls a function and returns the handle that it writes; raises as :meth:`call` does."""
        return self.make(ctypes.c_void_p, name, *arguments)

    def make(self, kind: type[C], name: str, *arguments: object) -> C:
        """Calls a function and returns the value that it writes; raises as :meth:`call` does."""
        made = kind()
        self.call(name, *arguments, ctypes.byref(made))
        return made


def nodes(
    model: Path, threads: int, feed: Mapping[str, np.ndarray], count: int
) -> Iterator[tuple[str, float]]:
    """Profiles inferences, after one that is not counted.

    Args:
        model: a .tflite file with a signature ``seq_N`` for N tokens.
        threads: how many threads LiteRT may use.
        feed: an int32 array of shape (1, N) for each input.
        count: over how many inferences the times are averaged.

    Returns:
        For each node of the graph, its operator and its milliseconds in one inference.

    Raises:
        UnsupportedError: this is another release of LiteRT, with other functions.
    """
    library = _Library()
    environment = library.handle("CreateEnvironment", 0, None)
    loaded = library.handle("CreateModelFromFile", environment, str(model).encode())
    options = library.handle("CreateOptions")
    library.call("SetOptionsHardwareAccelerators", options, _CPU)
    kept = [  # alive as long as the options are used
        _option(library, options, "xnnpack", f"num_threads = {threads}\n"),
        _option(library, options, "runtime_options_string", "enable_profiling = true\n"),
    ]
    compiled = library.handle("CreateCompiledModel", environment, loaded, options)
    profiler = library.handle("CompiledModelGetProfiler", compiled)
    number = _signature(library, loaded, f"seq_{next(iter(feed.values())).shape[1]}")
    signature = library.handle("GetModelSignature", loaded, ctypes.c_size_t(number))
    inputs, outputs = (
        _buffers(library, environment, signature, compiled, number, kind)
        for kind in ("Input", "Output")
    )
    _fill(library, signature, inputs, feed)
    sizes = ctypes.c_size_t(len(inputs)), ctypes.c_size_t(len(outputs))
    run = (compiled, ctypes.c_size_t(number), sizes[0], inputs, sizes[1], outputs)
    library.call("RunCompiledModel", *run)
    library.call("StartProfiler", profiler)
    for _ in range(count):
        library.call("RunCompiledModel", *run)
    library.call("StopProfiler", profiler)
    text = library.make(ctypes.c_char_p, "GetProfileSummary", profiler, compiled)
    kept.clear()
    yield from _parsed((text.value or b"").decode())


def _option(library: _Library, options: Handle, name: str, toml: str) -> tuple[object, object]:
    """Adds one option to LiteRT's options.

    Returns:
        What has to be kept as long as the options: LiteRT does not copy it.
    """
    text = ctypes.create_string_buffer(toml.encode())
    release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)
    opaque = library.handle("CreateOpaqueOptions", name.encode(), text, release)
    library.call("AddOpaqueOptions", options, opaque)
    return text, release


def _signature(library: _Library, model: Handle, name: str) -> int:
    """The number of the signature of that name."""
    found = library.make(ctypes.c_size_t, "GetNumModelSignatures", model).value
    for number in range(found):
        signature = library.handle("GetModelSignature", model, ctypes.c_size_t(number))
        key = library.make(ctypes.c_char_p, "GetSignatureKey", signature)
        if key.value == name.encode():
            return number
    raise UnsupportedError(f"the file has no signature {name}: convert again with that bucket")


def _buffers(
    library: _Library,
    environment: Handle,
    signature: Handle,
    compiled: Handle,
    number: int,
    kind: str,
) -> Array:
    """New buffers for all inputs or all outputs of a signature; ``kind`` is Input or Output."""
    count = library.make(ctypes.c_size_t, f"GetNumSignature{kind}s", signature).value
    addresses = []
    for index in map(ctypes.c_size_t, range(count)):
        tensor = library.handle(f"GetSignature{kind}TensorByIndex", signature, index)
        shape = library.make(_TensorType, "GetRankedTensorType", tensor)
        asked = f"GetCompiledModel{kind}BufferRequirements"
        needs = library.handle(asked, compiled, ctypes.c_size_t(number), index)
        created = "CreateManagedTensorBufferFromRequirements"
        addresses.append(library.handle(created, environment, ctypes.byref(shape), needs))
    return (ctypes.c_void_p * count)(*addresses)


def _fill(
    library: _Library, signature: Handle, inputs: Array, feed: Mapping[str, np.ndarray]
) -> None:
    """Writes each input's values into its buffer."""
    for index, address in enumerate(inputs):
        place = ctypes.c_size_t(index)
        name = library.make(ctypes.c_char_p, "GetSignatureInputName", signature, place).value or b""
        buffer, data = ctypes.c_void_p(address), np.ascontiguousarray(feed[name.decode()], np.int32)
        memory = ctypes.c_void_p()
        library.call("LockTensorBuffer", buffer, ctypes.byref(memory), _WRITE)
        ctypes.memmove(memory, data.ctypes.data, data.nbytes)
        library.call("UnlockTensorBuffer", buffer)


def _parsed(summary: str) -> Iterator[tuple[str, float]]:
    """The operator and milliseconds of each node, in LiteRT's printed summary.

    Its first table has them in order; a second one repeats them by time.
    """
    first = summary.split("= Top by", 1)[0].split("= Summary by", 1)[0]
    for line in first.splitlines():
        row = _NODE.match(line)
        if row:
            yield row["name"].removeprefix("Delegate/"), float(row["average_ms"])
