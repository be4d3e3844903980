"""The runner of a browser: one Chromium of its own with one file open in onnxruntime-web.

It speaks the protocol of :mod:`edgekit.benchmarks.devices.protocol` on its standard streams and
passes each command on to the page (``web/runner.js``). Without a model it says what the browser is.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click
import msgspec
import numpy as np

from edgekit.benchmarks.devices import events, memory, serving
from edgekit.benchmarks.devices.browser import chromium, setup
from edgekit.benchmarks.devices.browser.loopback import Loopback
from edgekit.benchmarks.devices.browser.page import BrowserError, Page, PageFacts, gone, reason
from edgekit.benchmarks.devices.browser.page_memory import PageMemory
from edgekit.benchmarks.devices.protocol import Launch
from edgekit.benchmarks.devices.serving import Send
from edgekit.errors import BundleError, EdgekitError, UnsupportedError

RUNTIME = "onnxruntime-web"
_OWN_FILES = ("index.html", "runner.js")


class Opened:
    """An opened file, and what the runner's commands do with it.

    Args:
        page: the page that opens it.
        served: the server that hands the file out to the page, and takes its outputs.
        launch: what to open.

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
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.cold`.

        This process empties the processor's largest cache, which the page shares with it.
        """
        return events.Ran(memory.cold_ms(lambda: self.run("1").ms, int(argument)))

    def save(self, argument: str) -> events.Saved:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.save`."""
        self._page.call("save", type(None))
        Path(argument).write_bytes(self._served.received)
        return events.Saved()

    def memory(self, argument: str) -> events.Memory:
        """Resident memory of the process that the page lives in: before the file, and its peak."""
        return self._memory.growth()

    def profile(self, argument: str) -> events.Profile:
        """See :meth:`edgekit.benchmarks.devices.serving.Opened.profile`."""
        raise UnsupportedError("onnxruntime-web keeps its profile to itself")


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
        message = reason(error) if gone(error) else f"{type(error).__name__}: {error}"
        serving.failed(send, message)
        raise


def _serve(launch: Launch | None, limit_seconds: float, send: Send) -> None:
    """Starts a browser, opens the file in it, and serves until the input ends.

    Without a file, facts only.
    """
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
    """The files that the page may ask for, by their names in its addresses."""
    own = files(__package__).joinpath("web")
    found = {name: Path(str(own.joinpath(name))) for name in _OWN_FILES}
    found |= {name: setup.folder() / name for name in setup.WASM_FILES}
    return found if model is None else {**found, "model": model}


if __name__ == "__main__":
    main()
