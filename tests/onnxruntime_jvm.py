"""ONNX Runtime's Java classes on this machine's Java: the AAR's own, with its Android JNI library.

That library is small and only passes calls on. What it needs of Android's C library this machine's
has too, under other file names and without Android's versions of symbols: so it is told the names,
and the versions are marked as weak, which a loader does without. The runtime behind it is the Linux
wheel's.
"""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from edgekit.toolchains import android
from edgekit.toolchains.setup import command

JNI = "libonnxruntime4j_jni.so"
RUNTIME = "libonnxruntime.so"
_NAMES = {"libc.so": "libc.so.6", "libm.so": "libm.so.6", "libdl.so": "libdl.so.2"}
_SYMBOLS = (
    *("OrtGetApiBase", "OrtSessionOptionsAppendExecutionProvider_CPU"),
    "OrtSessionOptionsAppendExecutionProvider_Nnapi",
    *("__cxa_atexit", "__cxa_finalize", "__register_atfork", "__stack_chk_fail"),
    *("dlclose", "free", "malloc", "memcpy", "realloc", "strlen"),
)
_ABSENT = (  # no Linux has NNAPI, and the library does not load without the name
    "OrtSessionOptionsAppendExecutionProvider_Nnapi OrtSessionOptionsAppendExecutionProvider_CPU\n"
)
_VERSIONS_NEEDED = 0x6FFFFFFE  # SHT_GNU_verneed
_WEAK = 2  # VER_FLG_WEAK


def unpack(folder: Path, wheel: Path) -> None:
    """Puts ``classes.jar`` and both libraries into a folder.

    Args:
        folder: where they are put.
        wheel: the folder of the Linux wheel's library.

    Raises:
        SetupError: a tool has not been fetched.
    """
    archive = android.ONNXRUNTIME.folder() / "Plugins" / "Android" / "onnxruntime.aar"
    with zipfile.ZipFile(archive) as aar:
        (folder / "classes.jar").write_bytes(aar.read("classes.jar"))
        library = folder / JNI
        library.write_bytes(aar.read(f"jni/x86_64/{JNI}"))
    _rename(library)
    _weaken(library)
    (library,) = wheel.glob(f"{RUNTIME}.*")
    shutil.copyfile(library, folder / RUNTIME)


def _rename(library: Path) -> None:
    patchelf = str(android.PATCHELF.folder() / "bin" / "patchelf")
    names = [word for pair in _NAMES.items() for word in ("--replace-needed", *pair)]
    symbols = [word for name in _SYMBOLS for word in ("--clear-symbol-version", name)]
    absent = library.with_suffix(".txt")
    absent.write_text(_ABSENT)
    command([patchelf, *names, "--set-rpath", "$ORIGIN", *symbols, str(library)], {})
    command([patchelf, "--rename-dynamic-symbols", str(absent), str(library)], {})


def _weaken(library: Path) -> None:
    """Marks every version of a symbol that an ELF file needs as one that may be missing."""
    data = bytearray(library.read_bytes())
    for place in _versions(data):
        (flags,) = struct.unpack_from("<H", data, place + 4)
        struct.pack_into("<H", data, place + 4, flags | _WEAK)
    library.write_bytes(data)


def _versions(data: bytes) -> Iterator[int]:
    """Where each entry of a needed version stands (Elf64_Vernaux)."""
    (start,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    for number in range(count):
        section = struct.unpack_from("<IIQQQQIIQQ", data, start + number * size)
        if section[1] != _VERSIONS_NEEDED:
            continue
        file, following = section[4], 1
        while following:
            _, entries, _, first, following = struct.unpack_from("<HHIII", data, file)
            place = file + first
            for _ in range(entries):
                yield place
                place += struct.unpack_from("<IHHII", data, place)[4]
            file += following
