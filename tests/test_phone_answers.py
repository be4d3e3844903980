"""The phone libraries give the answers of ``edgekit run``, of every task, and refuse in words."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from phones import Phone, PhoneError

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.manifest import SCHEMA_VERSION
from edgekit.postprocess import to_json

TEXTS: dict[str, tuple[tuple[str, ...], ...]] = {
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
    "late-interaction": (
        ("a cat, who?",),
        ("a cat, who?", "two dogs, and 東京."),
        ("a, " * 40, "b, " * 40),
    ),
}
FILE = "model-fp32.onnx"


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


@pytest.mark.parametrize("task", TEXTS)
def test_answers_are_those_of_edgekit_run(
    task: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    bundle = small(task)
    phone.open(bundle.path)
    with open_app(bundle, bundle.artifacts[0]) as app:
        for texts in TEXTS[task]:
            expected = json.loads(json.dumps(to_json(app.answer(*texts))))
            compare(phone.ask("run", artifact=FILE, texts=texts), expected)


@pytest.mark.parametrize("task", TEXTS)
def test_a_bundle_tests_itself(task: str, phone: Phone, small: Callable[[str], Bundle]) -> None:
    bundle = small(task)
    phone.open(bundle.path)
    report = phone.ask("selftest", artifact=FILE)
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
    whole = (copy / "golden.json").read_text()
    phone.open(copy)
    for place in (("input_ids", 1), ("token_type_ids", 1), ("offsets", 1, 0), ("offsets", 1, 1)):
        golden = json.loads(whole)
        numbers = golden["cases"][0]
        for name in place[:-1]:
            numbers = numbers[name]
        numbers[place[-1]] += 1
        (copy / "golden.json").write_text(json.dumps(golden))
        report = phone.ask("selftest", artifact=None)
        failed = [case for case in report["cases"] if not case["passed"]]
        assert not report["passed"]
        assert [case["name"] for case in failed] == [golden["cases"][0]["name"]]
        assert "token 1" in failed[0]["difference"]


def test_a_wrong_score_is_told(
    phone: Phone, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    copy = copied(small("text-classification"), tmp_path)
    stored = json.loads((copy / "postprocess.json").read_text())
    stored["cases"][0]["answer"]["labels"][0]["score"] += 0.01
    (copy / "postprocess.json").write_text(json.dumps(stored))
    phone.open(copy)
    report = phone.ask("selftest", artifact=None)
    failed = [case["name"] for case in report["cases"] if not case["passed"]]
    assert failed == [stored["cases"][0]["name"]]


@pytest.mark.parametrize(
    ("max_abs", "cosine", "scale", "passed"),
    [(1e9, -1, 1, True), (1e9, 1.1, 1, False), (-1, -1, 1, False), (1, -1, 1e-9, False)],
)
def test_a_file_is_held_to_both_bounds(
    max_abs: float,
    cosine: float,
    scale: float,
    passed: bool,
    phone: Phone,
    small: Callable[[str], Bundle],
    tmp_path: Path,
) -> None:
    copy = copied(small("sentence-similarity"), tmp_path)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["artifacts"][0]["proofs"][0]["tolerance"] = {"max_abs": max_abs, "cosine": cosine}
    (copy / MANIFEST).write_text(json.dumps(manifest))
    golden = json.loads((copy / "golden.json").read_text())
    golden["scales"]["sentence_embedding"]["largest"] *= scale
    (copy / "golden.json").write_text(json.dumps(golden))
    phone.open(copy)
    report = phone.ask("selftest", artifact=FILE)
    assert all(case["passed"] == passed for case in report["cases"] if case["part"] == "outputs")


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
        manifest.replace(f'"{SCHEMA_VERSION}"', '"1.4"'): "UnsupportedSchema",
        manifest.replace(f'"{SCHEMA_VERSION}"', '"2.0"'): "UnsupportedSchema",
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
    assert refusal(phone, "run", artifact=FILE, texts=["SECRET", "b", "c"]) == "UnsupportedTask"
    phone.open(small("fill-mask").path)
    assert refusal(phone, "run", artifact=FILE, texts=["no mask, SECRET"]) == "NoMask"
    phone.open(small("question-answering").path)
    assert refusal(phone, "run", artifact=FILE, texts=["", "b"]) == "EmptyText"
    assert refusal(phone, "run", artifact=FILE, texts=["a", " "]) == "EmptyText"
    assert refusal(phone, "run", artifact=FILE, texts=["SECRET " * 80, "b"]) == "QuestionTooLong"


@pytest.mark.parametrize("unit", ["a", "word ", "好", "\u0301", "👍🏽"])
def test_a_text_of_100_000_characters(
    unit: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    text = (unit * 100_000)[:100_000]
    phone.open(small("text-classification").path)
    assert len(phone.encode(text, max_length=64)["ids"]) <= 64
    assert phone.ask("run", artifact=FILE, texts=[text])["labels"]
