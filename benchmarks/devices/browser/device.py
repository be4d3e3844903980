"""A phone's browser as a target: onnxruntime-web in a headless Chromium of this machine.

The runtime is the one that a web app ships, WebAssembly with SIMD and as many threads as asked for;
the processor is this machine's. Each file has a Chromium of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser import setup as browser_setup
from edgekit.benchmarks.devices.local import LocalFiles
from edgekit.benchmarks.devices.protocol import Runner
from edgekit.errors import EdgekitError

RUNTIME = "onnxruntime-web"
LIMIT_SECONDS = 300.0  # for one command of the page, like one inference


class Browser(LocalFiles):
    """Headless Chromium; whatever a page takes longer than ``limit_seconds`` for is given up.

    Raises:
        EdgekitError: Chromium, Playwright or onnxruntime-web is missing, or does not start.
    """

    name = "browser"
    timed = True

    def __init__(
        self, say: Callable[[str], None] = lambda text: None, limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        super().__init__()
        self._limit_seconds = limit_seconds
        chromium.executable()
        browser_setup.setup(say)
        self._facts = self._ask_facts()

    def facts(self) -> Mapping[str, Any]:
        """This machine's, with what a page sees of it."""
        return self._facts

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """onnxruntime-web's WebAssembly."""
        return (RUNTIME,) if format_name == "onnx" else ()

    def start(
        self,
        runtime: str,
        model: str,
        threads: int,
        inputs: str,
        outputs: str,
        *,
        evict: bool = False,
    ) -> Runner:
        """A browser with one file open; its load time includes fetching it from loopback.

        Raises:
            RunnerError: Chromium does not start, or onnxruntime-web cannot open the file.
        """
        arguments = {
            "--model": model,
            "--threads": str(threads),
            "--inputs": inputs,
            "--outputs": outputs,
        }
        flags = ["--evict"] if evict else []
        return Runner(self._process(*(part for pair in arguments.items() for part in pair), *flags))

    def _ask_facts(self) -> Mapping[str, Any]:
        from edgekit.benchmarks.devices.host.device import Host

        output, _ = self._process().communicate()
        lines = output.splitlines()
        answer = json.loads(lines[-1]) if lines else {"message": "it ended without a word"}
        if answer.pop("event", "error") == "error":
            raise BrowserStartError(f"the browser cannot be used: {answer['message']}")
        host = Host().facts()
        return {
            **host,
            "machine": f"{answer['browser']} on {host['machine']}",
            **answer,
            "time_limit_seconds": self._limit_seconds,
        }

    def _process(self, *arguments: str) -> subprocess.Popen[str]:
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        return subprocess.Popen(
            [
                *(sys.executable, "-c"),
                "from edgekit.benchmarks.devices.browser.runner import main; main()",
                *("--limit-seconds", str(self._limit_seconds), *arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path},
        )


class BrowserStartError(EdgekitError):
    """Chromium does not start, or refuses the page."""
