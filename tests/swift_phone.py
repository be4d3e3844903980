"""ios_demo's EdgekitCore on this machine: the program ``edgekit-core``, optimised, in the cache."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from edgekit.toolchains import swift
from edgekit.toolchains.setup import SetupError

PACKAGE = Path(__file__).parent.parent / "ios_demo"
_BUILD = ("-c", "release", "--product", "edgekit-core")


def command_line() -> list[str]:
    """What starts the program that obeys lines of JSON (``Sources/edgekit-core``).

    Raises:
        SetupError: ``make swift`` has not been run.
        AssertionError: the sources do not compile; the message is the compiler's.
    """
    found = swift.found()
    if found is None:
        raise SetupError("Swift is not set up: make swift")
    command = found.package("build", PACKAGE, *_BUILD)
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert built.returncode == 0, built.stdout
    return found.program(swift.scratch_folder(PACKAGE) / "release" / "edgekit-core")


def environment() -> Mapping[str, str]:
    """The variables of such a program: where ONNX Runtime is, and that it reports nothing."""
    return {**os.environ, "EDGEKIT_ORT": str(_onnxruntime()), "ORT_DISABLE_TELEMETRY": "1"}


def _onnxruntime() -> Path:
    """The library of the Python package, which is not imported."""
    spec = importlib.util.find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    (library,) = (Path(spec.origin).parent / "capi").glob("libonnxruntime.so.*")
    return library
