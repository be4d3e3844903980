"""docs/postprocess.md, put into code once more from the document alone, against the bundles' files.

Nothing of edgekit computes here: what a Kotlin or Swift app would do, in plain Python.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from edgekit.bundle import Bundle

Case = Mapping[str, Any]
WHITE = {*range(9, 14), 32, 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288}


def array(row: Mapping[str, Any]) -> np.ndarray:
    if "fill" not in row:
        return np.array(row["values"], np.float32).reshape(row["shape"])
    flat = np.full(math.prod(row["shape"]), row["fill"], np.float32)
    flat[row["indices"]] = row["values"]
    return flat.reshape(row["shape"])


def softmax(logits: np.ndarray) -> list[float]:
    powers = [math.exp(x - max(logits)) for x in logits.tolist()]
    return [power / math.fsum(powers) for power in powers]


def best(logits: np.ndarray) -> list[int]:
    return sorted(range(len(logits)), key=lambda index: (-logits[index], index))


def mend(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and ord(text[start]) in WHITE:
        start += 1
    while start < end and ord(text[end - 1]) in WHITE:
        end -= 1
    if start < end:
        while start and unicodedata.category(text[start])[0] == "M":
            start -= 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":
            end += 1
    return start, end


def classify(whole: Case, case: Case) -> dict[str, Any]:
    logits = array(case["outputs"][0]["logits"])
    problem, names = whole["problem_type"] or "single_label_classification", whole["labels"]
    scores = {
        "single_label_classification": softmax(logits),
        "multi_label_classification": [1 / (1 + math.exp(-x)) for x in logits.tolist()],
        "regression": logits.tolist(),
    }[problem]
    ranks = best(logits)
    chosen = {
        "single_label_classification": ranks[:1],
        "multi_label_classification": [index for index in ranks if logits[index] > 0],
        "regression": [],
    }[problem]
    order = range(len(names)) if problem == "regression" else ranks
    rows = [{"label": names[i], "index": i, "score": scores[i]} for i in order]
    return {
        "problem_type": problem,
        "labels": rows[: case["top"]],
        "chosen": [names[index] for index in chosen],
    }


def words(whole: Case, case: Case) -> Iterator[dict[str, Any]]:
    (row,), (text,) = case["encodings"], case["texts"]
    logits = array(case["outputs"][0]["logits"])
    places = [place for place, word in enumerate(row["word_ids"]) if word is not None]
    for _, group in groupby(places, key=lambda place: row["word_ids"][place]):
        first, *rest = group
        start, end = mend(text, row["offsets"][first][0], row["offsets"][(rest or [first])[-1]][1])
        label = best(logits[first])[0]
        if start < end:
            yield {
                "label": whole["labels"][label],
                **{"text": text[start:end], "start": start, "end": end},
                "score": softmax(logits[first])[label],
            }


def tag(whole: Case, case: Case) -> dict[str, Any]:
    found, entities, kind = list(words(whole, case)), [], None
    for word in found:
        label = word["label"]
        own = label[2:] if label[:2] in ("B-", "I-") else label
        if label == "O":
            kind = None
        elif label[:2] == "B-" or own != kind:
            entities.append((kind := own, [word]))
        else:
            entities[-1][1].append(word)
    pieces = [(kind, run[0]["start"], run[-1]["end"], run) for kind, run in entities]
    return {
        "entities": [
            {
                "label": kind,
                **{"text": case["texts"][0][start:end], "start": start, "end": end},
                "score": sum(word["score"] for word in run) / len(run),
            }
            for kind, start, end, run in pieces
        ],
        "words": found,
    }


def find(whole: Case, case: Case) -> dict[str, Any]:
    context, found, null = case["texts"][1], [], math.inf
    for row, outputs in zip(case["encodings"], case["outputs"], strict=True):
        starts, ends = (array(outputs[f"{side}_logits"]) for side in ("start", "end"))
        null = min(null, float(starts[0] + ends[0]))
        inside = [place for place, part in enumerate(row["sequence_ids"]) if part == 1]
        found += [
            (-float(starts[i] + ends[j]), row["offsets"][i][0], row["offsets"][j][1])
            for i in inside
            for j in inside
            if i <= j < i + 30
        ]
    kept: dict[str, tuple[float, int, int]] = {}
    for negative, start, end in sorted(found):
        start, end = mend(context, start, end)
        if start < end and len(kept) < 20:
            kept.setdefault(context[start:end], (-negative, start, end))
    shares = softmax(np.array([*(score for score, *_ in kept.values()), null]))
    spans = [
        {"text": text, "start": start, "end": end, "score": score, "probability": share}
        for (text, (score, start, end)), share in zip(kept.items(), shares, strict=False)
    ]
    answered = bool(spans) and null - spans[0]["score"] <= 0
    return {
        "best": spans[0] if answered else None,
        "spans": spans[: case["top"]],
        "null_score": null,
    }


def fill(whole: Case, case: Case) -> dict[str, Any]:
    (row,), logits = case["encodings"], array(case["outputs"][0]["logits"])
    masks = [place for place, token in enumerate(row["input_ids"]) if token == whole["mask_id"]]
    return {
        "masks": [
            {
                **dict(zip(("start", "end"), row["offsets"][place], strict=True)),
                "fillers": [
                    {"token_id": index, "score": softmax(logits[place])[index]}
                    for index in best(logits[place])[: case["top"]]
                ],
            }
            for place in masks
        ]
    }


def compare(whole: Case, case: Case) -> dict[str, Any]:
    vectors = [array(outputs["sentence_embedding"]).tolist() for outputs in case["outputs"]]
    if len(vectors) == 1:
        return {"vector": vectors[0]}
    cosine = math.sumprod(*vectors) if hasattr(math, "sumprod") else np.dot(*vectors)
    return {"similarity": cosine / math.prod(math.hypot(*vector) for vector in vectors)}


TASKS: Mapping[str, Callable[[Case, Case], dict[str, Any]]] = {
    "text-classification": classify,
    "token-classification": tag,
    "question-answering": find,
    "fill-mask": fill,
    "sentence-similarity": compare,
}


def differences(found: Any, expected: Any, tolerance: float, place: str = "") -> Iterator[str]:
    """An app has no vocabulary at hand: a filler's ``token`` may be left out."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if expected.keys() - found.keys() - {"token"} or found.keys() - expected.keys():
            yield f"{place}: {found.keys()} and {expected.keys()}"
        for key in found.keys() & expected.keys():
            yield from differences(found[key], expected[key], tolerance, f"{place}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for index, pair in enumerate(zip(found, expected, strict=True)):
            yield from differences(*pair, tolerance, f"{place}[{index}]")
    elif isinstance(found, float) and isinstance(expected, int | float):
        if not abs(found - expected) <= tolerance:
            yield f"{place}: {found} and {expected}"
    elif found != expected:
        yield f"{place}: {found!r} and {expected!r}"


@pytest.mark.parametrize("task", TASKS)
def test_the_document_says_what_the_bundles_file_says(
    task: str, small: Callable[[str], Bundle]
) -> None:
    path = small(task).path / "postprocess.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert whole["task"] == task
    assert len(whole["cases"]) == 4
    for case in whole["cases"]:
        found = TASKS[task](whole, case)
        assert list(differences(found, case["answer"], whole["tolerance"])) == [], case["name"]
