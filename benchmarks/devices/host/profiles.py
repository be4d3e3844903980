"""Which operators take the time: each runtime's own profiler, in a session of its own.

Profiling slows a runtime down, so these times say where the time goes, never how much there is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from edgekit.errors import UnsupportedError

Feed = Mapping[str, np.ndarray]
Rows = list[dict[str, object]]


def measure(runtime: str, model: Path, threads: int, feed: Feed, count: int) -> Rows:
    """Each kind of operator with its calls and time in one inference, the slowest first.

    Averaged over ``count`` inferences after one that is not counted.

    Raises:
        UnsupportedError: the runtime has no profiler.
    """
    if runtime not in _PROFILERS:
        raise UnsupportedError(
            f"{runtime} has no operator profiler: choose from {', '.join(_PROFILERS)}"
        )
    return _PROFILERS[runtime](model, threads, feed, count)


def _onnxruntime(model: Path, threads: int, feed: Feed, count: int) -> Rows:
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        for _ in range(1 + count):
            session.run(None, dict(feed))
        events = json.loads(Path(session.end_profiling()).read_text())
    kernels = [event for event in events if event.get("name", "").endswith("_kernel_time")]
    warm = kernels[len(kernels) // (1 + count) :]
    return total(((row["args"]["op_name"], row["dur"] / 1000) for row in warm), count)


def _litert(model: Path, threads: int, feed: Feed, count: int) -> Rows:
    from edgekit.benchmarks.devices.host import litert_profiler

    return total(litert_profiler.nodes(model, threads, feed, count), 1)


def total(events: Iterable[tuple[str, float]], count: int) -> Rows:
    """Sums up (operator, milliseconds) events of ``count`` inferences."""
    sums: dict[str, list[float]] = {}
    for name, time_ms in events:
        sums.setdefault(name, []).append(time_ms)
    rows: Rows = [
        {"name": name, "calls": round(len(times) / count), "time_ms": sum(times) / count}
        for name, times in sums.items()
    ]
    return sorted(rows, key=lambda row: -float(str(row["time_ms"])))


_PROFILERS: Mapping[str, Callable[[Path, int, Feed, int], Rows]] = {
    "onnxruntime": _onnxruntime,
    "litert": _litert,
}
