"""Class files of Java 17 for tools of Java 13: nothing but access is changed."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

_JAVA_13 = 57  # the version of class files that Java 13 writes
_PRIVATE, _PUBLIC, _INTERFACE = 0x0002, 0x0001, 0x0200
_SIZES = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 15: 4, 16: 3, 19: 3, 20: 3}  # of constants, by tag
_UTF8, _OTHER_SIZE = 1, 5
_TWO_SLOTS = (5, 6)  # long and double


def widen_jar(source: Path, target: Path) -> None:
    """Copies a jar with each class :func:`widened`."""
    with zipfile.ZipFile(source) as jar, zipfile.ZipFile(target, "w") as out:
        for info in jar.infolist():
            data = jar.read(info)
            out.writestr(info, widened(data) if info.filename.endswith(".class") else data)


def widened(data: bytes) -> bytes:
    """A class file whose private members the other classes of its source file may reach in Java 13.

    From Java 11 on these reach each other's private members by the attribute NestMembers. Older
    tools know none: there private becomes package-private.

    Args:
        data: a class file (https://docs.oracle.com/javase/specs/jvms/se17/html/jvms-4.html).
    """
    out = bytearray(data)
    struct.pack_into(">H", out, 6, _JAVA_13)
    at = _behind_constants(out)
    flags, _, _, interfaces = struct.unpack_from(">4H", out, at)
    at += 8 + 2 * interfaces
    for _ in ("fields", "methods"):
        count = struct.unpack_from(">H", out, at)[0]
        at += 2
        for _ in range(count):
            at = _widen_member(out, at, bool(flags & _INTERFACE))
    return bytes(out)


def _behind_constants(data: bytearray) -> int:
    """The position behind the pool of constants, in bytes."""
    count = struct.unpack_from(">H", data, 8)[0]
    at, index = 10, 1
    while index < count:
        tag = data[at]
        if tag == _UTF8:
            at += 3 + struct.unpack_from(">H", data, at + 1)[0]
        else:
            at += _SIZES.get(tag, _OTHER_SIZE)
        index += 2 if tag in _TWO_SLOTS else 1
    return at


def _widen_member(data: bytearray, at: int, in_interface: bool) -> int:
    """Widens the field or method that begins here; returns where the next one does."""
    flags, _, _, attributes = struct.unpack_from(">4H", data, at)
    if flags & _PRIVATE:
        struct.pack_into(">H", data, at, flags & ~_PRIVATE | (_PUBLIC if in_interface else 0))
    at += 8
    for _ in range(attributes):
        at += 6 + struct.unpack_from(">I", data, at + 2)[0]
    return at
