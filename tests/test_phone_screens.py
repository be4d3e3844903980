"""What a screen can show is the same closed set in Kotlin, Swift and TypeScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_KOTLIN = _ROOT / "android_demo/core/src/main/kotlin/dev/edgekit/core/Screens.kt"
_SWIFT = _ROOT / "ios_demo/Sources/EdgekitCore/Screens.swift"
_TYPESCRIPT = _ROOT / "web_demo/src/core/screens.ts"
_SCREENS = ("Models", "Try", "SelfTest", "Compare", "Benchmark")

States = dict[str, list[str]]  # names of what is known in a state, by the state's name


def kotlin(screen: str) -> States:
    body = between(_KOTLIN, rf"sealed interface {screen}State \{{\n", r"\n\}")
    found = re.findall(rf"(?:object|data class) (\w+)(?:\((.*?)\))? : {screen}State", body, re.S)
    return {name.lower(): re.findall(r"val (\w+):", fields) for name, fields in found}


def swift(screen: str) -> States:
    body = between(_SWIFT, rf"enum {screen}State: Sendable \{{\n", "var isBusy")
    found = re.findall(r"^  case (\w+)(?:\((.*?)\))?$", body, re.M)
    return {
        name.lower(): re.findall(r"(\w+):", fields) or ["error"] * bool(fields)
        for name, fields in found
    }


def typescript(screen: str) -> States:
    body = between(_TYPESCRIPT, rf"type {screen}State =", r";\n(?:\n|\Z)")
    failed = {"failed": ["error"]} if re.search(r"\| Failed", body) else {}
    objects = re.findall(r"{.*?}", body, re.S)
    rows = (re.findall(r"readonly (\w+): (\"[\w ]+\")?", row) for row in objects)
    return {
        fields[0][1].strip('"').replace(" ", ""): [name for name, _ in fields[1:]]
        for fields in rows
    } | failed


def between(path: Path, start: str, end: str) -> str:
    """The text from one pattern to the next place of another."""
    text = path.read_text("utf-8")
    found = re.search(rf"{start}(.*?)(?:{end})", text, re.S)
    assert found is not None, (path.name, start)
    return found[1]


@pytest.mark.parametrize("screen", _SCREENS)
def test_every_language_has_the_same_states(screen: str) -> None:
    states = kotlin(screen)
    assert len(states) >= 4
    assert swift(screen) == states
    assert typescript(screen) == states


def test_no_screen_is_left_out() -> None:
    text = _KOTLIN.read_text("utf-8")
    assert set(re.findall(r"interface (\w+)State", text)) == set(_SCREENS)
