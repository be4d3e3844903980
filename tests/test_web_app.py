"""The app in a browser, in real Chromium: every task and screen, and what goes wrong on the way."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from web_pages import (
    PHONE,
    WASM,
    Served,
    answer,
    card,
    controlled,
    copied,
    go,
    load,
    ready,
    replaced,
    served,
)

import edgekit
from edgekit import reporting as report
from edgekit.benchmarks.devices.browser import chromium, setup
from edgekit.bundle import Bundle
from edgekit.reporting import sources
from edgekit.toolchains.setup import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
AXE = Path(__file__).parent.parent / "web_demo" / "node_modules" / "axe-core" / "axe.min.js"
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
PARTLY = re.compile(r"Loaded .* of")  # of the runtime, which is loaded first
SCREENS = ("try", "self-test", "compare", "benchmark")
SHIFTS = """() => {
  globalThis.moved = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => { moved += entry.value; }))
    .observe({ type: 'layout-shift' });
}"""


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


def test_nothing_leaves_the_page(
    open_page: Callable[[Served], Any], site: Path, tmp_path: Path
) -> None:
    with served(site) as found, served(site) as elsewhere:
        page = open_page(found)
        addresses: list[str] = []
        page.context.on("request", lambda request: addresses.append(request.url))
        page.reload()
        load(page, ONE)
        go(page, "try", ONE)
        page.get_by_label("First text").fill("a secret")
        answer(page)
        before = len(found.asked)
        answer(page)
        assert len(found.asked) == before, "a text is answered without any request"
        assert addresses
        assert all(address.startswith((found.url, "blob:")) for address in addresses)
        send = (
            f"fetch('{elsewhere.url}site.json', {{ mode: 'no-cors' }}).then(() => 'sent', String)"
        )
        assert "TypeError" in page.evaluate(send)
        assert not elsewhere.asked
        assert "secret" not in json.dumps(found.asked)


def test_a_file_that_is_damaged_on_the_way_is_refused_and_loaded_again(
    open_page: Callable[[Served], Any], site: Path, tmp_path: Path
) -> None:
    folder = copied(site, tmp_path / "site")
    model = folder / "bundles" / ONE / "model-fp32.onnx"
    right = model.read_bytes()
    replaced(model, right[:1000] + bytes([right[1000] ^ 1]) + right[1001:])
    with served(folder) as found:
        page = open_page(found)
        card(page, ONE).get_by_role("button", name="Download").click()
        problem = card(page, ONE).get_by_role("alert")
        problem.wait_for()
        assert "A file of the bundle is damaged" in problem.inner_text()
        assert "model-fp32.onnx" in problem.inner_text()
        replaced(model, right)
        card(page, ONE).get_by_role("button").click()
        ready(page, ONE)


def test_a_full_storage_is_one_line_and_goes_on_when_there_is_space(
    open_page: Callable[[Served], Any], site: Path
) -> None:
    with served(site) as found:
        page = open_page(found)
        storage = page.context.new_cdp_session(page)
        quota = {"origin": found.url.rstrip("/"), "quotaSize": 6_000_000}
        storage.send("Storage.overrideQuotaForOrigin", quota)
        card(page, ONE).get_by_role("button", name="Download").click()
        problem = card(page, ONE).get_by_role("alert")
        problem.wait_for()
        assert problem.inner_text() == "There is not enough space in this browser."
        storage.send("Storage.overrideQuotaForOrigin", {"origin": quota["origin"]})
        card(page, ONE).get_by_role("button").click()
        ready(page, ONE)


def test_a_tab_that_is_reloaded_goes_on_where_it_was(
    open_page: Callable[[Served], Any], site: Path
) -> None:
    with served(site) as found:
        page = open_page(found)
        card(page, ONE).get_by_text("runtime 14.2 MB").wait_for()  # said before it is loaded
        found.gate.clear()
        card(page, ONE).get_by_role("button", name="Download").click()
        card(page, ONE).get_by_text(PARTLY).wait_for()
        page.reload()
        left = card(page, ONE).get_by_role("button")
        left.wait_for()
        found.gate.set()
        left.click()
        ready(page, ONE)
        first, *others = found.asked_for(WASM)
        assert first == 0
        assert others
        assert min(others) > 0, "what was there is not loaded again"


def test_two_tabs_load_a_file_once(open_page: Callable[[Served], Any], site: Path) -> None:
    with served(site) as found:
        found.gate.clear()
        one = open_page(found)
        other = one.context.new_page()
        other.goto(found.url)
        for page in (one, other):
            card(page, ONE).get_by_role("button", name="Download").click()
        card(one, ONE).get_by_text(PARTLY).wait_for()
        found.gate.set()
        for page in (one, other):
            ready(page, ONE)
        assert found.asked_for(WASM) == [0]


def test_a_newer_site_is_offered_and_shown(
    open_page: Callable[[Served], Any], site: Path, tmp_path: Path, small: Callable[[str], Bundle]
) -> None:
    folder = copied(site, tmp_path / "site")
    with served(folder) as found:
        page = open_page(found)
        controlled(page)
        newer = shutil.copytree(small("fill-mask").path, tmp_path / "newer.edgekit")
        edgekit.make_app(newer, platform="web", out=folder)
        page.reload()
        page.get_by_role("button", name="Reload").click()
        card(page, "newer").wait_for()
        assert page.locator(".card").count() == 1


def test_a_host_without_headers_gives_threads_from_the_second_visit_on(
    open_page: Callable[[Served], Any], site: Path
) -> None:
    with served(site, plain=True) as found:
        page = open_page(found)
        assert not page.evaluate("crossOriginIsolated")
        controlled(page)
        page.reload()
        assert page.evaluate("crossOriginIsolated")
        load(page, ONE)
        go(page, "try", ONE)
        page.get_by_text("WebAssembly, 2 threads").wait_for()


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


def test_a_bundle_is_added_without_uploading_it(
    open_page: Callable[[Served], Any], site: Path, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    added = Path(shutil.copytree(small("fill-mask").path, tmp_path / "mine.edgekit"))
    packed = shutil.make_archive(str(added), "zip", tmp_path, added.name)
    model = added / "model-fp32.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    damaged = shutil.make_archive(str(tmp_path / "damaged"), "zip", added)
    folder = shutil.copytree(small("fill-mask").path, tmp_path / "folder.edgekit")
    with served(site) as found:
        page = open_page(found)
        card(page, ONE).wait_for()
        methods: list[str] = []
        page.context.on("request", lambda request: methods.append(request.method))
        problem = page.locator("main > .problem")
        pick(page, damaged)
        problem.filter(has_text="A file of the bundle is damaged: model-fp32.onnx").wait_for()
        pick(page, __file__)
        problem.filter(has_text="A file of the bundle is damaged: test_web_app.py").wait_for()
        pick(page, packed)
        card(page, "mine").get_by_role("button", name="Download 14.2 MB").wait_for()
        assert set(methods) == {"GET"}
        assert not any("mine" in name for name, _ in found.asked)
        pick(page, packed)
        problem.filter(has_text="There is a bundle called mine already").wait_for()
        pick(page, folder, place=1)
        card(page, "folder").get_by_role("button", name="Download 14.2 MB").wait_for()
        page.reload()
        load(page, "mine")
        go(page, "try", "mine")
        assert answer(page).strip()
        go(page, "")
        card(page, "mine").get_by_role("button", name="Remove").click()
        card(page, "mine").wait_for(state="detached")


def pick(page: Any, path: str | Path, place: int = 0) -> None:
    """Adds a ZIP file on the screen Models, or in place 1 a folder."""
    page.locator('input[type="file"]').nth(place).set_input_files(path)
