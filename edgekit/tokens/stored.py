"""A parsed ``tokenizer.json``: its components are steps, or sequences of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Component: TypeAlias = Mapping[str, Any]
"""An object of a ``tokenizer.json``, as JSON has it: a step, a model, or the whole file."""

_LISTS = ("normalizers", "pretokenizers", "processors")


def steps(component: Component | None) -> Iterator[Component]:
    """The steps of a component in order; a sequence gives its own steps, and None gives none."""
    if component is None:
        return
    if component["type"] != "Sequence":
        yield component
    else:
        for step in next((component[name] for name in _LISTS if name in component), ()):
            yield from steps(step)
