"""The runner of this machine: one file in one Python runtime, told what to do line by line.

It speaks the protocol of :mod:`edgekit.benchmarks.devices.protocol`. ``pytorch`` opens a bundle's
folder: the checkpoint it was made of. Times include what the runtime's Python API adds:
microseconds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from edgekit.benchmarks.devices import memory
from edgekit.benchmarks.devices.host import profiles
from edgekit.errors import EdgekitError
from edgekit.runtime import table as runtimes
from edgekit.runtime.interpreters import Session
from edgekit.runtime.table import Runtime


def _eager(path: Path, threads: int) -> Session:
    from edgekit.runtime.eager import Eager

    return Eager(path, threads)


PYTORCH = Runtime("pytorch", "pytorch", _eager, "transformers.modeling_utils")
RUNTIMES: Mapping[str, Runtime] = {row.name: row for row in (*runtimes.RUNTIMES, PYTORCH)}
State = dict[str, Any]


class Opened:
    """An opened file, its inputs and the outputs of its last inference."""

    def __init__(
        self,
        runtime: Runtime,
        model: Path,
        threads: int,
        inputs: Sequence[str],
        outputs: Sequence[str],
    ) -> None:
        importlib.import_module(runtime.library)
        gc.collect()
        self._row, self._model, self._threads = runtime, model, threads
        self._inputs, self._outputs = inputs, outputs
        self._before_bytes = memory.reset_peak()
        started = time.perf_counter()
        self._session = runtimes.open_in(runtime, model, threads)
        self.load_ms = 1000 * (time.perf_counter() - started)
        self.runtime = self._session.runtime
        self._feed: dict[str, np.ndarray] = {}
        self._last: Mapping[str, np.ndarray] = {}

    def feed(self, argument: str) -> Mapping[str, Any]:
        length, path = argument.split(" ", 1)
        values = np.fromfile(path, "<i4").reshape(len(self._inputs), 1, int(length))
        self._feed = dict(zip(self._inputs, values.astype(np.int32), strict=True))
        return {"event": "fed"}

    def run(self, argument: str) -> Mapping[str, Any]:
        samples = []
        for _ in range(int(argument)):
            started = time.perf_counter()
            self._last = self._session.run(self._feed)
            samples.append(1000 * (time.perf_counter() - started))
        return {"event": "ran", "ms": samples}

    def save(self, argument: str) -> Mapping[str, Any]:
        arrays = [np.asarray(self._last[name], "<f4").ravel() for name in self._outputs]
        np.concatenate(arrays).tofile(argument)
        return {"event": "saved"}

    def memory(self, _: str) -> Mapping[str, Any]:
        peak_bytes = memory.peak_bytes()
        return {"event": "memory", "before_bytes": self._before_bytes, "peak_bytes": peak_bytes}

    def profile(self, argument: str) -> Mapping[str, Any]:
        rows = profiles.measure(
            self._row.name, self._model, self._threads, self._feed, int(argument)
        )
        return {"event": "profile", "operators": rows}

    @property
    def commands(self) -> Mapping[str, Callable[[str], Mapping[str, Any]]]:
        """What a line may begin with."""
        return {
            "feed": self.feed,
            "run": self.run,
            "save": self.save,
            "memory": self.memory,
            "profile": self.profile,
        }


def _serve(opened: Opened, say: Callable[[Mapping[str, Any]], None]) -> None:
    say({"event": "loaded", "runtime": opened.runtime, "load_ms": opened.load_ms})
    gc.disable()  # a collection in the middle of an inference would be counted as its time
    for line in sys.stdin:
        command, _, argument = line.rstrip("\n").partition(" ")
        if command == "quit":
            return
        say(opened.commands[command](argument))


@click.command()
@click.option("--runtime", required=True)
@click.option("--model", type=click.Path(path_type=Path), required=True)
@click.option("--threads", type=int, required=True)
@click.option("--inputs", required=True)
@click.option("--outputs", required=True)
@click.option("--evict", is_flag=True, help="Drop the file from the page cache first.")
def main(runtime: str, model: Path, threads: int, inputs: str, outputs: str, evict: bool) -> None:
    """Opens the file and serves standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print what they like

    def say(answer: Mapping[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    if evict:
        memory.evict(model)
    try:
        row = RUNTIMES[runtime]
        opened = Opened(row, model, threads, inputs.split(","), outputs.split(","))
        _serve(opened, say)
    except Exception as error:
        message = (
            str(error) if isinstance(error, EdgekitError) else f"{type(error).__name__}: {error}"
        )
        say({"event": "error", "message": " ".join(message.split())})
        os._exit(1)
    os._exit(0)  # destructors of C++ libraries have crashed here, and nothing is left to save


if __name__ == "__main__":
    main()
