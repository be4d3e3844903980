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
from typing import Any

import numpy as np

from edgekit.errors import UnsupportedError

_CPU = 1
_WRITE = 1
_NODE = re.compile(  # node type, start, first, average, share, cumulated share, memory, calls, name
    r"^\s*(?P<name>\S.*?)\s+[\d.]+\s+[\d.]+\s+(?P<average_ms>[\d.]+)\s+[\d.]+%\s+[\d.]+%"
    r"\s+[\d.]+\s+\d+\s+\[(?:Builtin|Delegate)\]:\d+$"
)


class _TensorType(ctypes.Structure):
    _fields_ = (
        ("element_type", ctypes.c_int),
        ("rank", ctypes.c_uint32),
        ("dimensions", ctypes.c_int32 * 8),
        ("strides", ctypes.c_uint32 * 8),
    )


class _Library:
    """``library.Name(...)`` calls ``LiteRtName``; ``make`` returns what it writes at the end."""

    def __init__(self) -> None:
        spec = find_spec("ai_edge_litert")
        assert spec is not None
        assert spec.origin is not None
        self._library = ctypes.CDLL(str(Path(spec.origin).with_name("libLiteRt.so")))

    def call(self, name: str, *arguments: Any) -> None:
        function = getattr(self._library, f"LiteRt{name}", None)
        status = 1 if function is None else function(*arguments)
        if status:
            raise UnsupportedError(
                f"this release of LiteRT cannot profile (LiteRt{name} gave {status}): "
                "pip install ai-edge-litert==2.3.0"
            )

    def make(self, name: str, *arguments: Any, kind: Any = ctypes.c_void_p) -> Any:
        made = kind()
        self.call(name, *arguments, ctypes.byref(made))
        return made


def nodes(
    model: Path, threads: int, feed: Mapping[str, np.ndarray], count: int
) -> Iterator[tuple[str, float]]:
    """Each node's operator and its average milliseconds in one of ``count`` inferences.

    Raises:
        UnsupportedError: another release of LiteRT, with other functions.
    """
    library = _Library()
    environment = library.make("CreateEnvironment", 0, None)
    loaded = library.make("CreateModelFromFile", environment, str(model).encode())
    options = library.make("CreateOptions")
    library.call("SetOptionsHardwareAccelerators", options, _CPU)
    kept = [
        _option(library, options, "xnnpack", f"num_threads = {threads}\n"),
        _option(library, options, "runtime_options_string", "enable_profiling = true\n"),
    ]
    compiled = library.make("CreateCompiledModel", environment, loaded, options)
    profiler = library.make("CompiledModelGetProfiler", compiled)
    number = _signature(library, loaded, f"seq_{next(iter(feed.values())).shape[1]}")
    run = _runner(library, environment, loaded, compiled, number, feed)
    run()
    library.call("StartProfiler", profiler)
    for _ in range(count):
        run()
    library.call("StopProfiler", profiler)
    text = library.make("GetProfileSummary", profiler, compiled, kind=ctypes.c_char_p)
    kept.clear()
    yield from _parsed((text.value or b"").decode())


def _option(library: _Library, options: Any, name: str, toml: str) -> Any:
    """Adds one option; what it returns has to live as long as the options."""
    text = ctypes.create_string_buffer(toml.encode())
    release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)
    opaque = library.make("CreateOpaqueOptions", name.encode(), text, release)
    library.call("AddOpaqueOptions", options, opaque)
    return text, release


def _signature(library: _Library, model: Any, name: str) -> int:
    found = library.make("GetNumModelSignatures", model, kind=ctypes.c_size_t).value
    for number in range(found):
        signature = library.make("GetModelSignature", model, ctypes.c_size_t(number))
        key = library.make("GetSignatureKey", signature, kind=ctypes.c_char_p)
        if key.value == name.encode():
            return number
    raise UnsupportedError(f"the file has no signature {name}: convert again with that bucket")


def _runner(
    library: _Library, environment: Any, model: Any, compiled: Any, number: int, feed: Any
) -> Any:
    """A function that runs one inference with that feed."""
    signature = library.make("GetModelSignature", model, ctypes.c_size_t(number))

    def buffer(kind: str, index: int) -> Any:
        place = ctypes.c_size_t(index)
        tensor = library.make(f"GetSignature{kind}TensorByIndex", signature, place)
        shape = library.make("GetRankedTensorType", tensor, kind=_TensorType)
        needs = library.make(
            f"GetCompiledModel{kind}BufferRequirements", compiled, ctypes.c_size_t(number), place
        )
        created = "CreateManagedTensorBufferFromRequirements"
        return library.make(created, environment, ctypes.byref(shape), needs)

    def buffers(kind: str) -> Any:
        count = library.make(f"GetNumSignature{kind}s", signature, kind=ctypes.c_size_t).value
        return (ctypes.c_void_p * count)(*(buffer(kind, index) for index in range(count)))

    inputs, outputs = buffers("Input"), buffers("Output")
    for index, address in enumerate(inputs):
        place = ctypes.c_size_t(index)
        name = library.make("GetSignatureInputName", signature, place, kind=ctypes.c_char_p).value
        _write(library, ctypes.c_void_p(address), feed[name.decode()])
    sizes = ctypes.c_size_t(len(inputs)), ctypes.c_size_t(len(outputs))
    place = ctypes.c_size_t(number)
    return lambda: library.call(
        "RunCompiledModel", compiled, place, sizes[0], inputs, sizes[1], outputs
    )


def _write(library: _Library, buffer: Any, values: np.ndarray) -> None:
    address = ctypes.c_void_p()
    library.call("LockTensorBuffer", buffer, ctypes.byref(address), _WRITE)
    data = np.ascontiguousarray(values, np.int32)
    ctypes.memmove(address, data.ctypes.data, data.nbytes)
    library.call("UnlockTensorBuffer", buffer)


def _parsed(summary: str) -> Iterator[tuple[str, float]]:
    """The lines of the table in the order of running; a second table sorts the same by time."""
    first = summary.split("= Top by", 1)[0].split("= Summary by", 1)[0]
    for line in first.splitlines():
        row = _NODE.match(line)
        if row:
            yield row["name"].removeprefix("Delegate/"), float(row["average_ms"])
