"""web_demo's own tests of its library, in Node.js."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import web_phone

from edgekit.bundle import Bundle
from edgekit.toolchains import web
from edgekit.toolchains.setup import SetupError


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


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
