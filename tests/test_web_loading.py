"""The app in a browser and what serves it: what is loaded, kept and added, and what goes wrong."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from web_pages import (
    ONE,
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
from edgekit.benchmarks.devices.browser import chromium
from edgekit.bundle import Bundle

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
PARTLY = re.compile(r"Loaded .* of")  # of the runtime, which is loaded first


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
        problem.filter(has_text="A file of the bundle is damaged: test_web_loading.py").wait_for()
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
