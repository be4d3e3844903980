"""A phone's browser as a target: onnxruntime-web in a headless Chromium of this machine.

The runtime is the one that a web app ships, WebAssembly with SIMD and as many threads as asked for;
the processor is this machine's. Each file has a Chromium of its own.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from edgekit.benchmarks.devices import app_runner, events
from edgekit.benchmarks.devices.app_runner import AppRequest, AppRunner, Events
from edgekit.benchmarks.devices.browser import chromium, runner, setup
from edgekit.benchmarks.devices.browser import launch as launching
from edgekit.benchmarks.devices.browser.page import PageFacts
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
        say: is told what is set up.
        limit_seconds: how long a page may take for one command before it is given up.

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
        """What a page tells of the browser, asked of one without a file."""
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
        """Starts the process of a runner, which starts the browser."""
        limit = ["--limit-seconds", str(self._limit_seconds)]
        return python_runner(runner.__name__, [*limit, *arguments])


class ThroughApp(Browser):
    """Headless Chromium, measured by the app of a site: the page that people open.

    Args:
        site: the site's folder, which ``edgekit app --platform web`` has written.
        say: is told what is set up.
        limit_seconds: how long a launch may take.

    Raises:
        EdgekitError: as with :class:`Browser`.
    """

    def __init__(
        self, site: Path, say: Say = lambda text: None, limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        super().__init__(say, limit_seconds)
        self.name = "browser:app"
        self._site = site

    def facts(self) -> DeviceFacts:
        """As without an app, and which app it is."""
        return {**super().facts(), "app": str(self._site), "runtime_build": "the app's own"}

    def scratch(self, name: str) -> str:
        """The path of the app's outputs: it saves no other file."""
        return super().scratch(app_runner.OUTPUTS)

    def start(self, launch: Launch) -> Runner:
        """An app that has opened the file once; each of its commands is a launch.

        Raises:
            RunnerError: the app says what it cannot do.
        """
        place = self.put(launch.artifact)

        def launched(commands: Sequence[str]) -> Events:
            return self._launched(AppRequest.of(commands, launch, place))

        return AppRunner(launched, self.scratch(""))

    def _launched(self, request: AppRequest) -> Events:
        """Launches the app once, in a browser of its own, and returns its answers."""
        limit = ["--limit-seconds", str(self._limit_seconds)]
        text = msgspec.json.encode(request.fields).decode()
        arguments = ["--site", str(self._site), "--request", text, *limit]
        output, _ = python_runner(launching.__name__, arguments).communicate()
        return app_runner.parsed(output)


class BrowserStartError(EdgekitError):
    """Chromium does not start, or refuses the page."""


def _open(options: DeviceOptions) -> Browser:
    """Opens the browser, or the app of a site in it; UnsupportedError if there is no such site."""
    if options.chosen is not None:
        raise UnsupportedError(f"browser has no '{options.chosen}': say just --device browser")
    if not options.via_app:
        return Browser(options.say)
    site = Path(options.app or "")
    if not (site / "site.json").is_file():
        raise UnsupportedError(
            "--via app wants a site, as --via app:SITE: write one with edgekit app --platform web"
        )
    return ThroughApp(site, options.say)


def _find() -> list[Found]:
    """The browser, with what has to be installed or fetched before."""
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


BROWSER = Driver("browser", _find, _open, _set_up, _clean, apps=True)
