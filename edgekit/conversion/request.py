"""What a conversion is asked for: what the command line and :func:`edgekit.convert` both make."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from edgekit.model.source import Trust


@dataclass(frozen=True)
class ConversionRequest:
    """The arguments of :func:`edgekit.convert`, which tells what each means, as one value.

    Those of a single format are fields of that converter's ``Options``, too, under the same name.
    """

    model: str
    task: str | None = None
    to: Sequence[str] | None = None
    recipe: Sequence[str] | None = None
    max_length: int | None = None
    buckets: Sequence[int] | None = None
    out: str | os.PathLike[str] | None = None
    force: bool = False
    minimum_ios: str | None = None
    minimum_tflite: str | None = None
    opset: int | None = None
    int64_inputs: bool = False
    keep_float32: Sequence[int] = ()
    embed_tokenizer: bool = False
    allow_pickle: bool = False
    trust_remote_code: bool = False
    allow_unused_weights: bool = False

    @property
    def trust(self) -> Trust:
        """What of the checkpoint may run code or be left out."""
        return Trust(self.allow_pickle, self.trust_remote_code, self.allow_unused_weights)

    def given(self) -> Mapping[str, object]:
        """The arguments that differ from their defaults, by name."""
        values = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}
