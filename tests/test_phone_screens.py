"""What a screen can show, and in which words, is the same in Kotlin, Swift and TypeScript."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

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


# ---- the words ----------------------------------------------------------------------------------

_STRINGS = _ROOT / "android_demo/app/src/main/res/values/strings.xml"
_CATALOGUE = _ROOT / "ios_demo/App/EdgekitDemo/Localizable.xcstrings"
_PAGE = _ROOT / "web_demo/src/app/words.json"
_KINDS = {"@": "s", "ld": "d"}  # of Apple's placeholders, as Android writes them
_OF_ITS_OWN = {  # what is said of the system: it has these words otherwise
    "ios": {
        *("about_app", "about_libraries", "about_no_network", "measure_command"),
        *("measure_details", "models_add", "models_empty", "models_push"),
    },
    "web": {
        *("about_app", "about_libraries", "about_no_network", "error_no_space"),
        *("measure_command", "measure_intro", "models_empty", "search_intro"),
    },
}
_NOT_THERE = {  # what the system says itself, or what it does not have
    "ios": {
        *("about_no_runtime", "back", "error_no_space", "measure_threads", "measure_wrong"),
        *("milliseconds", "models_title", "share_done"),
    },
    "web": {"about_no_runtime", "models_push", "share_done"},
}


def android_words() -> dict[str, str]:
    """By their names, of plurals each form: the words of the other apps are held against these."""
    found = {}
    for row in ElementTree.parse(_STRINGS).getroot():
        name = row.attrib["name"]
        forms = {f"{name}_{item.attrib['quantity']}": item for item in row} or {name: row}
        for form, element in forms.items():
            found[form] = (element.text or "").replace("\\n", "\n").replace("\\'", "'")
    return found


def ios_words() -> dict[str, str]:
    """The same with Android's placeholders."""
    found = {}
    for name, row in json.loads(_CATALOGUE.read_text("utf-8"))["strings"].items():
        english = row["localizations"]["en"]
        plural = english.get("variations", {}).get("plural", {})
        forms = {f"{name}_{quantity}": form for quantity, form in plural.items()} or {name: english}
        for form, unit in forms.items():
            text = unit["stringUnit"]["value"]
            found[form] = re.sub(r"%(\d)\$(@|ld)", lambda at: f"%{at[1]}${_KINDS[at[2]]}", text)
    return found


def web_words() -> dict[str, str]:
    found: dict[str, str] = json.loads(_PAGE.read_text("utf-8"))
    return found


@pytest.mark.parametrize(("app", "words"), [("ios", ios_words()), ("web", web_words())])
def test_every_app_says_the_same(app: str, words: dict[str, str]) -> None:
    android = android_words()
    assert android.keys() - words.keys() == _NOT_THERE[app]
    shared = android.keys() & words.keys()
    assert {name for name in shared if words[name] != android[name]} == _OF_ITS_OWN[app]
