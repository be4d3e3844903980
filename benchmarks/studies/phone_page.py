"""The app of a site in headless Chromium, opened as on a phone, with its models loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser.loopback import Loopback
from edgekit.files import tree

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

WIDTH = 390  # pixels, of most phones
_LOADED_MS = 300_000


@dataclass(frozen=True)
class Phone:
    """A browser that has loaded every bundle of a site.

    Attributes:
        url: the site's address.
        names: of its bundles.
        context: opens further tabs of the same browser.
    """

    url: str
    names: tuple[str, ...]
    context: BrowserContext

    def show(self, screen: str, name: str = "") -> Page:
        """Opens a screen in a new tab.

        Args:
            screen: what the address has after ``#``.
            name: of a bundle, for a screen that is of one.
        """
        page = self.context.new_page()
        page.goto(f"{self.url}#/{screen}/{name}" if screen else self.url)
        page.locator("main").wait_for()
        return page


@contextmanager
def opened(site: Path) -> Iterator[Phone]:
    """Serves a site, and loads what it has.

    Args:
        site: of ``edgekit app --platform web``.
    """
    names = tuple(sorted(path.name for path in (site / "bundles").iterdir()))
    files = {path.relative_to(site).as_posix(): path for path in tree(site)}
    files[""] = site / "index.html"
    with Loopback(files) as serving, chromium.launched() as browser:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": 844},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            reduced_motion="reduce",
        )
        phone = Phone(serving.url, names, context)
        page = phone.show("")
        for name in names:
            card = page.locator(f'.card[aria-label="{name}"]')
            card.get_by_role("button", name="Download").click()
            card.get_by_role("link", name="Try").wait_for(timeout=_LOADED_MS)
        page.evaluate("navigator.serviceWorker.ready")
        page.close()
        yield phone
