"""The page of a browser in which a file is opened, and Chromium's processes around it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from edgekit.benchmarks.devices import events
from edgekit.errors import EdgekitError

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from psutil import Process

T = TypeVar("T")
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
        cores_seen: how many cores the page is told of.
        simd: whether WebAssembly has instructions on 128 bits.
        cross_origin_isolated: whether the page may use shared memory, and so threads.
        user_agent: the browser's name of itself.
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
        browser: a running Chromium.
        url: where the page is served.
        limit_seconds: how long a call may take before Chromium is ended.

    Raises:
        BrowserError: the page does not load.
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
            name: the function's name.
            kind: the type of what it returns.
            values: its arguments, plain JSON values.

        Raises:
            BrowserError: it threw, took too long, or Chromium died meanwhile.
        """
        with self._limited(name):
            return msgspec.convert(self._page.evaluate(_CALL, [name, values]), kind)

    @contextlib.contextmanager
    def _limited(self, what: str) -> Iterator[None]:
        """Ends Chromium if what is done in the context takes too long.

        BrowserError about ``what`` then.
        """
        import psutil
        from playwright.sync_api import Error

        over = threading.Event()

        def end() -> None:
            over.set()
            for process in processes():
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
            if gone(error):
                raise BrowserError(f"Chromium died during '{what}': {_DIED}") from error
            raise BrowserError(reason(error)) from error
        finally:
            timer.cancel()


def processes() -> list[Process]:
    """Chromium's processes: all below this one but its child, Playwright's driver."""
    import psutil

    me = psutil.Process()
    own = me.children()
    return [process for process in me.children(recursive=True) if process not in own]


def gone(error: Exception) -> bool:
    """Whether Chromium, or Playwright's driver of it, is gone."""
    return any(words in str(error).lower() for words in _DEATHS)


def reason(error: Exception) -> str:
    """What the page threw, without Playwright's name for the call and the stack."""
    if gone(error):
        return f"Chromium ended while it started: {_NOT_STARTED}"
    first = str(error).splitlines()[0]
    return first.removeprefix("Page.evaluate: ").removeprefix("Error: ")
