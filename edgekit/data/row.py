"""One example of labelled data, whatever file it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One example's cells by column; ``place`` says where it stands, like ``line 7``."""

    place: str
    cells: Mapping[str, Any]
