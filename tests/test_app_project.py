"""``edgekit app``: bundles in a project of one's own, stamped once and again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import edgekit
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.errors import OutputError, PlanError
from edgekit.mobile import choice, platforms

ASSETS = "app/src/main/assets/bundles"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def settings(project: Path) -> dict[str, str]:
    lines = (project / "edgekit.properties").read_text().splitlines()
    return dict(line.split("=") for line in lines if not line.startswith("#"))


@pytest.fixture
def other(bundle: Bundle, tmp_path: Path) -> Path:
    """The same model again, under another name."""
    return Path(shutil.copytree(bundle.path, tmp_path / "other.edgekit"))


def test_an_android_project_has_what_it_needs_of_two_bundles(
    bundle: Bundle, other: Path, tmp_path: Path
) -> None:
    out = tmp_path / "App"
    names = ("model-int8.tflite", "model-fp32.tflite")
    edgekit.make_app(bundle.path, other, platform="android", out=out, artifact=names, name="Käse")
    stamped = Bundle.open(out / ASSETS / "other")
    assert [row.file for row in stamped.artifacts] == list(names)
    kept = {row.file for row in stamped.files()} | {MANIFEST}
    assert contents(stamped.path).keys() == kept, "a bundle, and nothing besides"
    assert {"tokenizer/tokenizer-app.json", "tokenizer/vocabulary.bin"} < kept
    assert "tokenizer/tokenizer.json" not in kept
    assert stamped.manifest.source.origin == Path(bundle.manifest.source.origin).name
    assert settings(out) == {
        "applicationId": "com.example.classifier",
        "appName": "K\\u00e4se",
        "runtimes": "litert",
    }


def smallest(bundle: Bundle) -> str:
    """The file that an Android app is given by default: ONNX or TFLite, whichever is less."""
    files = [row for row in bundle.artifacts if row.format in ("onnx", "tflite")]
    return min(files, key=lambda row: row.size_bytes).file


def test_an_ios_project_takes_the_smallest_core_ml_file(bundle: Bundle, tmp_path: Path) -> None:
    edgekit.make_app(bundle.path, platform="ios", out=tmp_path / "App", id="io.x-1.y")
    stamped = Bundle.open(tmp_path / "App/App/Bundles/classifier.edgekit")
    assert [row.file for row in stamped.artifacts] == ["model-int8.mlpackage"]
    names = (tmp_path / "App/App/Identifiers.xcconfig").read_text()
    assert "PRODUCT_BUNDLE_IDENTIFIER = io.x-1.y\n" in names


def test_stamping_again_changes_what_is_new_and_nothing_of_the_owners(
    bundle: Bundle, tmp_path: Path
) -> None:
    out = tmp_path / "App"
    edgekit.make_app(bundle.path, platform="android", out=out, id="io.x.y")
    (out / "README.md").write_text("my own")
    (out / "local").mkdir()
    (out / "local" / "notes").write_text("mine")
    before = contents(out)
    edgekit.make_app(bundle.path, platform="android", out=out)
    assert contents(out) == before
    edgekit.make_app(
        bundle.path, platform="android", out=out, name="New", artifact=("model-fp32.tflite",)
    )
    after = contents(out)
    changed = {name for name in after.keys() | before.keys() if after.get(name) != before.get(name)}
    models = {name.rpartition("/")[2] for name in changed}
    assert models == {"edgekit.properties", MANIFEST, smallest(bundle), "model-fp32.tflite"}
    assert settings(out) == {"applicationId": "io.x.y", "appName": "New", "runtimes": "litert"}


def test_nobodys_own_files_are_replaced(bundle: Bundle, tmp_path: Path) -> None:
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="is not a project that edgekit app made"):
        edgekit.make_app(bundle.path, platform="android", out=foreign)
    out = tmp_path / "App"
    edgekit.make_app(bundle.path, platform="android", out=out)
    (out / ASSETS / "classifier" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="which is not of a bundle"):
        edgekit.make_app(bundle.path, platform="android", out=out)
    assert (out / ASSETS / "classifier" / "thesis.txt").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_project_takes_what_its_platform_opens(
    bundle: Bundle, other: Path, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    out = tmp_path / "App"
    cases = {
        "no bundle has a file model.onnx": {"artifact": ("model.onnx",)},
        "is coreml, which the app for android": {"artifact": ("model-int8.mlpackage",)},
        "is no application id of android": {"id": "io.x-1.y"},
        "is no name for an app": {"name": 'a"b'},
    }
    for message, options in cases.items():
        with pytest.raises(PlanError, match=message):
            edgekit.make_app(bundle.path, platform="android", out=out, **options)
    with pytest.raises(PlanError, match="two bundles are called classifier"):
        edgekit.make_app(bundle.path, bundle.path, platform="android", out=out)
    manifest = json.loads((other / MANIFEST).read_text())
    (other / MANIFEST).write_text(json.dumps({**manifest, "schema_version": "1.4"}))
    with pytest.raises(PlanError, match="convert again"):
        edgekit.make_app(other, platform="android", out=out)
    with pytest.raises(PlanError, match="no file for ios, which opens coreml, coreai: convert"):
        edgekit.make_app(small("text-classification").path, platform="ios", out=out)
    assert not out.exists()


def test_an_apk_without_onnx_files_is_refused_with_the_other_way(
    bundle: Bundle, tmp_path: Path
) -> None:
    (chosen,) = choice.choose([bundle], ("model-fp32.tflite",), platforms.ANDROID)
    chosen.copy(tmp_path / "only.edgekit")
    with pytest.raises(PlanError, match="convert with --to onnx, or make a project with -o, which"):
        choice.choose([Bundle.open(tmp_path / "only.edgekit")], (), platforms.APK)
    with pytest.raises(PlanError, match="choose a file of onnx, or make a project with -o, which"):
        choice.choose([bundle], ("model-fp32.tflite",), platforms.APK)


def test_the_command_ends_with_what_comes_next(bundle: Bundle, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgekit", "app", str(bundle.path), "--platform", "android"]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "App")], capture_output=True, text=True, check=True
    )
    assert f"classifier: {smallest(bundle)}" in done.stdout
    assert [line.split(".")[0].strip() for line in done.stdout.splitlines()[-3:]] == ["1", "2", "3"]
