"""SentencePiece's own map of characters: a double array, sought by bytes."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence


def opened(stored: str) -> tuple[tuple[int, ...], bytes]:
    """The array and the strings of a map as ``tokenizer.json`` has it, in base64."""
    blob = base64.b64decode(stored)
    (length,) = struct.unpack_from("<I", blob)
    return struct.unpack_from(f"<{length // 4}I", blob, 4), blob[4 + length :]


def shortest(points: Sequence[int], trie: Sequence[int], strings: bytes) -> str | None:
    """What the shortest known beginning of the code points becomes; None where none is known."""
    place = offset(trie[0])
    for byte in "".join(map(chr, points)).encode():
        place ^= byte
        if byte == 0 or place >= len(trie) or trie[place] & 0x800000FF != byte:
            return None
        unit = trie[place]
        place ^= offset(unit)
        if unit & 0x100:
            start = trie[place] & 0x7FFFFFFF
            return strings[start : strings.index(b"\0", start)].decode()
    return None


def offset(unit: int) -> int:
    return (unit >> 10) << ((unit & 0x200) >> 6)
