"""The runner of this machine: what counts as opening a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.benchmarks.devices.host.runner import RUNTIMES
from edgekit.bundle import Bundle

PROGRAM = """
import json, os, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from edgekit.benchmarks.devices.host.runner import Opened, chosen

name, cache, model, inputs, rows = json.loads(sys.argv[1])
row = chosen(name, cache and Path(cache))
before = set()

def opening(path, threads):
    before.update(sys.modules)
    return row.open(path, threads)

opened = Opened(replace(row, open=opening), Path(model), 1, inputs, [])
opened.feed(f"16 {rows}")
opened.run("1")
late = [row for row in set(sys.modules) - before if row.split(".")[0] != "edgekit"]
print(json.dumps(late), flush=True)
os._exit(0)  # as the runner ends: Core AI aborts most processes that end right after an answer
"""


def late_imports(name: str, bundle: Bundle, folder: Path, *, cached: bool = False) -> list[str]:
    """What is imported after the clock of opening a bundle's file has been started.

    Args:
        name: The runtime, as a launch calls it.
        bundle: Its first file of the runtime's format is opened and run once.
        folder: An empty one for inputs and weights.
        cached: Whether LiteRT keeps its packed weights in a file.
    """
    model = next(row.path for row in bundle.artifacts if row.format == RUNTIMES[name].format)
    inputs = [spec.name for spec in bundle.signature.inputs]
    rows = folder / "rows"
    rows.write_bytes(bytes(4 * 16 * len(inputs)))
    cache = str(folder / "weights") if cached else None
    asked = json.dumps([name, cache, str(model), inputs, str(rows)])
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, asked], capture_output=True, text=True, check=True
    )
    late: list[str] = json.loads(ended.stdout.splitlines()[-1])
    return [name for name in late if name.split(".")[0] not in sys.stdlib_module_names]


@pytest.mark.parametrize(
    ("runtime", "cached"), [("onnxruntime", False), ("litert", False), ("litert", True)]
)
def test_the_time_of_opening_is_not_that_of_an_import(
    runtime: str, cached: bool, bundle: Bundle, tmp_path: Path
) -> None:
    assert late_imports(runtime, bundle, tmp_path, cached=cached) == []
