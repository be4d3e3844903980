"""The printable character that stands for each byte in a byte-level vocabulary."""

from __future__ import annotations

PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))
REST = (byte for byte in range(256) if byte not in PRINTABLE)
BYTES = {byte: chr(byte) for byte in PRINTABLE} | {b: chr(256 + n) for n, b in enumerate(REST)}
SPACE = BYTES[ord(" ")]
