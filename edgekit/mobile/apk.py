"""An APK from a shell, which has the app's code and resources: models and libraries are put in.

Entries that Android maps from the file are stored as they are, at places that its pages begin at: a
native library at 16 KB, all else at 4 bytes. Times are fixed, so that the same parts make the same
file.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import OutputError
from edgekit.mobile import binary_xml

MANIFEST = "AndroidManifest.xml"
_PACKAGE, _LABEL = ("manifest", "package"), ("application", "label")
_PAGE_BYTES, _WORD_BYTES = 16384, 4
_STORED = (".so", ".arsc", ".onnx", ".data", ".tflite", ".pte", ".bin")
_TIME = (1981, 1, 1, 1, 1, 2)  # what Android's own tools write
_ALIGNMENT_FIELD = 0xD935  # of zip's extra fields: the step, and zeros up to it
_LOCAL_HEADER_BYTES = 30  # before an entry's name, in zip's format
_MOST_BYTES = 2**32 - 2**20  # zip's old form, the only one that Android reads, ends at 4 GiB


@dataclass(frozen=True)
class Contents:
    """What is put into a shell: the content of each file by its path in the APK."""

    application_id: str
    name: str
    files: Mapping[str, bytes]


def assemble(shell: Path, contents: Contents) -> bytes:
    """An APK that is aligned and not signed yet.

    Args:
        shell: an APK with manifest, resources and code.
        contents: what is put in.

    Raises:
        OutputError: it would be larger than an APK may be.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in _entries(shell, contents):
            info = zipfile.ZipInfo(name, _TIME)
            stored = name.endswith(_STORED)
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            if stored:
                info.extra = _padding(
                    target.tell() + _LOCAL_HEADER_BYTES + len(name.encode()), name
                )
            archive.writestr(info, data)
            if target.tell() > _MOST_BYTES:
                raise OutputError("the APK passes 4 GiB: choose smaller files with --artifact")
    return target.getvalue()


def _entries(shell: Path, contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The files of the APK with their paths: the shell's, renamed, and what is put in."""
    with zipfile.ZipFile(shell) as source:
        for name in sorted(source.namelist()):
            data = source.read(name)
            yield name, _named(data, contents) if name == MANIFEST else data
    yield from sorted(contents.files.items())


def _named(manifest: bytes, contents: Contents) -> bytes:
    """The manifest with the app's id and name.

    Android completes class names that begin with a dot by the id: as the classes keep their
    package, such names are written out here.
    """
    own = dict(binary_xml.texts(manifest))[_PACKAGE]
    named = {_PACKAGE: contents.application_id, _LABEL: contents.name}

    def change(names: binary_xml.Names, text: str | None) -> str | None:
        if names in named:
            return named[names]
        return f"{own}{text}" if text is not None and text.startswith(".") else None

    return binary_xml.with_texts(manifest, change)


def _padding(place: int, name: str) -> bytes:
    """The extra field of a stored file that makes its content begin where Android can map it.

    Args:
        place: where the field begins in the archive, in bytes.
        name: of the file: libraries begin at a page, all else at a word.
    """
    step = _PAGE_BYTES if name.endswith(".so") else _WORD_BYTES
    size = -(place + 6) % step
    return struct.pack("<HHH", _ALIGNMENT_FIELD, 2 + size, step) + bytes(size)
