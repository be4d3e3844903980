"""The report's page, opened in a browser and read as it is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import report_samples
from report_samples import BERT, DISTILBERT

from edgekit import report
from edgekit.benchmarks import chromium

needs_chromium = pytest.mark.skipif(
    chromium.find() is None, reason="no Chromium: make system, or name one in EDGEKIT_CHROMIUM"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    page = report.write(report.build(report_samples.everything()), out)
    assert page == out / "report.html"
    assert sorted(path.name for path in out.iterdir()) == sorted(report.FILES)
    return out


@dataclass
class Opened:
    """A page in a browser, and everything that it said or asked for on the way."""

    page: Any
    messages: list[str]
    requests: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.launched() as found:
        yield found


def opened(browser: Any, folder: Path, width: int = 1440, scheme: str = "light") -> Opened:
    viewport = {"width": width, "height": 900}
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    found = Opened(page, [], [])
    page.on("console", lambda message: found.messages.append(message.text))
    page.on("pageerror", lambda error: found.messages.append(str(error)))
    page.on("request", lambda request: found.requests.append(request.url))
    page.goto((folder / "report.html").as_uri())
    page.wait_for_function(
        "[...document.querySelectorAll('[data-part]')].every(part => 'drawn' in part.dataset)"
    )
    return found


@needs_chromium
def test_the_page_says_the_answer_first_and_asks_for_nothing(browser: Any, folder: Path) -> None:
    found = opened(browser, folder)
    headline = found.page.locator("h1").inner_text()
    assert headline.startswith(f"{DISTILBERT} int8 is ")
    assert headline.endswith(f" faster than {BERT} fp32, 6.3x smaller")
    assert found.messages == []
    assert found.requests == [(folder / "report.html").as_uri()]
    assert (folder / "report.html").stat().st_size < 5_000_000
