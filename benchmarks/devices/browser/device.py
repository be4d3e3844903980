"""A phone's browser as a target: onnxruntime-web in a headless Chromium of this machine.

The runtime is the one that a web app ships, WebAssembly with SIMD and as many threads as asked for;
the processor is this machine's. Each file has a Chromium of its own.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import msgspec

from edgekit.benchmarks.devices import events
from edgekit.benchmarks.devices.browser import chromium, runner, setup
from edgekit.benchmarks.devices.browser.runner import PageFacts
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.host.facts import facts
from edgekit.benchmarks.devices.local import LocalFiles, python_runner
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, Runner
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.errors import EdgekitError, UnsupportedError
from edgekit.toolchains.setup import Say

LIMIT_SECONDS = 300.0  # for one command of the page, like one inference


class Browser(LocalFiles):
    """Headless Chromium.

    Args:
        say: Is told what is set up.
        limit_seconds: How long a page may take for one command before it is given up.

    Raises:
        EdgekitError: Chromium, Playwright or onnxruntime-web is missing, or does not start.
    """

    name = "browser"
    timed = True
    runtimes = runtimes_of(Platform.WEB)

    def __init__(self, say: Say = lambda text: None, limit_seconds: float = LIMIT_SECONDS) -> None:
        super().__init__()
        self._limit_seconds = limit_seconds
        chromium.executable()
        setup.setup(say)
        self._facts = self._asked()

    def facts(self) -> DeviceFacts:
        """This machine's facts, with what a page sees of it."""
        return self._facts

    def start(self, launch: Launch) -> Runner:
        """A browser with the file open; its load time includes fetching it from loopback.

        Raises:
            RunnerError: Chromium does not start, or onnxruntime-web cannot open the file.
        """
        evict = ["--evict"] if launch.evict else []
        arguments = launch.arguments(self.put(launch.artifact), self.scratch)
        return ProcessRunner(self._process([*arguments, *evict]))

    def _asked(self) -> DeviceFacts:
        """What the page of a browser without a file says."""
        output, _ = self._process([]).communicate()
        lines = output.splitlines()
        if not lines:
            raise BrowserStartError("the browser cannot be used: it ended without a word")
        page = msgspec.json.decode(lines[-1], type=PageFacts | events.Error)
        if isinstance(page, events.Error):
            raise BrowserStartError(f"the browser cannot be used: {page.message}")
        here = facts()
        return {
            **here,
            "machine": f"{page.browser} on {here['machine']}",
            **msgspec.structs.asdict(page),
            "time_limit_seconds": self._limit_seconds,
        }

    def _process(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        limit = ["--limit-seconds", str(self._limit_seconds)]
        return python_runner(runner.__name__, [*limit, *arguments])


class BrowserStartError(EdgekitError):
    """Chromium does not start, or refuses the page."""


def _open(options: DeviceOptions) -> Browser:
    if options.chosen is not None:
        raise UnsupportedError(f"browser has no '{options.chosen}': say just --device browser")
    return Browser(options.say)


def _find() -> list[Found]:
    name = f"onnxruntime-web {setup.VERSION} in headless Chromium"
    try:
        chromium.executable()
    except EdgekitError as error:
        return [Found("browser", name, str(error))]
    missing = setup.missing()
    return [Found("browser", name, f"{missing}: edgekit devices setup browser" if missing else "")]


def _set_up(say: Say) -> None:
    setup.setup(say)


def _clean(chosen: str | None) -> None:
    setup.clean()


BROWSER = Driver("browser", _find, _open, _set_up, _clean)
