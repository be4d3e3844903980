"""docs/apps.md: its snippets compile, and what it names is there."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from edgekit.toolchains import android, kotlin
from edgekit.toolchains.setup import SetupError

_ROOT = Path(__file__).parent.parent
_PAGE = (_ROOT / "docs" / "apps.md").read_text(encoding="utf-8")
_DEMO = _ROOT / "android_demo"


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", _PAGE, re.DOTALL)
    return str(found)


def test_versions_are_those_of_the_project() -> None:
    catalogue = (_DEMO / "gradle" / "libs.versions.toml").read_text()
    rows = re.findall(r"\| `runtime-(\w+)` \| `([\w.-]+:[\w.-]+):([\d.]+)`", _PAGE)
    assert len(rows) == 3
    for _, module, version in rows:
        name = re.search(rf'(\w+) = \{{ module = "{re.escape(module)}"', catalogue)
        assert name, module
        assert f'{name[1]} = "{version}"' in catalogue


def test_the_swift_snippet_is_compiled_with_the_package() -> None:
    file = _ROOT / "ios_demo" / "Tests" / "EdgekitCoreMLTests" / "IntoYourApp.swift"
    assert file.read_text().partition("\n")[2] == snippet("swift")


def test_the_typescript_snippet_is_checked_with_the_app() -> None:
    file = _ROOT / "web_demo" / "src" / "tools" / "into-your-app.ts"
    assert file.read_text() == snippet("ts")


@pytest.mark.slow
def test_the_kotlin_snippet_compiles(tmp_path: Path) -> None:
    try:
        home, api = android.KOTLIN.folder() / "lib", android.API.folder() / "usr/share/java"
    except SetupError as error:
        pytest.skip(str(error))
    own = tmp_path / "api.jar"  # Android's classes; Java's own are the machine's
    with (
        zipfile.ZipFile(api / "com.android.android-23.jar") as source,
        zipfile.ZipFile(own, "w") as out,
    ):
        for name in source.namelist():
            if name.startswith(("android/", "dalvik/", "org/json/", "com/android/")):
                out.writestr(name, source.read(name))
    (tmp_path / "Snippet.kt").write_text(snippet("kotlin"))
    sources = [_DEMO / name / "src" / "main" / "kotlin" for name in ("core", "edgekit-android")]
    jars = [own, home / "kotlin-stdlib.jar", home / "kotlinx-coroutines-core-jvm.jar"]
    try:
        kotlin.compiled([*sources, tmp_path / "Snippet.kt"], tmp_path / "all.jar", jars)
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)
    with zipfile.ZipFile(tmp_path / "all.jar") as made:
        assert "SnippetKt.class" in made.namelist()
