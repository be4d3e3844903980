"""web_demo's own tests of its library, in Node.js."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import web_phone

from edgekit.bundle import Bundle
from edgekit.golden import GoldenCase
from edgekit.toolchains import web
from edgekit.toolchains.setup import SetupError


@pytest.mark.slow
def test_what_only_a_javascript_library_has(small: Callable[[str], Bundle]) -> None:
    assert web_phone.TESTS
    try:
        command = [str(web.node()), "--test", *map(str, web_phone.TESTS)]
    except SetupError as error:
        pytest.skip(str(error))
    bundle = str(small("question-answering").path)
    done = subprocess.run(
        command,
        env={**web_phone.environment(), "EDGEKIT_BUNDLE": bundle},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_built_app_is_of_these_sources() -> None:
    built_of = (web_phone.DEMO / web.SITE_OF).read_text().strip()
    assert built_of == web.sources_sha256(web_phone.DEMO), "make web, and commit web_demo/site"


@pytest.mark.slow
def test_building_the_app_again_gives_the_same(tmp_path: Path) -> None:
    if not (web_phone.DEMO / "node_modules").is_dir():
        pytest.skip("no node_modules: make web")
    out = tmp_path / "site"
    assert web.run_npm(web_phone.DEMO, "run", "build", "--", "--outDir", str(out)) == 0
    assert contents(out) == contents(web_phone.DEMO / "site")


@pytest.mark.slow
def test_a_peer_gives_the_same_ids_where_it_is_right(small: Callable[[str], Bundle]) -> None:
    """npm's ``@huggingface/tokenizers`` cuts nothing, and mistakes rare and new characters."""
    if not (web_phone.DEMO / "node_modules" / "@huggingface").is_dir():
        pytest.skip("no node_modules: make web")
    bundle = small("text-classification")
    asked = [(case.text, case) for case in bundle.golden().cases if case.text is not None]
    cases = [(text, case) for text, case in asked if not is_cut(case) and not is_rare(text)]
    assert len(cases) > 30
    done = subprocess.run(
        [str(web.node()), str(web_phone.PEER), str(bundle.path / "tokenizer")],
        input="".join(f"{json.dumps(text)}\n" for text, _ in cases),
        capture_output=True,
        text=True,
        check=True,
    )
    ids = [json.loads(line) for line in done.stdout.splitlines()]
    assert ids == [list(case.input_ids) for _, case in cases]


def is_cut(case: GoldenCase) -> bool:
    return case.max_length is not None and len(case.input_ids) >= case.max_length


def is_rare(text: tuple[str, ...]) -> bool:
    whole = "".join(text)
    is_new = any(unicodedata.category(character) == "Cn" for character in whole)
    return is_new or any("\U00020000" <= character <= "\U0003ffff" for character in whole)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
