"""The app's screens as pages in Chromium: nothing is cut off, unreadable, or too small to touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from android_screens import LOOKS, SCREENS, written
from layout_resources import Look

from edgekit.benchmarks.devices.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
LEAST_CONTRAST = 4.5  # WCAG 2.2, AA, for text
LEAST_TOUCH_DP = 48  # Android's accessibility guide
FAULTS = """([least, touch]) => {
  const rgb = css => css.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const back = view => {
    for (let at = view; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
  };
  const faults = [];
  const width = document.body.clientWidth;
  for (const view of document.querySelectorAll('body *')) {
    const box = view.getBoundingClientRect(), style = getComputedStyle(view);
    if (!box.width || style.visibility === 'hidden') continue;
    const name = (view.dataset.id || view.className) + ' "' + view.textContent.slice(0, 30) + '"';
    if (box.left < -0.5 || box.right > width + 0.5 || view.scrollWidth > view.clientWidth + 1)
      faults.push(name + ' is cut off');
    if (view.classList.contains('touch') && box.height < touch)
      faults.push(name + ' is too small to touch');
    const words = [...view.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!words || style.opacity < 1) continue;
    const [x, y] = [light(rgb(style.color)), light(back(view))].sort((a, b) => b - a);
    const contrast = (x + 0.05) / (y + 0.05);
    if (contrast < least) faults.push(name + ' has contrast ' + contrast.toFixed(2));
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as opened:
        yield opened


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_screen_can_be_read_and_touched(browser: Browser, look: Look) -> None:
    page: Any = browser.new_page(viewport={"width": look.width_dp, "height": 700})
    found = {}
    for screen in SCREENS:
        page.set_content(written(screen, look))
        found[screen] = page.evaluate(FAULTS, [LEAST_CONTRAST, LEAST_TOUCH_DP])
    page.close()
    assert not any(found.values()), found
