"""The screen Try of ``android_demo/app``, asked in every task and answered as its code does."""

from __future__ import annotations

from collections.abc import Mapping

from layout_pages import View

FILE = View("model-int8.onnx (onnxruntime, int8, 23.0 MB)")
GONE = View(shown=False)


def _score(title: str, value: str, portion: float) -> tuple[str, Mapping[str, View]]:
    return "item_score", {
        "title": View(title),
        "value": View(value),
        "meter": View(portion=portion),
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
_PROBLEM = {
    "file": FILE,
    "page": View(children=(("ask_text", {"first": View("")}),)),
    "problem": View("Please enter a text.", shown=True),
}

TRIED: Mapping[str, Mapping[str, View]] = {
    "question": _QUESTION,
    "labels": _LABELS,
    "entities": _ENTITIES,
    "masks": _MASKS,
    "pair": _PAIR,
    "problem": _PROBLEM,
}
