"""The pictures of the app in ``docs/pictures``, taken anew: ``make screens``.

They are of the real app, at a phone's width, with the built-in model; a documentation that shows
screens which nobody can get would be worse than none.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.benchmarks.studies import phone_page
from edgekit.benchmarks.studies.phone_page import Phone

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_FILES = "model-int8.onnx,model-int8.tflite"
_WAIT_MS = 120_000


def _answer(page: Page) -> None:
    page.locator("button:enabled", has_text="Run").click()
    page.get_by_text("tokens, run at length").wait_for()


def _test(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    page.locator(".verdict").filter(has_text="cases").wait_for(timeout=_WAIT_MS)


def _compare(page: Page) -> None:
    page.get_by_role("button", name="Compare").click()
    page.locator(".columns .detail").last.filter(has_text="ms").wait_for(timeout=_WAIT_MS)


def _measure(page: Page) -> None:
    page.get_by_role("button", name="Measure").click()
    page.get_by_text("Median").wait_for(timeout=_WAIT_MS)


SCREENS: Mapping[str, Callable[[Page], None]] = {
    "": lambda page: page.get_by_role("link", name="Try").first.wait_for(),
    "try": _answer,
    "self-test": _test,
    "compare": _compare,
    "benchmark": _measure,
}


def take(phone: Phone, folder: Path) -> None:
    """Writes a picture of each screen in light and in dark."""
    for screen, use in SCREENS.items():
        page = phone.show(screen, phone.names[0] if screen else "")
        use(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(
                path=folder / f"web-{screen or 'models'}-{scheme}.jpg", type="jpeg", quality=50
            )
        page.close()


def main() -> None:
    """Converts the built-in model, and takes the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _edgekit(folder, "convert demo --to onnx,tflite --recipe int8 -o MiniLM.edgekit")
        _edgekit(folder, f"app MiniLM.edgekit --platform web -o site --artifact {_FILES}")
        with phone_page.opened(folder / "site") as phone:
            take(phone, FOLDER)


def _edgekit(folder: Path, arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "edgekit", *arguments.split()], cwd=folder, check=True)


if __name__ == "__main__":
    main()
