"""Chromium without a window: where it is on this machine, and how edgekit starts it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import extras
from edgekit.errors import UnsupportedError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_START_SECONDS = 120.0  # a busy machine takes its time
_FLAGS = (
    *("--no-first-run", "--disable-gpu", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def find() -> Path | None:
    """The executable that ``EDGEKIT_CHROMIUM`` names, or one of a usual name, if any."""
    named = os.environ.get("EDGEKIT_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(found) if found else _MAC if _MAC.exists() else None


def executable() -> Path:
    """Chromium's executable, where all that starting it needs is there.

    Raises:
        MissingExtraError: Playwright is not installed.
        UnsupportedError: there is no Chromium.
    """
    extras.require("browser")
    found = find()
    if found is None:
        raise UnsupportedError(
            "no Chromium here: install it (Debian: apt-get install chromium) or name it in "
            "EDGEKIT_CHROMIUM"
        )
    if not found.is_file():
        raise UnsupportedError(f"{found} does not exist: EDGEKIT_CHROMIUM has to name Chromium")
    return found


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """Starts Chromium, and ends it with the context.

    Args:
        flags: options of Chromium's command line beside edgekit's own.

    Returns:
        The running browser, as Playwright gives it.

    Raises:
        MissingExtraError: Playwright is not installed.
        UnsupportedError: there is no Chromium.
    """
    path = executable()
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    options = [*_FLAGS, *flags, *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(path), args=options, timeout=1000 * _START_SECONDS
        )
        try:
            yield browser
        finally:
            browser.close()
