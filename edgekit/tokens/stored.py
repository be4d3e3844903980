"""A parsed ``tokenizer.json``: its components are steps, or sequences of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_LISTS = ("normalizers", "pretokenizers", "processors")


def steps(component: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The steps of a component in order, sequences unfolded."""
    if component is None:
        return
    if component["type"] != "Sequence":
        yield component
    else:
        for step in next((component[name] for name in _LISTS if name in component), ()):
            yield from steps(step)
