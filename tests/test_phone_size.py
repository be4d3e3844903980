"""The largest vocabularies in a phone's heap, and how much code a browser loads for the library."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import kotlin_phone
import pytest
import web_phone
from phones import LIBRARIES, Phone
from test_tokenizer import byte_level_bpe, sentencepiece

from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST, entry
from edgekit.documents import dump_json
from edgekit.manifest.texts import Template
from edgekit.tokens import portable
from edgekit.toolchains.setup import SetupError

_ROWS = 250_002
LIMITED = {
    "kotlin": partial(kotlin_phone.command_line, "64m"),
    "web": partial(web_phone.command_line, 64),
}
_LETTERS = "".join(map(chr, (*range(97, 123), *range(0x3B1, 0x3CA), *range(0x430, 0x450))))
_HAN = "".join(map(chr, range(0x4E00, 0x5600)))


def pieces() -> Iterator[str]:
    """Made-up words, in scripts of one to three bytes a letter."""
    generator = random.Random(0)
    while True:
        letters = generator.choice((_LETTERS, _LETTERS, _HAN))
        yield "▁" * generator.randrange(2) + "".join(
            generator.choices(letters, k=generator.randrange(2, 9))
        )


def unigram(folder: Path) -> dict[str, Any]:
    stored = json.loads(sentencepiece(folder).backend_tokenizer.to_str())
    rows = dict(stored["model"]["vocab"])
    for piece in pieces():
        if len(rows) == _ROWS:
            break
        rows.setdefault(piece, -8.0 - len(rows) / _ROWS)
    stored["model"]["vocab"] = [*map(list, rows.items())]
    return stored


def bpe(folder: Path) -> dict[str, Any]:
    stored = json.loads(byte_level_bpe().backend_tokenizer.to_str())
    generator, tokens = random.Random(0), list(stored["model"]["vocab"])
    known, merges = set(tokens), stored["model"]["merges"]
    while len(tokens) < _ROWS:
        left, right = (
            tokens[generator.randrange(3, min(most, len(tokens)))] for most in (_ROWS, 2000)
        )
        if left + right not in known and len(left + right) < 12:
            known.add(left + right)
            tokens.append(left + right)
            merges.append([left, right])
    stored["model"]["vocab"] = {token: place for place, token in enumerate(tokens)}
    return stored


def with_tokenizer(bundle: Bundle, stored: dict[str, Any], folder: Path) -> Path:
    """A copy of a bundle with another tokenizer."""
    shutil.copytree(bundle.path, folder)
    template = Template(single=("$A:0",), pair=("$A:0", "$B:0"))
    portable.write(stored, template, str, folder / "tokenizer")
    manifest = json.loads((folder / MANIFEST).read_text())
    files = sorted((folder / "tokenizer").iterdir())
    manifest["tokenizer"]["files"] = json.loads(
        dump_json([entry(folder, path) for path in files], "")
    )
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("platform", LIMITED)
@pytest.mark.parametrize("make", [unigram, bpe])
def test_250_002_rows_within_64_mb_of_heap(
    make: Callable[[Path], dict[str, Any]],
    platform: str,
    small: Callable[[str], Bundle],
    tmp_path: Path,
) -> None:
    (row,) = (row for row in LIBRARIES if row.name == platform)
    folder = with_tokenizer(small("text-classification"), make(tmp_path), tmp_path / "bundle")
    try:
        phone = Phone(replace(row, command_line=LIMITED[platform]))
    except SetupError as error:
        pytest.skip(str(error))
    with phone:
        phone.open(folder)
        first = phone.encode("wörld of words, 世界", max_length=64)
        assert len(first["ids"]) > 4
        assert phone.encode("wörld of words, 世界", max_length=64) == first


def test_the_library_for_browsers_is_small() -> None:
    """As its authors wrote it, types and comments included: built, it is smaller."""
    sources = sorted((web_phone.DEMO / "src" / "core").rglob("*.ts"))
    assert len(sources) > 40
    assert len(gzip.compress(b"".join(path.read_bytes() for path in sources))) < 60_000
