"""web_demo's own tests of its library, in Node.js."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

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
