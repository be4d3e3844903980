"""The app in a browser, in real Chromium: every task and screen, mostly without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from web_pages import (
    ONE,
    PHONE,
    TASKS,
    Served,
    answer,
    card,
    controlled,
    go,
    load,
    served,
)

import edgekit
from edgekit import reporting as report
from edgekit.benchmarks.devices.browser import chromium
from edgekit.bundle import Bundle
from edgekit.reporting import sources

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
AXE = Path(__file__).parent.parent / "web_demo" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ("try", "self-test", "compare", "benchmark")
SHIFTS = """() => {
  globalThis.moved = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => { moved += entry.value; }))
    .observe({ type: 'layout-shift' });
}"""


@pytest.fixture(scope="module")
def shared_page(chrome: Browser, site: Path) -> Iterator[Any]:
    """A phone that has loaded every bundle, and then lost its network for good."""
    with served(site) as found:
        context = chrome.new_context(**PHONE)
        page = context.new_page()
        page.goto(found.url)
        for task in TASKS:
            load(page, f"small-{task}")
        controlled(page)
        context.set_offline(True)
        page.reload()
        yield page
        context.close()


@pytest.mark.parametrize("task", TASKS)
def test_every_golden_and_postprocessing_case_passes_without_a_network(
    shared_page: Any, task: str, small: Callable[[str], Bundle]
) -> None:
    go(shared_page, "self-test", f"small-{task}")
    shared_page.get_by_role("button", name="Start").click()
    verdict = shared_page.locator(".verdict")
    verdict.filter(has_text="cases").wait_for()
    bundle = small(task)
    texts = [case for case in bundle.golden().cases if case.text is not None]
    made = json.loads((bundle.path / "postprocess.json").read_text())
    cases = len(texts) + len(bundle.golden().cases) + len(made["cases"])
    assert verdict.inner_text() == f"Passed: all {cases} cases"


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_tried_without_a_network(shared_page: Any, task: str) -> None:
    go(shared_page, "try", f"small-{task}")
    assert answer(shared_page).strip()


def test_two_files_are_compared_and_the_measurement_is_one_of_edgekit_report(
    open_page: Callable[[Served], Any], bundle: Bundle, tmp_path: Path
) -> None:
    names = ("model-int8.onnx", "model-fp32.onnx")
    edgekit.make_app(bundle.path, platform="web", out=tmp_path / "site", artifact=names)
    with served(tmp_path / "site") as found:
        page = open_page(found)
        load(page, "classifier")
        go(page, "compare", "classifier")
        page.get_by_role("button", name="Compare").click()
        page.get_by_text("Both give the same answer.").wait_for()
        go(page, "benchmark", "classifier")
        page.get_by_label("Runs").fill("2")
        page.get_by_role("button", name="Measure").click()
        page.get_by_text("runs 3 to 1,000").wait_for()
        page.get_by_label("Runs").fill("5")
        page.get_by_role("button", name="Measure").click()
        page.get_by_text("Median").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Share as JSON").click()
        results = tmp_path / "results.jsonl"
        saved.value.save_as(results)
    (measured,) = sources.read([results]).measurements
    assert measured.subject.bundle_id == Bundle.open(tmp_path / "site/bundles/classifier").id
    assert measured.conditions.device == "browser"
    assert len(measured.latency_ms) == 5
    assert report.build([measured]).settings[0].threads == 2


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_fits_and_axe_finds_no_violation(
    shared_page: Any, width: int, scheme: str
) -> None:
    if not AXE.is_file():
        pytest.skip("no axe-core: make web")
    page = shared_page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    found = {}
    for task in ("question-answering", "fill-mask"):
        go(page, "try", f"small-{task}")
        answer(page)
        found[f"try {task}"] = faults(page)
    for screen in (*SCREENS, "about", ""):
        go(page, screen, ONE if screen in SCREENS else "")
        page.locator("main > :nth-child(2)").wait_for()
        found[screen] = faults(page)
    assert not any(found.values()), found


def faults(page: Any) -> list[str]:
    """What axe finds on the screen, and whether it is wider than the window."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"
    )
    # not innerWidth: a phone's browser shows what is too wide smaller, and then that grows with it
    wide = page.evaluate("document.documentElement.scrollWidth") - page.viewport_size["width"]
    return [*found, *([f"{wide} pixels too wide"] if wide > 0 else [])]


def test_nothing_moves_while_answers_come(shared_page: Any) -> None:
    page = shared_page
    page.set_viewport_size({"width": 390, "height": 844})
    for screen, name, start, end in (
        *(("try", f"small-{task}", "Run", "tokens, run at") for task in TASKS),
        ("self-test", ONE, "Start", "cases"),
        ("compare", ONE, "Compare", "same answer"),
    ):
        go(page, screen, name)
        page.locator("button:enabled", has_text=start).wait_for()
        page.evaluate(SHIFTS)
        page.get_by_role("button", name=start, exact=True).click()
        page.get_by_text(end).wait_for()
        page.wait_for_timeout(100)
        assert page.evaluate("moved") == 0, (screen, name)


def test_the_keyboard_is_enough(shared_page: Any) -> None:
    page = shared_page
    go(page, "")
    card(page, ONE).get_by_role("link", name="Try").focus()
    page.keyboard.press("Enter")
    page.get_by_text("onnxruntime-web").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.get_by_label("First text").focus()
    for _ in range(2):  # the second text, Run
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"
    page.keyboard.press("Enter")
    page.get_by_text("tokens, run at length").wait_for()
