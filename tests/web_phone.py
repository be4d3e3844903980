"""web_demo's library on this machine: its sources, as they are, in Playwright's Node.js."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edgekit.benchmarks.devices.browser import setup
from edgekit.toolchains import web
from edgekit.toolchains.setup import SetupError

DEMO = Path(__file__).parent.parent / "web_demo"
TESTS = sorted((DEMO / "src" / "tests").glob("*.test.ts"))
PEER = DEMO / "src" / "tools" / "peer.ts"
_PROGRAM = DEMO / "src" / "tools" / "command-line.ts"


def command_line(heap_mb: int = 1024) -> list[str]:
    """What starts the program that obeys lines of JSON (``command-line.ts``).

    Args:
        heap_mb: the most that JavaScript may take for objects.

    Raises:
        SetupError: ``make web`` has not been run.
    """
    missing = setup.missing()
    if missing:
        raise SetupError(f"{missing}: make web")
    return [str(web.node()), f"--max-old-space-size={heap_mb}", str(_PROGRAM)]


def environment() -> Mapping[str, str]:
    """The variables of such a program: where onnxruntime-web is."""
    return {**os.environ, "EDGEKIT_ORT": str(setup.folder() / "ort.wasm.min.mjs")}
