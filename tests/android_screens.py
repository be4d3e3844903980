"""The screens of ``android_demo/app`` as their code fills them, for drawing without a phone.

``python tests/android_screens.py FOLDER`` writes a page and a picture of each, in every look.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from layout_pages import Look, Resources, View, page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RES = Path(__file__).parent.parent / "android_demo" / "app" / "src" / "main" / "res"
LOOKS = (Look(), Look(night=True), Look(rtl=True), Look(font_scale=2.0))
GONE, SHOWN = View(shown=False), View(shown=True)
FILE = View("model-int8.onnx (onnxruntime, int8, 23.0 MB)")


def _score(title: str, value: str, portion: float) -> tuple[str, Mapping[str, View]]:
    return "item_score", {
        "title": View(title),
        "value": View(value),
        "meter": View(portion=portion),
    }


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
_PASSAGE = (
    "The Apollo 11 mission landed the first two people on the Moon on 20 July 1969. Neil Armstrong "
    "and Buzz Aldrin spent about two and a quarter hours outside the spacecraft and collected 21.5 "
    "kilograms of rock, while {{Michael Collins}} stayed in orbit."
)
_TIMING = View("38 ms, 74 tokens, run at length 128")
_QUESTION = {
    "file": FILE,
    "page": View(
        children=(
            (
                "ask_question",
                {
                    "first": View("Who stayed in orbit?"),
                    "second": View(_PASSAGE.replace("{{", "").replace("}}", "")),
                },
            ),
        )
    ),
    "notice": View(
        "The passage is longer than the model reads at once: it was read in 3 overlapping windows, "
        "and the best answer of all was kept.",
        shown=True,
    ),
    "answer": View(
        children=(
            (
                "answer_passage",
                {
                    "best": View("Michael Collins"),
                    "marked": View(_PASSAGE),
                    "scores": View(
                        children=(
                            _score("Michael Collins", "93.1%", 0.931),
                            _score("Collins", "3.2%", 0.032),
                            _score("Neil Armstrong and Buzz Aldrin", "1.9%", 0.019),
                            _score("Buzz Aldrin", "0.6%", 0.006),
                            _score("while Michael Collins", "0.3%", 0.003),
                        )
                    ),
                },
            ),
        )
    ),
    "timing": _TIMING,
}
_REVIEW = "The plot is thin, but the actors are wonderful and I laughed all the way home."
_LABELS = {
    "file": FILE,
    "page": View(
        children=(("ask_pair", {"first": View(_REVIEW), "second": View("")}),),
    ),
    "answer": View(
        children=(
            (
                "answer_scores",
                {
                    "best": View("Chosen: positive"),
                    "scores": View(
                        children=(
                            _score("positive", "97.4%", 0.974),
                            _score("a label whose name is rather long, as some are", "1.8%", 0.018),
                            _score("negative", "0.8%", 0.008),
                        )
                    ),
                },
            ),
        )
    ),
    "timing": _TIMING,
}
_ENTITIES = {
    "file": FILE,
    "page": View(
        children=(
            (
                "ask_text",
                {
                    "first": View(
                        "Marie Curie moved from Warsaw to Paris and worked at the Sorbonne."
                    )
                },
            ),
        )
    ),
    "answer": View(
        children=(
            (
                "answer_entities",
                {
                    "marked": View(
                        "{{1|Marie Curie}} moved from {{2|Warsaw}} to {{2|Paris}} and worked at "
                        "the {{3|Sorbonne}}."
                    ),
                    "scores": View(
                        children=(
                            _score("Marie Curie (PER)", "99.1%", 0.991),
                            _score("Warsaw (LOC)", "98.7%", 0.987),
                        )
                    ),
                },
            ),
        )
    ),
    "timing": _TIMING,
}
_CHIPS = tuple(
    ("item_chip", {"": View(f"{word} {share}%")})
    for word, share in (
        *(("Paris", 71), ("Lyon", 8), ("Marseille", 4)),
        *(("Internationalisation", 2), ("Nice", 1)),
    )
)
_MASKS = {
    "file": FILE,
    "page": View(children=(("ask_mask", {"first": View("The capital of France is [MASK].")}),)),
    "answer": View(
        children=(
            (
                "answer_masks",
                {
                    "marked": View("The capital of France is {{Paris}}."),
                    "masks": View(
                        children=(
                            (
                                "item_mask",
                                {"title": View("Blank 1"), "chips": View(children=_CHIPS)},
                            ),
                        )
                    ),
                },
            ),
        )
    ),
    "timing": _TIMING,
}
_PAIR = {
    "file": FILE,
    "page": View(
        children=(
            (
                "ask_pair",
                {
                    "first": View("A man is playing a guitar on the street."),
                    "second": View("Someone makes music outside."),
                },
            ),
        )
    ),
    "answer": View(
        children=(
            (
                "answer_scores",
                {
                    "best": View("Similarity 0.684"),
                    "scores": View(),
                },
            ),
        )
    ),
    "timing": _TIMING,
    "more": View(
        children=(
            (
                "search",
                {
                    "state": View("1000 sentences indexed in 21.4 s"),
                    "indexed": View(shown=True, portion=1.0),
                    "index": GONE,
                    "query": View("a vet at the beach"),
                    "hits": View(
                        children=(
                            _score("A veterinarian fell asleep by the sea.", "0.612", 0.612),
                            _score(
                                "A veterinarian took photographs of birds by the sea.",
                                "0.587",
                                0.587,
                            ),
                        )
                    ),
                },
            ),
        )
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
_PROBLEM = {
    "file": FILE,
    "page": View(children=(("ask_text", {"first": View("")}),)),
    "problem": View("Please enter a text.", shown=True),
}
_EMPTY = {"empty": SHOWN, "push": _MODELS["push"]}

SCREENS: Mapping[str, tuple[str, Mapping[str, View]]] = {
    "models": ("activity_models", _MODELS),
    "models-empty": ("activity_models", _EMPTY),
    "try-question": ("activity_try", _QUESTION),
    "try-labels": ("activity_try", _LABELS),
    "try-entities": ("activity_try", _ENTITIES),
    "try-masks": ("activity_try", _MASKS),
    "try-pair": ("activity_try", _PAIR),
    "try-problem": ("activity_try", _PROBLEM),
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
