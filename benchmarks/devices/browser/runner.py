"""The runner of a browser: one Chromium of its own with one file open in onnxruntime-web.

It speaks the protocol of :mod:`edgekit.benchmarks.devices.protocol` on its standard streams and
passes each command on to the page (``web/runner.js``). Without a model it says what the browser is.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec
import numpy as np

from edgekit.benchmarks.devices import events, memory, serving
from edgekit.benchmarks.devices.browser import chromium, setup
from edgekit.benchmarks.devices.browser.loopback import Loopback
from edgekit.benchmarks.devices.protocol import Launch
from edgekit.benchmarks.devices.serving import Send
from edgekit.errors import BundleError, EdgekitError, UnsupportedError

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from psutil import Process

T = TypeVar("T")
RUNTIME = "onnxruntime-web"
_OWN_FILES = ("index.html", "runner.js")
_CALL = "([name, values]) => globalThis.edgekit[name](...values)"
_DEATHS = ("target crashed", "has been closed", "connection closed")  # Playwright's words for it
_NOT_STARTED = (
    "start it by hand to see why, or name another in EDGEKIT_CHROMIUM; if it was killed, run the "
    "same command again"
)
_DIED = "it was killed or ran out of memory; run the same command again to measure this file"


class BrowserError(EdgekitError):
    """The page refused or hung, or the browser died."""


class PageFacts(events.Event, frozen=True, tag="facts"):
    """What a browser is, and what it shows to the page.

    Attributes:
        runtime: onnxruntime-web with its version.
        cores_seen: How many cores the page is told of.
        simd: Whether WebAssembly has instructions on 128 bits.
        cross_origin_isolated: Whether the page may use shared memory, and so threads.
        user_agent: The browser's name of itself.
        browser: Chromium with its version, which Playwright tells.
    """

    runtime: str
    cores_seen: int
    simd: bool
    cross_origin_isolated: bool
    user_agent: str
    browser: str = ""


class Page:
    """The benchmark's page.

    Args:
        browser: A running Chromium.
        url: Where the page is served.
        limit_seconds: How long a call may take before Chromium is ended.

    Raises:
        BrowserError: The page does not load.
    """

    def __init__(self, browser: Browser, url: str, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        with self._limited("start"):
            self._page = browser.new_page()
            self._page.set_default_timeout(0)  # this class has its own
            self._page.goto(url)
            self._page.wait_for_function("globalThis.edgekit")

    def call(self, name: str, kind: type[T], *values: object) -> T:
        """Calls one of the functions that ``web/runner.js`` exports.

        Args:
            name: The function's name.
            kind: The type of what it returns.
            values: Its arguments, plain JSON values.

        Raises:
            BrowserError: It threw, took too long, or Chromium died meanwhile.
        """
        with self._limited(name):
            return msgspec.convert(self._page.evaluate(_CALL, [name, values]), kind)

    @contextlib.contextmanager
    def _limited(self, what: str) -> Iterator[None]:
        import psutil
        from playwright.sync_api import Error

        over = threading.Event()

        def end() -> None:
            over.set()
            for process in _processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

        timer = threading.Timer(self._limit_seconds, end)
        timer.start()
        try:
            yield
        except Error as error:
            if over.is_set():
                raise BrowserError(
                    f"the page took longer than {self._limit_seconds:g} s for '{what}' and was "
                    "stopped: measure shorter texts or a smaller model"
                ) from error
            if _death(error):
                raise BrowserError(f"Chromium died during '{what}': {_DIED}") from error
            raise BrowserError(reason(error)) from error
        finally:
            timer.cancel()


def _processes() -> list[Process]:
    """Chromium's processes. Playwright's driver, this process's only child, is not among them."""
    import psutil

    me = psutil.Process()
    own = me.children()
    return [process for process in me.children(recursive=True) if process not in own]


def _death(error: Exception) -> bool:
    """Whether Chromium, or Playwright's driver of it, is gone."""
    return any(words in str(error).lower() for words in _DEATHS)


def reason(error: Exception) -> str:
    """What the page threw, without Playwright's name for the call and the stack."""
    if _death(error):
        return f"Chromium ended while it started: {_NOT_STARTED}"
    first = str(error).splitlines()[0]
    return first.removeprefix("Page.evaluate: ").removeprefix("Error: ")


class Opened:
    """An opened file, and what the runner's commands do with it.

    Args:
        page: The page that opens it.
        served: The server that hands the file out to the page, and takes its outputs.
        launch: What to open.

    Raises:
        BundleError: onnxruntime-web cannot open the file.
    """

    def __init__(self, page: Page, served: Loopback, launch: Launch) -> None:
        self._page, self._served, self._launch = page, served, launch
        page.call("start", type(None), launch.threads)
        self._memory = PageMemory()
        try:
            self.load_ms = page.call("open", float, list(launch.outputs))
        except BrowserError as error:
            raise BundleError(f"{launch.artifact.name} cannot be opened: {error}") from error

    def feed(self, argument: str) -> events.Fed:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.feed`."""
        length, path = argument.split(" ", 1)
        inputs = self._launch.inputs
        values = np.fromfile(path, "<i4").reshape(len(inputs), int(length))
        self._page.call("feed", type(None), dict(zip(inputs, values.tolist(), strict=True)))
        return events.Fed()

    def run(self, argument: str) -> events.Ran:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.run`."""
        return events.Ran(self._page.call("run", list[float], int(argument)))

    def cold(self, argument: str) -> events.Ran:
        """The processor is this machine's, and the page shares its largest cache."""
        return events.Ran(memory.cold_ms(lambda: self.run("1").ms, int(argument)))

    def save(self, argument: str) -> events.Saved:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.save`."""
        self._page.call("save", type(None))
        Path(argument).write_bytes(self._served.received)
        return events.Saved()

    def memory(self, argument: str) -> events.Memory:
        return self._memory.growth()

    def profile(self, argument: str) -> events.Profile:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.profile`."""
        raise UnsupportedError("onnxruntime-web keeps its profile to itself")


class PageMemory:
    """Memory of the process that the page lives in; Chromium's others are not the model's.

    It is counted from when this is made.
    """

    def __init__(self) -> None:
        self._before_bytes = _of_living(memory.reset_peak, _renderers())

    def growth(self) -> events.Memory:
        """What there was, and the peak since."""
        peaks = _of_living(memory.peak_bytes, self._before_bytes)
        before_bytes = sum(self._before_bytes[number] for number in peaks)
        return events.Memory(before_bytes, sum(peaks.values()))


def _of_living(measure: Callable[[int], int], numbers: Iterable[int]) -> dict[int, int]:
    """Bytes by process number; a process that has ended is left out.

    Chromium ends helpers of its own at any moment.
    """
    import psutil

    found = {}
    for number in numbers:
        with contextlib.suppress(OSError, psutil.Error):
            found[number] = measure(number)
    return found


def _renderers() -> list[int]:
    """The numbers of Chromium's processes that pages live in."""
    return [row.pid for row in _processes() if "--type=renderer" in _command(row)]


def _command(process: Process) -> list[str]:
    """The words of a process's command line; none of one that has ended since it was listed."""
    import psutil

    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@click.command()
@click.option("--model", type=click.Path(path_type=Path))
@click.option("--threads", type=int, default=1)
@click.option("--inputs", default="")
@click.option("--outputs", default="")
@click.option("--limit-seconds", type=float, required=True)
@click.option("--evict", is_flag=True, help="Drop the file from the page cache first.")
def main(
    model: Path | None,
    threads: int,
    inputs: str,
    outputs: str,
    limit_seconds: float,
    evict: bool,
) -> None:
    """Opens the file in a new browser and serves standard input until it ends."""
    from playwright.sync_api import Error

    names = tuple(inputs.split(",")), tuple(outputs.split(","))
    launch = Launch(RUNTIME, model, threads, *names, evict) if model else None
    send = serving.output()
    try:
        _serve(launch, limit_seconds, send)
    except (EdgekitError, Error, OSError) as error:
        serving.failed(send, reason(error))
        sys.exit(1)
    except Exception as error:  # nobody reads this process's stderr
        message = reason(error) if _death(error) else f"{type(error).__name__}: {error}"
        serving.failed(send, message)
        raise


def _serve(launch: Launch | None, limit_seconds: float, send: Send) -> None:
    model = launch.artifact if launch else None
    with chromium.launched() as browser, Loopback(_served(model)) as served:
        page = Page(browser, f"{served.url}index.html", limit_seconds)
        facts = page.call("facts", PageFacts)
        if launch is None:
            send(msgspec.structs.replace(facts, browser=f"Chromium {browser.version}"))
            return
        if launch.evict:
            memory.evict(launch.artifact)
        opened = Opened(page, served, launch)
        send(events.Loaded(facts.runtime, opened.load_ms))
        serving.serve(opened, send)


def _served(model: Path | None) -> Mapping[str, Path]:
    """The files of the page's server by their names there."""
    own = files(__package__).joinpath("web")
    found = {name: Path(str(own.joinpath(name))) for name in _OWN_FILES}
    found |= {name: setup.folder() / name for name in setup.WASM_FILES}
    return found if model is None else {**found, "model": model}


if __name__ == "__main__":
    main()
