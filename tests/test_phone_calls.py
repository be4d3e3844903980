"""Each function of the phone libraries that is for one task, searches, prompts and padding."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from phones import Phone
from test_phone_answers import FILE, TEXTS, compare, copied, refusal

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.postprocess import to_json

_CALLS = {
    "classify": ("text-classification",),
    "tag": ("token-classification",),
    "answer": ("question-answering",),
    "fill_mask": ("fill-mask",),
    "embed": ("sentence-similarity",),
    "similarity": ("sentence-similarity", "sparse-embedding", "late-interaction"),
    "sparse_embedding": ("sparse-embedding",),
    "late_interaction": ("late-interaction",),
    "features": ("feature-extraction",),
}


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name, tasks in _CALLS.items() for task in tasks]
)
def test_the_function_for_a_task_answers_as_edgekit_run(
    name: str, task: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    bundle = small(task)
    phone.open(bundle.path)
    texts = TEXTS[task][-1 if name in {"classify", "similarity"} else 0]
    with open_app(bundle, bundle.artifacts[0]) as app:
        expected = json.loads(json.dumps(to_json(app.answer(*texts))))
    compare(phone.ask("call", name=name, artifact=FILE, texts=texts), expected)


def test_the_function_for_another_task_is_refused(
    phone: Phone, small: Callable[[str], Bundle]
) -> None:
    for task in ("text-classification", "fill-mask"):
        phone.open(small(task).path)
        for name, tasks in _CALLS.items():
            if task not in tasks:
                asked = {"name": name, "artifact": FILE, "texts": ["a", "b"]}
                assert refusal(phone, "call", **asked) == "UnsupportedTask"


_PROMPTS = {
    "prompts": {"ask": "who: Zoe\u0308 ", "query": "find: ", "document": "text: "},
    "default_prompt_name": "ask",
}


@pytest.fixture
def prompted(small: Callable[[str], Bundle], tmp_path: Path) -> Callable[..., Bundle]:
    """A bundle for vectors with a prompt for each role, and other facts of its manifest."""

    def made(**facts: Any) -> Bundle:
        copy = tmp_path / "copy"
        if not copy.exists():
            copied(small("sentence-similarity"), tmp_path)
        manifest = json.loads((copy / MANIFEST).read_text())
        (copy / MANIFEST).write_text(json.dumps({**manifest, **_PROMPTS, **facts}))
        return Bundle.open(copy)

    return made


def test_prompts_stand_before_texts(phone: Phone, prompted: Callable[..., Bundle]) -> None:
    bundle = prompted()
    phone.open(bundle.path)
    with open_app(bundle, bundle.artifacts[0]) as app:
        for texts in TEXTS["sentence-similarity"]:
            expected = json.loads(json.dumps(to_json(app.answer(*texts))))
            compare(phone.ask("run", artifact=FILE, texts=texts), expected)
    for role in _PROMPTS["prompts"]:
        asked = {"name": "embed", "artifact": FILE, "texts": ["a cat"], "role": role}
        found = phone.ask("call", **asked)["vector"]
        assert found == pytest.approx(vectors(bundle, role, "a cat")[0], abs=2e-5)


def vectors(bundle: Bundle, role: str, *texts: str) -> np.ndarray:
    """Those of ``edgekit run`` with the role's prompt, one a row."""
    with open_app(bundle, bundle.artifacts[0]) as app:
        app.use_prompt(role)
        return np.array(
            [json.loads(json.dumps(to_json(app.answer(text))))["vector"] for text in texts]
        )


_ALIKE: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cosine": lambda x, y: (x @ y.T).ravel() / np.linalg.norm(x, axis=1) / np.linalg.norm(y),
    "dot": lambda x, y: x @ y.T,
    "euclidean": lambda x, y: -np.linalg.norm(x - y, axis=1),
    "manhattan": lambda x, y: -np.abs(x - y).sum(axis=1),
}


@pytest.mark.parametrize("similarity", _ALIKE)
def test_a_search_is_by_the_manifest(
    similarity: str, phone: Phone, prompted: Callable[..., Bundle]
) -> None:
    """By its similarity, with its prompts, the best first, of equal ones the first."""
    bundle = prompted(similarity=similarity)
    phone.open(bundle.path)
    sentences = ("two dogs", "a cat", "東京", "a cat", "so good", "A cat!")
    scores = _ALIKE[similarity](
        vectors(bundle, "document", *sentences), vectors(bundle, "query", "the cat")
    ).ravel()
    hits = phone.ask("call", name="search", artifact=FILE, texts=["the cat", *sentences])
    top = bundle.manifest.postprocessing.top
    order = np.argsort(-scores.round(6), kind="stable")[:top]
    assert [hit["index"] for hit in hits] == order.tolist()
    assert [hit["score"] for hit in hits] == pytest.approx(scores[order], abs=2e-5, rel=2e-5)


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def save_model(
    path: Path,
    nodes: list[onnx.NodeProto],
    outputs: dict[str, Any],
    inputs: tuple[str, ...] = _INPUTS,
) -> None:
    """A model that has each of its inputs as floats, too: its name with an underscore."""

    def infos(kind: int, shapes: dict[str, Any]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, kind, row) for name, row in shapes.items()]

    casts = [
        helper.make_node("Cast", [name], [f"{name}_"], to=TensorProto.FLOAT) for name in inputs
    ]
    graph = helper.make_graph(
        [*casts, *nodes],
        "fed",
        infos(TensorProto.INT32, dict.fromkeys(inputs, ("batch", "length"))),
        infos(TensorProto.FLOAT, outputs),
        [numpy_helper.from_array(np.array([1]), "axis")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def save_fed(path: Path) -> None:
    """A model that tells what it is fed: sums of its inputs, and of its ids by their places."""
    summed = ("placed_", *(f"{name}_" for name in _INPUTS))
    sums = [helper.make_node("ReduceSum", [each, "axis"], [f"{each}sum"]) for each in summed]
    output = "sentence_embedding"
    nodes = [
        helper.make_node("CumSum", ["input_ids_", "axis"], ["placed_"]),
        *sums,
        helper.make_node("Concat", [f"{each}sum" for each in summed], [output], axis=1),
    ]
    save_model(path, nodes, {output: ("batch", 4)})


def save_lengths(path: Path) -> None:
    """A model that answers questions with the number of tokens, whatever they are."""
    names = ("start_logits", "end_logits")
    nodes = [helper.make_node("ReduceSum", ["attention_mask_", "axis"], ["length_"])]
    nodes += [helper.make_node("Mul", ["attention_mask_", "length_"], [name]) for name in names]
    save_model(path, nodes, dict.fromkeys(names, ("batch", "length")), _INPUTS[:2])


def save_labels(path: Path, *of_labels: float) -> None:
    """A model that gives its labels these logits, whatever the text."""
    logits = numpy_helper.from_array(np.array([of_labels], np.float32))
    nodes = [
        helper.make_node("ReduceMin", ["attention_mask_"], ["one_"], axes=[1]),
        helper.make_node("Constant", [], ["logits_"], value=logits),
        helper.make_node("Mul", ["one_", "logits_"], ["logits"]),
    ]
    save_model(path, nodes, {"logits": ("batch", 3)})


def test_a_search_by_cosine_does_not_ask_for_lengths(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("sentence-similarity"), tmp_path)
    save_fed(copy / FILE)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["artifacts"][0]["outputs"][0]["shape"] = ["batch", 4]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    phone.open(copy)
    sentences = ("a", "a cat and two dogs", "so good")
    found = phone.ask("call", name="search", artifact=FILE, texts=["the cat", *sentences])
    query, *rows = (
        np.array(phone.ask("call", name="embed", artifact=FILE, texts=[text])["vector"])
        for text in ("the cat", *sentences)
    )
    scores = _ALIKE["cosine"](np.array(rows), query[None])
    assert {hit["index"]: hit["score"] for hit in found} == pytest.approx(
        dict(enumerate(scores)), abs=2e-5
    )


@pytest.mark.parametrize("threshold", [0.5, 0.2, 0.8])
def test_a_label_is_chosen_above_the_threshold(
    threshold: float, phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    save_labels(copy / FILE, 0, 1, -1)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["problem_type"] = "multi_label_classification"
    manifest["postprocessing"] |= {"activation": "sigmoid", "threshold": threshold}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    phone.open(copy)
    answer = phone.ask("run", artifact=FILE, texts=["a"])
    order = [label["index"] for label in answer["labels"]]
    assert order == [1, 0, 2]
    assert answer["chosen"] == [
        label["label"] for label in answer["labels"] if label["score"] > threshold
    ]


@pytest.mark.parametrize(
    ("activation", "kept"),
    [
        ("softmax", [(1, 1), (0, 0)]),
        ("sigmoid", [(1, 1), (0, 0)]),
        ("identity", [(0, -1000), (1, 1000)]),
    ],
)
def test_the_best_labels_are_kept_and_no_logit_is_too_large(
    activation: str,
    kept: list[tuple[int, float]],
    phone: Phone,
    small: Callable[[str], Bundle],
    tmp_path: Path,
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    save_labels(copy / FILE, -1000, 1000, -1000)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["postprocessing"] |= {"activation": activation, "top": 2}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    phone.open(copy)
    answer = phone.ask("run", artifact=FILE, texts=["a"])
    assert [(label["index"], label["score"]) for label in answer["labels"]] == kept


@pytest.mark.parametrize(("threshold", "is_shown"), [(0, True), (-1, False), (None, True)])
def test_no_answer_has_to_be_better_by_more_than_the_threshold(
    threshold: float | None,
    is_shown: bool,
    phone: Phone,
    small: Callable[[str], Bundle],
    tmp_path: Path,
) -> None:
    """Here every span is as good as none, and none has more than two tokens."""
    copy = copied(small("question-answering"), tmp_path)
    save_lengths(copy / FILE)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["postprocessing"] |= {"null_threshold": threshold, "max_answer_tokens": 2}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    phone.open(copy)
    answer = phone.ask("run", artifact=FILE, texts=["a", "b c d e f"])
    assert (answer["best"] is not None) == is_shown
    assert [span["text"] for span in answer["spans"]][:4] == ["b", "b c", "c", "c d"]


@pytest.mark.parametrize(("count", "shortest"), [(508, 512), (509, 133), (508 + 380, 512)])
def test_windows_share_128_tokens_and_the_last_one_ends_with_the_passage(
    count: int, shortest: int, phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("question-answering"), tmp_path)
    save_lengths(copy / FILE)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["artifacts"][0].pop("buckets", None)
    (copy / MANIFEST).write_text(json.dumps(manifest | {"max_length": 512}))
    phone.open(copy)
    answer = phone.ask("run", artifact=FILE, texts=["a", "b " * count])
    assert answer["null_score"] == 2 * shortest


@pytest.mark.parametrize(("count", "length"), [(1, 4), (2, 4), (3, 8), (6, 8), (7, 16)])
def test_a_row_is_padded_to_the_smallest_bucket(
    count: int, length: int, phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("sentence-similarity"), tmp_path)
    save_fed(copy / FILE)
    manifest = json.loads((copy / MANIFEST).read_text())
    artifact = manifest["artifacts"][0] | {"buckets": [16, 4, 8]}
    artifact["outputs"] = [artifact["outputs"][0] | {"shape": ["batch", 4]}]
    pad = 7
    (copy / MANIFEST).write_text(json.dumps(manifest | {"artifacts": [artifact], "pad_id": pad}))
    phone.open(copy)
    ids = phone.encode("a " * count)["ids"]
    assert len(ids) == count + 2
    padded = np.array(ids + [pad] * (length - len(ids)))
    expected = [padded.cumsum().sum(), padded.sum(), len(ids), 0]
    assert phone.ask("run", artifact=FILE, texts=["a " * count])["vector"] == expected


def test_a_long_text_loses_tokens_at_the_manifests_side(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("sentence-similarity"), tmp_path)
    manifest = json.loads((copy / MANIFEST).read_text())
    text, found = "first " + "of many words " * 40 + "last", {}
    for side in ("left", "right"):
        manifest["tokenizer"]["truncation_side"] = side
        (copy / MANIFEST).write_text(json.dumps(manifest))
        phone.open(copy)
        found[side] = phone.ask("run", artifact=FILE, texts=[text])["vector"]
        bundle = Bundle.open(copy)
        with open_app(bundle, bundle.artifacts[0]) as app:
            compare({"vector": found[side]}, json.loads(json.dumps(to_json(app.answer(text)))))
    assert found["left"] != pytest.approx(found["right"], abs=1e-3)
