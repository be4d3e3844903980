"""Numbers with their nouns and units, for messages and tables."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """A number with its noun, like ``1 thread`` and ``2 threads``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def megabytes(size_bytes: float) -> str:
    """Decimal megabytes, as stores and phones count, like ``22.9 MB``."""
    return f"{size_bytes / 1e6:.1f} MB"
