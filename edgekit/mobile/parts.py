"""What an APK is made of besides bundles: the shell with the app's code, and native libraries.

Both lie in edgekit's cache once ``make android`` has run; where it has not, an archive of the
libraries can be named. It has to be the one that the shell's code was compiled against.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import OutputError, PlanError
from edgekit.files import cache_folder, file_sha256
from edgekit.toolchains.android import ONNXRUNTIME
from edgekit.toolchains.setup import SetupError

SHELL = "android-shell/shell.apk"  # in the cache
_ABIS = ("arm64-v8a", "x86_64")


@dataclass(frozen=True)
class Archive:
    """An Android library (.aar) with the native code of one of the project's modules."""

    title: str
    sha256: str
    fetched: str  # below the folder of the tool that fetches it


ARCHIVES: Mapping[str, Archive] = {
    "onnx": Archive(
        "onnxruntime-android 1.29.0",
        "98cddbac92640b4a6af72a03c42e0491851f366d3da66bbaeb5dd66310946cf2",
        "Plugins/Android/onnxruntime.aar",
    )
}


def shell() -> Path:
    """The path of the APK that has the app's code and resources, and no model.

    Raises:
        OutputError: it has not been built.
    """
    path = cache_folder(SHELL)
    if not path.is_file():
        raise OutputError(
            f"{path} is missing: run make android in a checkout, or build the project with Gradle "
            "(-o instead of --apk)"
        )
    return path


def fetched(module: str) -> Path:
    """The path of the archive of a module, a row of ``ARCHIVES``, that ``make android`` fetched.

    Raises:
        PlanError: it has not been fetched.
    """
    wanted = ARCHIVES[module]
    try:
        return ONNXRUNTIME.folder() / wanted.fetched
    except SetupError as error:
        raise PlanError(
            f"{wanted.title} is not here: run make android in a checkout, or name the file with "
            "--aar"
        ) from error


def libraries(path: Path, wanted: Archive) -> dict[str, bytes]:
    """The native libraries of an archive.

    Args:
        path: the archive.
        wanted: which one it should be.

    Returns:
        Their contents, by their paths in an APK.

    Raises:
        PlanError: it is another one, or not there.
    """
    if not path.is_file() or file_sha256(path) != wanted.sha256:
        raise PlanError(f"{path} is not {wanted.title} (SHA-256 {wanted.sha256}): download that")
    with zipfile.ZipFile(path) as opened:
        return {
            f"lib/{abi}/{name.rpartition('/')[2]}": opened.read(name)
            for abi in _ABIS
            for name in opened.namelist()
            if name.startswith(f"jni/{abi}/") and name.endswith(".so")
        }
