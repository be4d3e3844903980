"""Kotlin sources compiled to a jar, as the app's are: for Java 8, warnings are errors."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgekit.toolchains import android
from edgekit.toolchains.setup import Run, command

FLAGS = (
    *("-jvm-target", "1.8", "-Xlambdas=class", "-Xsam-conversions=class"),
    *("-Xstring-concat=inline", "-Werror"),
)
LIBRARY = ("-Xexplicit-api=strict",)  # what is public has to say so
_QUICK = ("-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # it runs but for seconds


def standard_library() -> Path:
    """The jar that every compiled program needs.

    Raises:
        SetupError: the compiler has not been fetched.
    """
    return android.KOTLIN.folder() / "lib" / "kotlin-stdlib.jar"


def compiled(
    sources: Sequence[Path],
    jar: Path,
    classpath: Sequence[Path] = (),
    flags: Sequence[str] = (),
    run: Run = command,
) -> None:
    """Compiles files, or all files below folders.

    Args:
        sources: what to compile.
        jar: the jar to write; it appears whole or not at all.
        classpath: jars that the sources need, besides the standard library.
        flags: of the compiler, besides :data:`FLAGS`.
        run: starts the compiler.

    Raises:
        SetupError: the compiler, or Java, is not there.
        CalledProcessError: the compiler refuses the sources; its standard error says why.
    """
    home = android.KOTLIN.folder()
    compiler = [str(android.java()), *_QUICK, "-cp", str(home / "lib" / "kotlin-compiler.jar")]
    jar.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jar.parent) as folder:
        part = Path(folder) / jar.name
        run(
            [
                *compiler,
                "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
                *("-no-reflect", "-kotlin-home", str(home), *FLAGS, *flags),
                *("-classpath", ":".join(map(str, classpath)), "-d", str(part)),
                *map(str, sources),
            ],
            {},
        )
        part.replace(jar)
