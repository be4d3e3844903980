"""Damaged bundles and odd texts: each is an answer or an error of the library, in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from phones import Phone, PhoneError

from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST

_FILE = "model-fp32.onnx"
_APP, _VOCABULARY = "tokenizer/tokenizer-app.json", "tokenizer/vocabulary.bin"
_GOLDEN, _POSTPROCESS = "golden.json", "postprocess.json"
_KINDS = {
    *("MissingFile", "DamagedFile", "UnsupportedSchema", "UnsupportedTask"),
    *("UnsupportedTokenizer", "RuntimeFailed"),
}
_ODD = (-1, 1e18, 2**31, "many", [])

Place = tuple[str | int, ...]


@pytest.fixture
def copy(small: Callable[[str], Bundle], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a small bundle, to be damaged."""
    return lambda task: Path(shutil.copytree(small(task).path, tmp_path / "copy"))


def tried(phone: Phone, folder: Path) -> set[str]:
    """The kinds of errors of all that an app does with a bundle."""
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("run", {"artifact": _FILE, "texts": ["good"]}),
        ("selftest", {"artifact": _FILE}),
    )
    kinds = refusals(phone, "open", bundle=str(folder))
    return kinds or set().union(*(refusals(phone, do, **fields) for do, fields in asked))


def refusals(phone: Phone, do: str, **fields: Any) -> set[str]:
    """The kind of a command's error, if it is one."""
    try:
        phone.ask(do, **fields)
    except PhoneError as error:
        told = error
    else:
        return set()
    assert told.kind in _KINDS, (told.kind, told.message)
    assert len(told.message.splitlines()) == 1, told.message
    return {told.kind}


def damaged(path: Path, place: Place, value: Any) -> None:
    """Another value at one place of a JSON file."""
    root = json.loads(path.read_text())
    inner = root
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    path.write_text(json.dumps(root))


_NUMBERS: tuple[tuple[str, Place], ...] = (
    *((MANIFEST, (name,)) for name in ("max_length", "pad_id")),
    (MANIFEST, ("postprocessing", "top")),
    (MANIFEST, ("artifacts", 0, "size_bytes")),
    (MANIFEST, ("artifacts", 0, "buckets")),
    (MANIFEST, ("artifacts", 0, "outputs", 0, "shape")),
    (MANIFEST, ("artifacts", 0, "outputs", 0, "shape", 1)),
    (MANIFEST, ("tokenizer", "files", 0, "size_bytes")),
    (_APP, ("version",)),
    (_APP, ("model", "unk_id")),
    (_APP, ("model", "max_input_chars_per_word")),
    (_APP, ("special_ids", "[CLS]")),
    (_APP, ("added_tokens", 0, "id")),
    (_APP, ("characters", "blanks")),
    (_APP, ("characters", "classes")),
    (_APP, ("characters", "classes", 1)),
    (_APP, ("characters", "lowercase", "from")),
    (_APP, ("characters", "lowercase", "to")),
    (_GOLDEN, ("max_length",)),
    (_GOLDEN, ("cases", 0, "rows")),
    (_GOLDEN, ("cases", 0, "input_ids", 1)),
    (_GOLDEN, ("cases", 0, "token_type_ids")),
    (_GOLDEN, ("cases", 0, "offsets", 1)),
    (_GOLDEN, ("cases", 0, "outputs", "logits", "values")),
    (_GOLDEN, ("cases", 0, "outputs", "logits", "shape")),
    (_POSTPROCESS, ("max_length",)),
    (_POSTPROCESS, ("cases", 0, "top")),
    (_POSTPROCESS, ("cases", 0, "encodings", 0, "offsets", 1)),
    (_POSTPROCESS, ("cases", 0, "outputs", 0, "logits", "shape", 0)),
    (_POSTPROCESS, ("cases", 0, "outputs", 0, "logits", "values")),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "place"), _NUMBERS, ids=lambda each: each if isinstance(each, str) else str(each[-1])
)
def test_no_number_of_a_bundle_is_trusted(
    file: str, place: Place, phone: Phone, copy: Callable[[str], Path]
) -> None:
    folder = copy("text-classification")
    whole = (folder / file).read_text()
    for value in _ODD:
        (folder / file).write_text(whole)
        damaged(folder / file, place, value)
        tried(phone, folder)


_REFUSED: tuple[tuple[str, Place, Any], ...] = (
    (MANIFEST, ("max_length",), 1e18),
    (MANIFEST, ("pad_id",), 2**31),
    (MANIFEST, ("labels",), ["one"]),
    (MANIFEST, ("postprocessing", "top"), -1),
    (MANIFEST, ("artifacts", 0, "proofs"), []),
    (MANIFEST, ("artifacts", 0, "buckets"), []),
    (MANIFEST, ("artifacts", 0, "file"), "a/../../b"),
    (MANIFEST, ("artifacts",), []),
    (MANIFEST, ("task",), "to\nsing"),
    (_APP, ("template", "single"), ["[CLS]:0", "$B:0"]),
    (_APP, ("template", "single"), ["$A:0", "$A:0"]),
    (_APP, ("template", "pair"), ["[NO]:0", "$A:0", "$B:0"]),
    (_APP, ("kind",), "WordLevel"),
    (_APP, ("normalizer",), [{"type": "Precompiled", "precompiled_charsmap": "?"}]),
    (_APP, ("normalizer",), [{"type": "Lowercase"}, {"type": "NFKC"}]),
    (_APP, ("pre_tokenizer",), [{"type": "Metaspace", "replacement": "", "split": True}]),
    (_APP, ("pre_tokenizer",), [{"type": "ByteLevel", "add_prefix_space": False}]),
    (_APP, ("characters",), {"blanks": [], "marks": []}),
    (_APP, ("characters", "classes"), [0, 2**31 - 1, 230]),
)


@pytest.mark.parametrize(("file", "place", "value"), _REFUSED)
def test_what_contradicts_itself_is_refused(
    file: str, place: Place, value: Any, phone: Phone, copy: Callable[[str], Path]
) -> None:
    folder = copy("text-classification")
    damaged(folder / file, place, value)
    assert tried(phone, folder)


def test_golden_files_of_another_bundle_are_told(
    phone: Phone, small: Callable[[str], Bundle], copy: Callable[[str], Path]
) -> None:
    folder = copy("token-classification")
    for task in ("question-answering", "fill-mask", "text-classification"):
        for file in (_GOLDEN, _POSTPROCESS):
            shutil.copyfile(small(task).path / file, folder / file)
        phone.open(folder)
        assert tried(phone, folder) or not phone.ask("selftest", artifact=_FILE)["passed"]


@pytest.mark.parametrize("words", [1, 2, 3, 4, 5, 8, -1])
def test_a_vocabulary_whose_numbers_are_others_is_refused(
    words: int, phone: Phone, copy: Callable[[str], Path]
) -> None:
    folder = copy("text-classification")
    content = bytearray((folder / _VOCABULARY).read_bytes())
    start = 4 * words if words > 0 else len(content) - 400
    content[start : start + 4] = b"\xff\xff\xff\x7f"
    (folder / _VOCABULARY).write_bytes(content)
    tried(phone, folder)


_UNITS = ("\u0301\u0316", "\u1100\u1161", "👨\u200d", "\u0915\u094d", "\ud83d")


@pytest.mark.parametrize("unit", _UNITS, ids=ascii)
def test_odd_texts_of_100_000_characters(
    unit: str, phone: Phone, small: Callable[[str], Bundle]
) -> None:
    """Marks in the wrong order, long clusters, and half a surrogate pair."""
    phone.open(small("text-classification").path)
    text = (unit * 100_000)[:100_000]
    try:
        answer = phone.ask("run", artifact=_FILE, texts=[text])
    except PhoneError:
        assert phone.library.name == "swift", "its strings cannot hold half a pair"
        assert unit == "\ud83d"
    else:
        assert answer["labels"]
