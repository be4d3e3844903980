"""What opens files in the app for browsers beside onnxruntime's WebAssembly: LiteRT, and WebGPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from web_pages import PHONE, answer, card, go, load, served

import edgekit
from edgekit.benchmarks.devices.browser import chromium
from edgekit.bundle import Bundle
from edgekit.mobile.web_runtimes import LITERT, ONNX, ONNX_WEBGPU
from edgekit.toolchains.setup import SetupError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]
NAME = "small-text-classification"
SWIFTSHADER = (  # a graphics processor that is none
    *("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"),
    "--enable-features=Vulkan",
)


@pytest.fixture
def page() -> Iterator[Any]:
    """A phone whose browser has no WebGPU."""
    with chromium.launched() as browser:
        yield browser.new_context(**PHONE).new_page()


def site_of(bundle: Bundle, out: Path, *files: str) -> Path:
    try:
        edgekit.make_app(bundle.path, platform="web", out=out, artifact=files)
    except SetupError as error:
        pytest.skip(str(error))
    return out


def verdict_of(page: Any, name: str, place: int) -> str:
    """The verdict of the self-test of one of the files that the screen offers."""
    go(page, "self-test", name)
    page.get_by_label("File").select_option(index=place)
    page.get_by_text("Not tested in this browser yet").wait_for()
    page.get_by_role("button", name="Start").click()
    verdict = page.locator(".verdict")
    verdict.filter(has_text="cases").wait_for(timeout=120_000)
    found: str = verdict.inner_text()
    return found


def test_litert_passes_every_golden_text_and_is_compared_with_onnxruntime(
    page: Any, bundle: Bundle, tmp_path: Path
) -> None:
    site = site_of(bundle, tmp_path / "site", "model-int8.onnx", "model-int8.tflite")
    with served(site) as found:
        page.goto(found.url)
        card(page, "classifier").get_by_text("runtime 23.6 MB").wait_for()
        load(page, "classifier")
        assert verdict_of(page, "classifier", 1).startswith("Passed")
        assert page.get_by_text("Has passed its self-test in this browser.").is_visible()
        go(page, "compare", "classifier")
        page.get_by_role("button", name="Compare").click()
        page.get_by_text("Both give the same answer.").wait_for()
        go(page, "try", "classifier")
        page.get_by_label("File").select_option(index=1)
        page.get_by_text(f"{LITERT.title}, WebAssembly, 1 thread").wait_for()
        assert answer(page)
        assert not found.asked_for(ONNX_WEBGPU.wasm_path)


def test_a_site_without_tflite_files_has_no_litert(
    page: Any, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    site = site_of(small("text-classification"), tmp_path / "site")
    assert not (site / LITERT.place).exists()
    with served(site) as found:
        page.goto(found.url)
        load(page, NAME)
        assert page.get_by_role("button", name="Add WebGPU").count() == 0, "this browser has none"
        assert found.asked_for(ONNX.wasm_path) == [0]


def test_webgpu_is_loaded_on_request_and_called_proven_after_its_self_test(
    brief: Bundle, tmp_path: Path
) -> None:
    names = ("model-fp32.onnx", "model-int8.onnx")
    site, name = site_of(brief, tmp_path / "site", *names), brief.path.stem
    with chromium.launched(*SWIFTSHADER) as browser, served(site) as found:
        page = browser.new_context(**PHONE).new_page()
        page.goto(found.url)
        if not page.evaluate("navigator.gpu?.requestAdapter().then(found => found !== null)"):
            pytest.skip("this Chromium has no WebGPU without a graphics processor")
        load(page, name)
        assert not found.asked_for(ONNX_WEBGPU.wasm_path)
        page.get_by_role("button", name="Add WebGPU: 16.8 MB").click()
        page.get_by_role("button", name="Add WebGPU").wait_for(state="detached")
        card(page, name).get_by_role("link", name="Try").wait_for()
        for place in (1, 3):  # of each file the second is that on the graphics processor
            assert verdict_of(page, name, place).startswith("Passed")
        go(page, "try", name)
        page.get_by_label("File").select_option(index=3)
        page.get_by_text(f"{ONNX_WEBGPU.title}, WebGPU").wait_for(timeout=60_000)
        assert page.get_by_text("Has passed its self-test in this browser.").is_visible()
        assert answer(page)
