"""The screens of ``android_demo/app`` as their code fills them, for drawing without a phone.

``python tests/android_screens.py FOLDER`` writes a page and a picture of each, in every look.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from android_answers import FILE, TRIED
from layout_pages import View, page
from layout_resources import Look, Resources

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RES = Path(__file__).parent.parent / "android_demo" / "app" / "src" / "main" / "res"
LOOKS = (Look(), Look(night=True), Look(rtl=True), Look(font_scale=2.0))


def _model(name: str, task: str, facts: str, *, random: bool) -> tuple[str, Mapping[str, View]]:
    return "item_model", {
        "name": View(name),
        "task": View(task),
        "facts": View(facts),
        "random": View(shown=random),
    }


def _check(title: str, difference: str = "") -> tuple[str, Mapping[str, View]]:
    return "item_check", {
        "title": View(title),
        "value": View("failed" if difference else "passed"),
        "difference": View(difference, shown=bool(difference)),
    }


_MODELS = {
    "models": View(
        children=(
            _model(
                "all-MiniLM-L6-v2",
                "Sentence similarity and search, up to 256 tokens",
                "113.3 MB\nFiles: model-fp32.onnx (onnxruntime, fp32), model-int8.onnx "
                "(onnxruntime, int8)\nOrigin: sentence-transformers/all-MiniLM-L6-v2\n"
                "Licence: apache-2.0",
                random=False,
            ),
            _model(
                "distilbert-base-squad-random-with-a-long-name",
                "Question answering, up to 384 tokens",
                "67.0 MB\nFiles: model-int8.onnx (onnxruntime, int8)\nOrigin: config\n"
                "Licence: not stated",
                random=True,
            ),
        )
    ),
    "push": View(
        "From a computer: adb push NAME.edgekit "
        "/storage/emulated/0/Android/data/dev.edgekit.demo/files/bundles/"
    ),
}
_SELF_TEST = {
    "file": FILE,
    "progress": View(shown=True, portion=0.8),
    "verdict": View("Failed: 1 of 48 cases"),
    "checks": View(
        children=(
            _check("golden: plain sentence"),
            _check(
                "golden: emoji and combining marks",
                "input_ids[7] is 11113 and should be 100",
            ),
            _check("postprocess: ties"),
        )
    ),
}
_COMPARE = {
    "left": View("model-fp32.onnx (onnxruntime, fp32, 90.3 MB)"),
    "right": FILE,
    "page": View(
        children=(
            (
                "ask_question",
                {
                    "first": View("Who stayed in orbit?"),
                    "second": View("Michael Collins stayed in orbit."),
                },
            ),
        )
    ),
    "left_title": View("model-fp32.onnx"),
    "left_answer": View("Michael Collins (93.1%)"),
    "left_timing": View("71 ms"),
    "right_title": View("model-int8.onnx"),
    "right_answer": View("Michael Collins (91.8%)"),
    "right_timing": View("38 ms"),
    "verdict": View("Both give the same answer."),
}
_MEASURE = {
    "file": FILE,
    "length": View("128"),
    "threads": View("2"),
    "runs": View("50"),
    "progress": View(shown=True, portion=1.0),
    "median": View("Median 38.2 ms"),
    "details": View("50 runs, 10th to 90th percentile 37.6 to 41.9 ms"),
}
_ABOUT = {
    "versions": View("App 0.1, Android 15 (API 35), Pixel 8\nRuntimes: onnxruntime 1.29.0\n"),
    "models": View("all-MiniLM-L6-v2: apache-2.0"),
}
_EMPTY = {"empty": View(shown=True), "push": _MODELS["push"]}

SCREENS: Mapping[str, tuple[str, Mapping[str, View]]] = {
    "models": ("activity_models", _MODELS),
    "models-empty": ("activity_models", _EMPTY),
    **{f"try-{name}": ("activity_try", views) for name, views in TRIED.items()},
    "self-test": ("activity_self_test", _SELF_TEST),
    "compare": ("activity_compare", _COMPARE),
    "measure": ("activity_measure", _MEASURE),
    "about": ("activity_about", _ABOUT),
}


def written(screen: str, look: Look) -> str:
    """A screen as a page."""
    layout, views = SCREENS[screen]
    return page(Resources(RES, look), layout, views)


def draw(folder: Path, browser: Browser) -> None:
    """Writes a page and a picture of every screen in every look."""
    folder.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        shown = browser.new_page(viewport={"width": look.width_dp, "height": 700})
        for screen in SCREENS:
            path = folder / f"{screen}-{look.name}"
            path.with_suffix(".html").write_text(written(screen, look))
            shown.set_content(path.with_suffix(".html").read_text())
            shown.screenshot(path=path.with_suffix(".png"), full_page=True)
        shown.close()


if __name__ == "__main__":
    from edgekit.benchmarks.devices.browser import chromium

    with chromium.launched() as opened:
        draw(Path(sys.argv[1]), opened)
