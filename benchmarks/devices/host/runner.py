"""The runner of this machine: one file in one Python runtime, told what to do line by line.

It speaks the protocol of :mod:`edgekit.benchmarks.devices.protocol`. ``pytorch`` opens a bundle's
folder: the checkpoint it was made of. Times include what the runtime's Python API adds:
microseconds.
"""

from __future__ import annotations

import gc
import importlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np

from edgekit.benchmarks.devices import events, memory, serving
from edgekit.benchmarks.devices.host import profiles
from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.errors import EdgekitError
from edgekit.runtime import litert, table
from edgekit.runtime.session import Session
from edgekit.runtime.table import Runtime


def _eager(path: Path, threads: int) -> Session:
    """Opens PyTorch's own model behind a bundle."""
    from edgekit.runtime.eager import Eager

    return Eager(path, threads)


_EAGER = Runtime(PYTORCH, PYTORCH, _eager, ("transformers.modeling_utils",), "pytorch")
RUNTIMES: Mapping[str, Runtime] = {row.name: row for row in (*table.RUNTIMES, _EAGER)}


def chosen(runtime: str, weight_cache: Path | None) -> Runtime:
    """How a runtime opens a file here.

    Args:
        runtime: its name in :data:`RUNTIMES`.
        weight_cache: LiteRT's file of packed weights; None is LiteRT without one.
    """
    row = RUNTIMES[runtime]
    if weight_cache is None:
        return row
    return replace(
        row,
        open=partial(litert.CompiledLiteRt, weight_cache=weight_cache),
        libraries=litert.LIBRARIES,
    )


class Opened:
    """An opened file, its inputs and the outputs of its last inference.

    Args:
        runtime: how the file is opened.
        model: the file, or for ``pytorch`` the bundle's folder.
        threads: how many threads the runtime may use.
        inputs: names of the inputs in the order in which they are fed.
        outputs: names of the outputs in the order in which they are saved.
    """

    def __init__(
        self,
        runtime: Runtime,
        model: Path,
        threads: int,
        inputs: Sequence[str],
        outputs: Sequence[str],
    ) -> None:
        for library in runtime.libraries:
            importlib.import_module(library)
        gc.collect()
        self._row, self._model, self._threads = runtime, model, threads
        self._inputs, self._outputs = inputs, outputs
        self._before_bytes = memory.reset_peak()
        started = time.perf_counter()
        self._session = table.open_in(runtime, model, threads)
        self.load_ms = 1000 * (time.perf_counter() - started)
        self.runtime = self._session.runtime
        self._feed: dict[str, np.ndarray] = {}
        self._last: Mapping[str, np.ndarray] = {}

    def feed(self, argument: str) -> events.Fed:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.feed`."""
        length, path = argument.split(" ", 1)
        values = np.fromfile(path, "<i4").reshape(len(self._inputs), -1, int(length))
        self._feed = dict(zip(self._inputs, values.astype(np.int32), strict=True))
        return events.Fed()

    def run(self, argument: str) -> events.Ran:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.run`."""
        samples = []
        for _ in range(int(argument)):
            started = time.perf_counter()
            self._last = self._session.run(self._feed)
            samples.append(1000 * (time.perf_counter() - started))
        return events.Ran(samples)

    def cold(self, argument: str) -> events.Ran:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.cold`."""
        return events.Ran(memory.cold_ms(lambda: self.run("1").ms, int(argument)))

    def save(self, argument: str) -> events.Saved:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.save`."""
        arrays = [np.asarray(self._last[name], "<f4").ravel() for name in self._outputs]
        np.concatenate(arrays).tofile(argument)
        return events.Saved()

    def memory(self, argument: str) -> events.Memory:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.memory`."""
        return events.Memory(self._before_bytes, memory.peak_bytes())

    def profile(self, argument: str) -> events.Profile:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.profile`."""
        count = int(argument)
        name = self._row.name
        return events.Profile(profiles.measure(name, self._model, self._threads, self._feed, count))


@click.command()
@click.option("--runtime", required=True)
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--threads", type=int, required=True)
@click.option("--inputs", required=True)
@click.option("--outputs", required=True)
@click.option("--weight-cache", type=click.Path(path_type=Path), help="Of LiteRT: packed weights.")
@click.option("--evict", is_flag=True, help="Drop the file from the page cache first.")
def main(
    runtime: str,
    model: Path,
    threads: int,
    inputs: str,
    outputs: str,
    weight_cache: Path | None,
    evict: bool,
) -> None:
    """Opens the file and serves standard input until it ends."""
    send = serving.output()
    if evict:
        memory.evict(model)
    try:
        row = chosen(runtime, weight_cache)
        opened = Opened(row, model, threads, inputs.split(","), outputs.split(","))
        send(events.Loaded(opened.runtime, opened.load_ms))
        gc.disable()  # a collection in the middle of an inference would be counted as its time
        serving.serve(opened, send)
    except Exception as error:
        ours = isinstance(error, EdgekitError)
        serving.failed(send, str(error) if ours else f"{type(error).__name__}: {error}")
        os._exit(1)
    os._exit(0)  # destructors of C++ libraries have crashed here, and nothing is left to save


if __name__ == "__main__":
    main()
