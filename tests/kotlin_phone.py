"""android_demo's core on this machine's Java: compiled once, kept by a hash of its sources."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import onnxruntime_jvm

from edgekit.files import cache_folder, files_sha256, locked
from edgekit.toolchains import android, kotlin

_ROOT = Path(__file__).parent.parent
_DEMO = _ROOT / "android_demo"
_CORE = _DEMO / "core" / "src" / "main" / "kotlin"
_HOST = (_DEMO / "runtime-onnx" / "src" / "main" / "kotlin", _DEMO / "host-tests" / "src")
_MAIN = "dev.edgekit.host.MainKt"
_COMPILER = _ROOT / "edgekit" / "toolchains" / "kotlin.py"


def command_line(heap: str = "1g") -> list[str]:
    """What starts the program that obeys lines of JSON (``CommandLine.kt``).

    Args:
        heap: the most that Java may take for objects.

    Raises:
        SetupError: ``make android`` has not been run, or Java is missing.
        AssertionError: the sources do not compile; the message is the compiler's.
    """
    runtime = _onnxruntime()
    jars = [*core_classpath(), _host(runtime), runtime / "classes.jar", _jna_jar(), _jna_library()]
    return [
        *(str(android.java()), f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        f"-Donnxruntime.native.path={runtime}",
        f"-Dlitert={_package('ai_edge_litert') / 'libLiteRt.so'}",
        *("-cp", ":".join(map(str, jars))),
        _MAIN,
    ]


def core_classpath() -> list[Path]:
    """The jars of which a program that uses the core alone is made."""
    library = kotlin.standard_library()

    def make(jar: Path) -> None:
        _compile([_CORE], jar, [library], kotlin.LIBRARY)

    return [_kept("core.jar", _sources(_CORE), make), library]


def environment() -> Mapping[str, str]:
    """The variables of such a program."""
    return {**os.environ, "ORT_DISABLE_TELEMETRY": "1"}


def _host(runtime: Path) -> Path:
    core, library = core_classpath()

    def make(jar: Path) -> None:
        classpath = [core, library, runtime / "classes.jar", _jna_jar()]
        _compile(_HOST, jar, classpath, (f"-Xfriend-paths={core}",))

    return _kept("host.jar", [*_sources(_CORE), *_sources(*_HOST)], make)


def _onnxruntime() -> Path:
    def make(folder: Path) -> None:
        folder.mkdir()
        onnxruntime_jvm.unpack(folder, _package("onnxruntime") / "capi")

    return _kept("onnxruntime", [Path(onnxruntime_jvm.__file__)], make)


def _kept(name: str, made_of: Sequence[Path], make: Callable[[Path], None]) -> Path:
    """A file or folder in the cache that is made once of these files."""
    stamp = files_sha256(_ROOT, *made_of, _COMPILER)[:16]
    place = cache_folder("android-host") / f"{stamp}-{name}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.parent / f"{name}.lock", f"{name}: another process makes it", print):
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=place.parent) as folder:
                part = Path(folder) / name
                make(part)
                part.rename(place)
    return place


def _compile(
    sources: Sequence[Path], jar: Path, classpath: Sequence[Path], flags: tuple[str, ...]
) -> None:
    try:
        kotlin.compiled(sources, jar, classpath, flags)
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stderr) from error


def _sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.kt"))


def _jna() -> Path:
    return android.JNA.folder() / "usr"


def _jna_jar() -> Path:
    (jar,) = (_jna() / "share" / "java").glob("jna-*.jar")
    return jar


def _jna_library() -> Path:
    """A folder with JNA's library as JNA's own jar has it: Debian's looks into the system alone."""
    (library,) = _jna().glob("lib/*/jni/libjnidispatch.system.so")

    def make(folder: Path) -> None:
        place = folder / "com" / "sun" / "jna" / "linux-x86-64" / "libjnidispatch.so"
        place.parent.mkdir(parents=True)
        shutil.copyfile(library, place)

    return _kept("jna", [], make)


def _package(name: str) -> Path:
    """Where a Python package's files are, without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
