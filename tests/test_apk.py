"""``edgekit app --apk``: what is assembled and signed here, read by Android's own tools.

The shell is a small one, made of a manifest: that of the app itself takes minutes to build.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.mobile import apk, choice, packaging, parts, platforms, signing
from edgekit.mobile.project import AppProject
from edgekit.toolchains import android
from edgekit.toolchains.setup import SetupError

pytestmark = pytest.mark.slow

MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="dev.edgekit.demo">
  <application android:label="@android:string/ok" android:extractNativeLibs="false">
    <activity android:name=".MainActivity" android:exported="true">
      <intent-filter>
        <action android:name="android.intent.action.MAIN" />
        <category android:name="android.intent.category.LAUNCHER" />
      </intent-filter>
    </activity>
  </application>
</manifest>
"""


class Tools(NamedTuple):
    """Android's, and its own resources."""

    aapt2: Path
    resources: Path
    apksigner: Path

    def badging(self, path: Path) -> str:
        command = [str(self.aapt2), "dump", "badging", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def verify(self, path: Path) -> subprocess.CompletedProcess[str]:
        jars = ":".join(map(str, sorted(self.apksigner.glob("*.jar"))))
        tool = [str(android.java()), "-cp", jars, "com.android.apksigner.ApkSignerTool"]
        verify = ["verify", "--verbose", "--min-sdk-version", "26", str(path)]
        return subprocess.run([*tool, *verify], capture_output=True, text=True)


@pytest.fixture(scope="module")
def tools() -> Tools:
    try:
        android.java()
        return Tools(
            android.AAPT2.folder() / "aapt2/bin/Linux/aapt2",
            android.RESOURCES.folder() / "usr/share/android-framework-res/framework-res.apk",
            android.APKSIGNER.folder() / "usr/share/java",
        )
    except SetupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def shell(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell")
    (folder / "AndroidManifest.xml").write_text(MANIFEST)
    command = [str(tools.aapt2), "link", "-o", "shell.apk", "-I", str(tools.resources)]
    command += ["--manifest", "AndroidManifest.xml", "--min-sdk-version", "26"]
    subprocess.run([*command, "--target-sdk-version", "33"], cwd=folder, check=True)
    return folder / "shell.apk"


LIBRARIES = {f"lib/{abi}/libonnxruntime.so": bytes(20_001) for abi in ("arm64-v8a", "x86_64")}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> signing.Key:
    path = tmp_path_factory.mktemp("key") / "debug.p12"
    made = signing.debug_key(path)
    assert signing.debug_key(path).certificate == made.certificate, "the one that was made first"
    return made


def app(bundle: Bundle) -> AppProject:
    chosen = choice.choose([bundle], (), platforms.APK)
    return AppProject(platforms.APK, chosen, "com.example.reviews", "Käse 👍")


def places(path: Path) -> dict[str, int]:
    """Where the content of each file begins that is stored as it is."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as opened:
        for row in opened.infolist():
            name, extra = struct.unpack_from("<HH", data, row.header_offset + 26)
            if row.compress_type == zipfile.ZIP_STORED:
                found[row.filename] = row.header_offset + 30 + name + extra
    return found


@pytest.fixture
def packed(shell: Path, key: signing.Key, bundle: Bundle, tmp_path: Path) -> Path:
    path = tmp_path / "app.apk"
    packaging.package(app(bundle), path, shell=shell, libraries=LIBRARIES, key=key)
    return path


def test_an_apk_is_what_android_asks_for(packed: Path, tools: Tools) -> None:
    badging = tools.badging(packed)
    assert "package: name='com.example.reviews'" in badging
    assert "application: label='Käse 👍'" in badging
    assert "launchable-activity: name='dev.edgekit.demo.MainActivity'" in badging
    assert "native-code: 'arm64-v8a' 'x86_64'" in badging
    assert "uses-permission" not in badging
    verified = tools.verify(packed)
    assert "v2 scheme (APK Signature Scheme v2): true" in verified.stdout, verified.stderr
    stored = places(packed)
    assert {stored[name] % 16384 for name in LIBRARIES} == {0}
    assert {place % 4 for place in stored.values()} == {0}
    assert "assets/bundles/classifier/model-int8.onnx" in stored


def test_the_same_parts_make_the_same_file(
    packed: Path, shell: Path, key: signing.Key, bundle: Bundle, tmp_path: Path
) -> None:
    again = tmp_path / "again.apk"
    packaging.package(app(bundle), again, shell=shell, libraries=LIBRARIES, key=key)
    assert again.read_bytes() == packed.read_bytes()


@pytest.mark.parametrize("part", ["assets/bundles/classifier/model-int8.onnx", "the directory"])
def test_a_changed_byte_ends_the_signature(packed: Path, tools: Tools, part: str) -> None:
    data = bytearray(packed.read_bytes())
    place = places(packed).get(part, data.rindex(b"PK\1\2") + 8)
    data[place] ^= 1
    packed.write_bytes(data)
    assert tools.verify(packed).returncode != 0


def test_only_the_library_that_the_code_was_compiled_against_goes_in(tmp_path: Path) -> None:
    path = tmp_path / "library.aar"
    with zipfile.ZipFile(path, "w") as made:
        for abi in ("arm64-v8a", "armeabi-v7a", "x86_64"):
            made.writestr(f"jni/{abi}/libonnxruntime.so", bytes(20_001))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert parts.libraries(path, parts.Archive("library 1", digest, "")) == LIBRARIES
    with pytest.raises(PlanError, match="is not onnxruntime-android"):
        parts.libraries(path, parts.ARCHIVES["onnx"])


def test_ones_own_key_signs(tmp_path: Path, tools: Tools, shell: Path) -> None:
    """As Java's own tool makes it, with a password."""
    store, path = tmp_path / "own.p12", tmp_path / "own.apk"
    command = [str(android.java().with_name("keytool")), "-genkeypair", "-keyalg", "RSA"]
    command += ["-alias", "a", "-dname", "CN=Me", "-storetype", "PKCS12", "-storepass", "secret"]
    subprocess.run([*command, "-keystore", str(store)], check=True, capture_output=True)
    with pytest.raises(PlanError, match="for this password"):
        signing.read_key(store, "other")
    unsigned = apk.assemble(shell, apk.Contents("com.example.a", "A", {}))
    path.write_bytes(signing.sign(unsigned, signing.read_key(store, "secret")))
    assert tools.verify(path).returncode == 0


def test_installing_asks_adb(tmp_path: Path) -> None:
    program, told = tmp_path / "adb", tmp_path / "told"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {told}\ncase "$*" in devices*) echo "one device model:P";; esac\n'
    )
    program.chmod(0o755)
    assert packaging.install(tmp_path / "a b.apk", Adb(program), None) == "one"
    assert told.read_text().splitlines()[-1] == f"-s one install -r {tmp_path / 'a b.apk'}"
