"""Android's compiled XML: texts of a manifest's attributes are set, all else stays as it is.

The layout is that of ``ResXMLTree`` in AOSP's ``libs/androidfw/include/androidfw/ResourceTypes.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_XML, _POOL, _ELEMENT = 0x0003, 0x0001, 0x0102
_UTF8, _SORTED = 0x100, 0x001
_STRING = 0x03  # of Res_value
_HEADER = struct.Struct("<HHI")  # type, size of the header, size
_POOL_HEADER = struct.Struct("<HHIIIIII")  # ... strings, styles, flags, where each begin
_NAME = struct.Struct("<4xI")  # of an element, behind its node: namespace, name
_ATTRIBUTES = struct.Struct("<HHH")  # where, size of one, how many
_ATTRIBUTE = struct.Struct("<IIIHBBI")  # namespace, name, raw, size, 0, type, data
_NODE_BYTES = 16  # chunk header, line number, comment: then what the node says

Names = tuple[str, str]  # of an element and an attribute
Change = Callable[[Names, "str | None"], "str | None"]


def with_texts(data: bytes, change: Change) -> bytes:
    """Sets attributes of a compiled XML file to texts.

    Args:
        data: the file.
        change: gets the names of each attribute and its value, None if that is no text, and returns
            the text that it is set to, or None to leave it.

    Raises:
        ValueError: it is no such file.
    """
    start, pool, rest = _read(data)
    places = {text: place for place, text in enumerate(pool.strings)}
    for offset, names in _attributes(rest, pool.strings):
        space, name, *_, kind, value = _ATTRIBUTE.unpack_from(rest, offset)
        text = change(names, pool.strings[value] if kind == _STRING else None)
        if text is not None:
            place = places.setdefault(text, len(places))
            _ATTRIBUTE.pack_into(rest, offset, space, name, place, 8, 0, _STRING, place)
    body = pool.dump(list(places)[len(pool.strings) :]) + rest
    return _HEADER.pack(_XML, start, start + len(body)) + body


def texts(data: bytes) -> Iterator[tuple[Names, str]]:
    """The attributes of a compiled XML file whose values are texts, in order: names and value."""
    _, pool, rest = _read(data)
    for offset, names in _attributes(rest, pool.strings):
        *_, kind, value = _ATTRIBUTE.unpack_from(rest, offset)
        if kind == _STRING:
            yield names, pool.strings[value]


def _read(data: bytes) -> tuple[int, _Pool, bytearray]:
    """Takes a file apart: the byte where its strings begin, the strings, and what follows them."""
    kind, start, size = _HEADER.unpack_from(data)
    if kind != _XML or size != len(data):
        raise ValueError("it is no compiled XML")
    pool = _Pool.read(data, start)
    return start, pool, bytearray(data[start + pool.size :])


def _attributes(nodes: bytearray, strings: tuple[str, ...]) -> Iterator[tuple[int, Names]]:
    """The byte at which each attribute is in ``nodes``, with its element's name and its own."""
    place = 0
    while place < len(nodes):
        kind, _, size = _HEADER.unpack_from(nodes, place)
        if kind == _ELEMENT:
            inside = place + _NODE_BYTES
            (element,) = _NAME.unpack_from(nodes, inside)
            first, each, count = _ATTRIBUTES.unpack_from(nodes, inside + _NAME.size)
            for number in range(count):
                offset = inside + first + number * each
                _, name, *_ = _ATTRIBUTE.unpack_from(nodes, offset)
                yield offset, (strings[element], strings[name])
        place += size


@dataclass(frozen=True)
class _Pool:
    """The chunk of a file's strings.

    Attributes:
        strings: in order: the rest of the file names them by number.
        flags: of the chunk; one bit says UTF-8.
        size: of the chunk, in bytes.
    """

    strings: tuple[str, ...]
    flags: int
    size: int

    @classmethod
    def read(cls, data: bytes, start: int) -> _Pool:
        """The chunk that begins at byte ``start``; ValueError if there is none."""
        kind, header, size, count, styles, flags, begin, _ = _POOL_HEADER.unpack_from(data, start)
        if kind != _POOL or styles:
            raise ValueError("it does not begin with plain strings")
        offsets = struct.unpack_from(f"<{count}I", data, start + header)
        read = _utf8 if flags & _UTF8 else _utf16
        return cls(tuple(read(data, start + begin + at) for at in offsets), flags, size)

    def dump(self, added: list[str]) -> bytes:
        """The chunk's bytes with ``added`` strings at its end: numbers of the others stay."""
        write = _as_utf8 if self.flags & _UTF8 else _as_utf16
        rows = [write(text) for text in (*self.strings, *added)]
        offsets = [sum(map(len, rows[:place])) for place in range(len(rows))]
        body = b"".join(rows)
        body += bytes(-len(body) % 4)
        begin = _POOL_HEADER.size + 4 * len(rows)
        header = (begin + len(body), len(rows), 0, self.flags & ~_SORTED, begin, 0)
        numbers = struct.pack(f"<{len(rows)}I", *offsets)
        return _POOL_HEADER.pack(_POOL, _POOL_HEADER.size, *header) + numbers + body


def _utf8(data: bytes, place: int) -> str:
    """The string at byte ``place``, which its two lengths precede."""
    for _ in range(2):  # lengths in UTF-16 units and in bytes, of one byte or two
        length, place = data[place], place + 1
        if length & 0x80:
            length, place = (length & 0x7F) << 8 | data[place], place + 1
    return data[place : place + length].decode()


def _utf16(data: bytes, place: int) -> str:
    """The string at byte ``place``, which its length precedes."""
    (length,) = struct.unpack_from("<H", data, place)
    if length & 0x8000:
        (low,) = struct.unpack_from("<H", data, place + 2)
        length, place = (length & 0x7FFF) << 16 | low, place + 2
    return data[place + 2 : place + 2 + 2 * length].decode("utf-16-le")


def _as_utf8(text: str) -> bytes:
    stored, units = text.encode(), len(text.encode("utf-16-le")) // 2
    return b"".join(map(_short, (units, len(stored)))) + stored + b"\0"


def _short(length: int) -> bytes:
    return bytes([length]) if length < 0x80 else bytes([0x80 | length >> 8, length & 0xFF])


def _as_utf16(text: str) -> bytes:
    stored = text.encode("utf-16-le")
    return struct.pack("<H", len(stored) // 2) + stored + b"\0\0"
