"""A site of ``edgekit app`` in real Chromium: served here, opened as on a phone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import edgekit
from edgekit.benchmarks.devices.browser import chromium, setup
from edgekit.bundle import Bundle
from edgekit.mobile import server
from edgekit.mobile.web_runtimes import ONNX
from edgekit.toolchains.setup import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WASM = ONNX.wasm_path
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
TASKS = (
    "question-answering",
    "text-classification",
    "token-classification",
    "fill-mask",
    "sentence-similarity",
    "sparse-embedding",
    "late-interaction",
    "feature-extraction",
)
ONE = "small-text-classification"
GATE_BYTES = 4_000_000  # of the runtime are sent before the gate


@dataclass
class Served:
    """A site that is served.

    Attributes:
        folder: the site.
        url: its address.
        asked: for which files, in order, each with the byte that it was asked from.
        gate: while it is closed, of the runtime only the beginning is sent.
    """

    folder: Path
    url: str = ""
    asked: list[tuple[str, int]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def asked_for(self, name: str) -> list[int]:
        """The bytes from which a file was asked for."""
        return [start for found, start in self.asked if found == name]


@contextmanager
def served(folder: Path, plain: bool = False) -> Iterator[Served]:
    """Serves a site. A plain server has no headers of its own, as many hosts."""
    found = Served(folder)
    found.gate.set()

    class Recording(server.Handler):
        def do_GET(self) -> None:  # noqa: N802
            start = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")
            found.asked.append((self.path[1:], int(start)))
            super().do_GET()

        def copyfile(self, source: Any, outputfile: Any) -> None:
            if self.path[1:] == WASM and not found.gate.is_set():
                outputfile.write(source.read(GATE_BYTES))
                outputfile.flush()
                found.gate.wait(60)
            super().copyfile(source, outputfile)

    class Plain(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with server.opened(folder, 0, Plain if plain else Recording) as opened:
        opened.daemon_threads = True
        opened.handle_error = lambda *_: None  # a browser that goes away
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        found.url = server.url(opened)
        yield found
        found.gate.set()
        opened.shutdown()


@pytest.fixture(scope="module")
def site(small: Callable[[str], Bundle], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a bundle of each task."""
    try:
        setup.setup()
    except SetupError as error:
        pytest.skip(str(error))
    out = tmp_path_factory.mktemp("web") / "site"
    edgekit.make_app(*(small(task).path for task in TASKS), platform="web", out=out)
    return out


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium.launched() as opened:
        yield opened


@pytest.fixture
def open_page(chrome: Browser) -> Iterator[Callable[[Served], Any]]:
    """Opens a site on another phone."""
    contexts = []

    def opened(found: Served) -> Any:
        contexts.append(chrome.new_context(**PHONE))
        page = contexts[-1].new_page()
        page.goto(found.url)
        return page

    yield opened
    for context in contexts:
        context.close()


def copied(site: Path, out: Path) -> Path:
    """A site that a test may change, at no cost: its files are the same ones."""
    return Path(shutil.copytree(site, out, copy_function=_link))


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def replaced(path: Path, content: bytes) -> None:
    """Other content, in a file that a test had only linked."""
    path.unlink()
    path.write_bytes(content)


def card(page: Any, name: str) -> Any:
    """A bundle's card on the screen Models."""
    return page.locator(f'.card[aria-label="{name}"]')


def load(page: Any, name: str) -> None:
    """Downloads a bundle."""
    card(page, name).get_by_role("button", name="Download").click()
    ready(page, name)


def ready(page: Any, name: str) -> None:
    """Waits until a bundle can be tried."""
    card(page, name).get_by_role("link", name="Try").wait_for()


def controlled(page: Any) -> None:
    """Waits until the service worker answers for the page."""
    page.evaluate(
        "new Promise(done => navigator.serviceWorker.controller ? done() :"
        " navigator.serviceWorker.addEventListener('controllerchange', () => done()))"
    )


def go(page: Any, screen: str, name: str = "") -> None:
    """Shows a screen by its address."""
    page.evaluate("address => { location.hash = address }", f"#/{screen}/{name}")
    page.locator("main").wait_for()


def answer(page: Any) -> str:
    """Runs what stands on the screen Try, and returns the answer's text."""
    page.locator("button:enabled", has_text="Run").click()
    page.get_by_text("tokens, run at length").wait_for()
    found: str = page.locator(".answer").inner_text()
    return found
