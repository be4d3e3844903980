"""The phone libraries give the answers of ``edgekit run``, of every task, and refuse in words."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from phones import Phone, PhoneError

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.postprocess import to_json

_TEXTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "question-answering": (
        ("Who built it?", "It was built by Zoë Müller in São Paulo."),
        ("Where?", "In the beginning there was a house by the sea. " * 40),
    ),
    "text-classification": (("A café, not bad.",), ("one 👍🏽", "two שָׁלוֹם")),
    "token-classification": (("Jean-Claude met Zoe\u0308 in 東京, U.S.A.",),),
    "fill-mask": (("Paris is the [MASK] of [MASK].",),),
    "sentence-similarity": (("a cat",), ("a cat", "a dog")),
    "feature-extraction": (("Cafe\u0301 nai\u0308ve",),),
    "sparse-embedding": (("a cat",), ("a cat", "a dog")),
    "late-interaction": (("a cat",), ("a cat", "two dogs and 東京")),
}
_FILE = "model-fp32.onnx"


def compare(found: Any, expected: Any) -> None:
    """Scores within float32's own rounding, all else equal."""
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=2e-5, rel=2e-5)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            compare(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            compare(one, other)
    else:
        assert found == expected


@pytest.mark.parametrize("task", _TEXTS)
def test_answers_are_those_of_edgekit_run(
    task: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    bundle = small(task)
    phone.open(bundle.path)
    with open_app(bundle, bundle.artifacts[0]) as app:
        for texts in _TEXTS[task]:
            expected = json.loads(json.dumps(to_json(app.answer(*texts))))
            compare(phone.ask("run", artifact=_FILE, texts=texts), expected)


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
    texts = _TEXTS[task][-1 if name in {"classify", "similarity"} else 0]
    with open_app(bundle, bundle.artifacts[0]) as app:
        expected = json.loads(json.dumps(to_json(app.answer(*texts))))
    compare(phone.ask("call", name=name, artifact=_FILE, texts=texts), expected)


def test_the_function_for_another_task_is_refused(
    phone: Phone, small: Callable[[str], Bundle]
) -> None:
    for task in ("text-classification", "fill-mask"):
        phone.open(small(task).path)
        for name, tasks in _CALLS.items():
            if task not in tasks:
                asked = {"name": name, "artifact": _FILE, "texts": ["a", "b"]}
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
        for texts in _TEXTS["sentence-similarity"]:
            expected = json.loads(json.dumps(to_json(app.answer(*texts))))
            compare(phone.ask("run", artifact=_FILE, texts=texts), expected)
    for role in _PROMPTS["prompts"]:
        asked = {"name": "embed", "artifact": _FILE, "texts": ["a cat"], "role": role}
        found = phone.ask("call", **asked)["vector"]
        assert found == pytest.approx(vectors(bundle, role, "a cat")[0], abs=2e-5)


def vectors(bundle: Bundle, role: str, *texts: str) -> np.ndarray:
    """Those of ``edgekit run`` with the role's prompt, one a row."""
    with open_app(bundle, bundle.artifacts[0]) as app:
        app.use_prompt(role)
        return np.array([json.loads(json.dumps(to_json(app.answer(text))))["vector"] for text in texts])


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
    hits = phone.ask("call", name="search", artifact=_FILE, texts=["the cat", *sentences])
    top = bundle.manifest.postprocessing.top
    order = np.argsort(-scores.round(6), kind="stable")[:top]
    assert [hit["index"] for hit in hits] == order.tolist()
    assert [hit["score"] for hit in hits] == pytest.approx(scores[order], abs=2e-5, rel=2e-5)


def fed_model(path: Path) -> None:
    """A model that tells what it is fed: its length, and sums of its inputs."""
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["batch", "length"])
        for name in names
    ]
    nodes = [
        helper.make_node("Cast", [name], [f"{name} float"], to=TensorProto.FLOAT) for name in names
    ]
    nodes += [
        helper.make_node("CumSum", ["input_ids float", "axis"], ["ids"]),
        *(
            helper.make_node("ReduceSum", [each, "axis"], [f"{each} sum"])
            for each in ("ids", *(f"{name} float" for name in names))
        ),
    ]
    sums = [f"{each} sum" for each in ("ids", *(f"{name} float" for name in names))]
    nodes.append(helper.make_node("Concat", sums, ["sentence_embedding"], axis=1))
    output = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", 4])
    axis = numpy_helper.from_array(np.array([1]), "axis")
    graph = helper.make_graph(nodes, "fed", inputs, [output], [axis])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.mark.parametrize(("count", "length"), [(1, 4), (2, 4), (3, 8), (6, 8), (7, 16)])
def test_a_row_is_padded_to_the_smallest_bucket(
    count: int, length: int, phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("sentence-similarity"), tmp_path)
    fed_model(copy / _FILE)
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
    assert phone.ask("run", artifact=_FILE, texts=["a " * count])["vector"] == expected


@pytest.mark.parametrize("task", _TEXTS)
def test_a_bundle_tests_itself(task: str, phone: Phone, small: Callable[[str], Bundle]) -> None:
    bundle = small(task)
    phone.open(bundle.path)
    report = phone.ask("selftest", artifact=_FILE)
    assert report["passed"], [case for case in report["cases"] if not case["passed"]][:3]
    counts = Counter(case["part"] for case in report["cases"])
    cases = json.loads((bundle.path / "postprocess.json").read_text())["cases"]
    texts = len(bundle.golden().cases)
    assert counts == {"tokenizer": texts, "outputs": texts, "postprocessing": len(cases)}


def test_every_file_is_within_its_tolerance(phone: Phone, bundle: Bundle) -> None:
    """In this machine's builds of the phones' runtimes, one text in each bucket's shape."""
    phone.open(bundle.path)
    files = [row for row in bundle.artifacts if row.format in phone.library.formats]
    assert len(files) > 1
    for row in files:
        report = phone.ask("selftest", artifact=row.path.name)
        assert report["passed"], (row.path.name, report["runtime"])


def test_a_wrong_answer_is_told(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    golden = json.loads((copy / "golden.json").read_text())
    golden["cases"][0]["input_ids"][1] += 1
    (copy / "golden.json").write_text(json.dumps(golden))
    phone.open(copy)
    report = phone.ask("selftest", artifact=None)
    failed = [case for case in report["cases"] if not case["passed"]]
    assert not report["passed"]
    assert [case["name"] for case in failed] == [golden["cases"][0]["name"]]
    assert "token 1" in failed[0]["difference"]


def copied(bundle: Bundle, folder: Path) -> Path:
    return Path(shutil.copytree(bundle.path, folder / "copy"))


def refusal(phone: Phone, do: str, **fields: Any) -> str:
    with pytest.raises(PhoneError) as told:
        phone.ask(do, **fields)
    assert len(told.value.message.splitlines()) == 1
    assert "SECRET" not in told.value.message, "no text of the user's is in a message"
    return told.value.kind


def test_damaged_bundles_are_refused(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    manifest = (copy / MANIFEST).read_text()
    kinds = {
        "{": "DamagedFile",
        "[" * 100_000: "DamagedFile",
        manifest.replace('"1.5"', '"1.4"'): "UnsupportedSchema",
        manifest.replace('"1.5"', '"2.0"'): "UnsupportedSchema",
        manifest.replace('"golden.json"', '"../golden.json"'): "DamagedFile",
        manifest[: len(manifest) // 2]: "DamagedFile",
    }
    for text, kind in kinds.items():
        (copy / MANIFEST).write_text(text)
        assert refusal(phone, "open", bundle=str(copy)) == kind, text[:40]
    (copy / MANIFEST).unlink()
    assert refusal(phone, "open", bundle=str(copy)) == "MissingFile"


@pytest.mark.parametrize("name", ["vocabulary.bin", "tokenizer-app.json"])
def test_a_damaged_tokenizer_is_refused(
    name: str, phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    path = copy / "tokenizer" / name
    content = path.read_bytes()
    asked = {"texts": ["a"], "max_length": 16, "strategy": "longest_first", "side": "right"}
    for damaged in (content[:-5], b"", b"\xff" * len(content), content[:100] + b"\xff" * 2000):
        path.write_bytes(damaged)
        phone.open(copy)
        assert refusal(phone, "encode", **asked) == "DamagedFile"
        assert refusal(phone, "verify") == "DamagedFile"
    path.unlink()
    phone.open(copy)
    assert refusal(phone, "encode", **asked) == "MissingFile"


def test_texts_that_cannot_be_answered(phone: Phone, small: Callable[[str], Bundle]) -> None:
    phone.open(small("text-classification").path)
    assert refusal(phone, "run", artifact="other.onnx", texts=["a"]) == "MissingFile"
    assert refusal(phone, "run", artifact=_FILE, texts=["SECRET", "b", "c"]) == "UnsupportedTask"
    phone.open(small("fill-mask").path)
    assert refusal(phone, "run", artifact=_FILE, texts=["no mask, SECRET"]) == "NoMask"
    phone.open(small("question-answering").path)
    assert refusal(phone, "run", artifact=_FILE, texts=["", "b"]) == "EmptyText"
    assert refusal(phone, "run", artifact=_FILE, texts=["a", " "]) == "EmptyText"
    assert refusal(phone, "run", artifact=_FILE, texts=["SECRET " * 80, "b"]) == "QuestionTooLong"


@pytest.mark.parametrize("unit", ["a", "word ", "好", "\u0301", "👍🏽"])
def test_a_text_of_100_000_characters(
    unit: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    text = (unit * 100_000)[:100_000]
    phone.open(small("text-classification").path)
    assert len(phone.encode(text, max_length=64)["ids"]) <= 64
    assert phone.ask("run", artifact=_FILE, texts=[text])["labels"]
