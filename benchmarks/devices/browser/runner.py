"""The runner of a browser: one Chromium of its own with one file open in onnxruntime-web.

It speaks the protocol of :mod:`edgekit.benchmarks.devices.protocol` on its standard streams and
passes each command on to the page (``web/runner.js``). Without a model it says what the browser is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import numpy as np

from edgekit.benchmarks.devices import memory
from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser import setup as browser_setup
from edgekit.benchmarks.devices.browser.loopback import Loopback
from edgekit.errors import BundleError, EdgekitError, UnsupportedError

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


class Page:
    """The benchmark's page; if it takes longer than ``limit_seconds`` for a call, Chromium ends."""

    def __init__(self, browser: Any, url: str, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        with self._limited("start"):
            self._page = browser.new_page()
            self._page.set_default_timeout(0)  # this class has its own
            self._page.goto(url)
            self._page.wait_for_function("globalThis.edgekit")

    def call(self, name: str, *values: Any) -> Any:
        """One of the functions that ``web/runner.js`` exports.

        Raises:
            BrowserError: it threw, took too long, or Chromium died meanwhile.
        """
        with self._limited(name):
            return self._page.evaluate(_CALL, [name, values])

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
            raise BrowserError(_reason(error)) from error
        finally:
            timer.cancel()


def _processes() -> list[Any]:
    """Chromium's; Playwright's own, this one's only child, is not among them."""
    import psutil

    me = psutil.Process()
    own = me.children()
    return [process for process in me.children(recursive=True) if process not in own]


def _death(error: Exception) -> bool:
    """Whether Chromium, or Playwright's driver of it, is gone."""
    return any(words in str(error).lower() for words in _DEATHS)


def _reason(error: Exception) -> str:
    """What the page threw, without Playwright's name for the call and the stack."""
    if _death(error):
        return f"Chromium ended while it started: {_NOT_STARTED}"
    first = str(error).splitlines()[0]
    return first.removeprefix("Page.evaluate: ").removeprefix("Error: ")


class Opened:
    """An opened file, and what the runner's commands do with it."""

    def __init__(self, page: Page, served: Loopback, options: Mapping[str, Any]) -> None:
        self._page, self._served = page, served
        self._inputs = options["inputs"].split(",")
        page.call("start", options["threads"])
        self._before = _of_living(memory.reset_peak, _renderers())
        try:
            self.load_ms = page.call("open", options["outputs"].split(","))
        except BrowserError as error:
            raise BundleError(f"{options['model'].name} cannot be opened: {error}") from error

    def feed(self, argument: str) -> Mapping[str, Any]:
        length, path = argument.split(" ", 1)
        values = np.fromfile(path, "<i4").reshape(len(self._inputs), int(length))
        self._page.call("feed", dict(zip(self._inputs, values.tolist(), strict=True)))
        return {"event": "fed"}

    def run(self, argument: str) -> Mapping[str, Any]:
        return {"event": "ran", "ms": self._page.call("run", int(argument))}

    def save(self, argument: str) -> Mapping[str, Any]:
        self._page.call("save")
        Path(argument).write_bytes(self._served.received)
        return {"event": "saved"}

    def memory(self, _: str) -> Mapping[str, Any]:
        """Of the process that the page lives in; Chromium's others are not the model's."""
        peaks = _of_living(memory.peak_bytes, self._before)
        before_bytes = sum(self._before[number] for number in peaks)
        return {"event": "memory", "before_bytes": before_bytes, "peak_bytes": sum(peaks.values())}

    def profile(self, _: str) -> Mapping[str, Any]:
        raise UnsupportedError("onnxruntime-web keeps its profile to itself")

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


def _of_living(measure: Callable[[int], int], numbers: Iterable[int]) -> dict[int, int]:
    """Bytes by process; Chromium ends helpers of its own at any moment."""
    import psutil

    found = {}
    for number in numbers:
        with contextlib.suppress(OSError, psutil.Error):
            found[number] = measure(number)
    return found


def _renderers() -> list[int]:
    return [row.pid for row in _processes() if "--type=renderer" in _command(row)]


def _command(process: Any) -> list[str]:
    """Its words; none of a process that ended since it was listed, as Chromium's helpers do."""
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
def main(**options: Any) -> None:
    """Opens the file in a new browser and serves standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print what they like

    def say(answer: Mapping[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    from playwright.sync_api import Error

    try:
        _serve(options, say)
    except (EdgekitError, Error, OSError) as error:
        say({"event": "error", "message": " ".join(_reason(error).split())})
        sys.exit(1)
    except Exception as error:  # nobody reads this process's stderr
        message = _reason(error) if _death(error) else f"{type(error).__name__}: {error}"
        say({"event": "error", "message": message})
        raise


def _serve(options: Mapping[str, Any], say: Callable[[Mapping[str, Any]], None]) -> None:
    model = options["model"]
    with chromium.launched() as browser, Loopback(_served(model)) as served:
        page = Page(browser, f"{served.url}index.html", options["limit_seconds"])
        facts = page.call("facts")
        if model is None:
            say({"event": "facts", "browser": f"Chromium {browser.version}", **facts})
            return
        if options["evict"]:
            memory.evict(model)
        opened = Opened(page, served, options)
        say({"event": "loaded", "runtime": facts["runtime"], "load_ms": opened.load_ms})
        for line in sys.stdin:
            command, _, argument = line.rstrip("\n").partition(" ")
            if command == "quit":
                return
            say(opened.commands[command](argument))


def _served(model: Path | None) -> Mapping[str, Path]:
    """By their names on the page's server."""
    own = files("edgekit.benchmarks.devices.browser").joinpath("web")
    found = {name: Path(str(own.joinpath(name))) for name in _OWN_FILES}
    found |= {name: browser_setup.folder() / name for name in browser_setup.FILES}
    return found if model is None else {**found, "model": model}


if __name__ == "__main__":
    main()
