"""Which operators take the time: each runtime's own profiler, in a session of its own.

Profiling slows a runtime down, so these times say where the time goes, never how much there is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from edgekit.benchmarks.measurement import Operator
from edgekit.errors import UnsupportedError
from edgekit.runtime.onnx_session import as_declared, open_session

Feed: TypeAlias = Mapping[str, np.ndarray]


def measure(runtime: str, model: Path, threads: int, feed: Feed, count: int) -> list[Operator]:
    """Profiles inferences, after one that is not counted.

    Args:
        runtime: the runtime's name.
        model: the file.
        threads: how many threads the runtime may use.
        feed: an int32 array of shape (1, length) for each input.
        count: over how many inferences the times are averaged.

    Returns:
        Each kind of operator with its calls and milliseconds in one inference, the slowest first.

    Raises:
        UnsupportedError: the runtime has no profiler.
    """
    if runtime not in _PROFILERS:
        raise UnsupportedError(
            f"{runtime} has no operator profiler: choose from {', '.join(_PROFILERS)}"
        )
    return _PROFILERS[runtime](model, threads, feed, count)


def _onnxruntime(model: Path, threads: int, feed: Feed, count: int) -> list[Operator]:
    """onnxruntime's own profiler: see :func:`measure`."""
    with tempfile.TemporaryDirectory() as folder:
        session = open_session(model, threads, profile=Path(folder) / "profile")
        for _ in range(1 + count):
            session.run(None, as_declared(session, feed))
        events = json.loads(Path(session.end_profiling()).read_text())
    kernels = [event for event in events if event.get("name", "").endswith("_kernel_time")]
    warm = kernels[len(kernels) // (1 + count) :]
    return total(((row["args"]["op_name"], row["dur"] / 1000) for row in warm), count)


def _litert(model: Path, threads: int, feed: Feed, count: int) -> list[Operator]:
    from edgekit.benchmarks.devices.host import litert_profiler

    return total(litert_profiler.nodes(model, threads, feed, count), 1)


def total(events: Iterable[tuple[str, float]], count: int) -> list[Operator]:
    """Sums up events by kind of operator.

    Args:
        events: pairs of an operator's kind and the milliseconds of one call.
        count: how many inferences the events are of.

    Returns:
        Calls and milliseconds of one inference by kind, the slowest first.
    """
    times_ms: dict[str, list[float]] = {}
    for name, time_ms in events:
        times_ms.setdefault(name, []).append(time_ms)
    rows = [
        Operator(name, round(len(times) / count), sum(times) / count)
        for name, times in times_ms.items()
    ]
    return sorted(rows, key=lambda row: -row.time_ms)


_PROFILERS: Mapping[str, Callable[[Path, int, Feed, int], list[Operator]]] = {
    "onnxruntime": _onnxruntime,
    "litert": _litert,
}
