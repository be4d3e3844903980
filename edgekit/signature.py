"""What goes into a model, what comes out, and what an artifact says of itself: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a model.

    Attributes:
        name: of the tensor.
        dtype: numpy's name, like ``int32``.
        shape: sizes; free axes have names: ``("batch", "length", 768)``.
        description: for people.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    description: str = ""

    def at(self, batch: int, length: int) -> tuple[int, ...]:
        """The shape with its free axes filled in."""
        free = {"batch": batch, "length": length}
        return tuple(free[axis] if isinstance(axis, str) else axis for axis in self.shape)


@dataclass(frozen=True)
class Signature:
    """What goes into a model, what comes out, and which static lengths are traced.

    Attributes:
        inputs: in their order.
        outputs: in their order.
        buckets: the static lengths, ascending.
        pad_id: what the model's own tokenizer pads ``input_ids`` with. Any id would do: what stands
            where ``attention_mask`` is 0 never matters.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    buckets: tuple[int, ...]
    pad_id: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Signature:
        """The inverse of ``dataclasses.asdict``."""

        def specs(rows: list[dict[str, Any]]) -> tuple[TensorSpec, ...]:
            return tuple(TensorSpec(**{**row, "shape": tuple(row["shape"])}) for row in rows)

        return cls(
            specs(data["inputs"]),
            specs(data["outputs"]),
            tuple(data["buckets"]),
            data.get("pad_id", 0),
        )


@dataclass(frozen=True)
class Card:
    """What an artifact says of itself in its own metadata, whatever its format."""

    name: str
    task: str
    source: str
    description: str = ""
    author: str = ""
    license: str = ""
    labels: tuple[str, ...] = ()
    random_weights: bool = False
