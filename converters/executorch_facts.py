"""What is inside an ExecuTorch file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgekit.converters import executorch_file
from edgekit.converters.facts import FileFacts
from edgekit.files import size_bytes
from edgekit.signature import TensorSpec


def read(path: Path) -> FileFacts:
    """What is in a .pte file.

    Any error says that it is damaged.
    """
    program = executorch_file.load(path)
    facts = executorch_file.facts(program)
    maker = facts.pop("executorch", None)
    meta = program.load_method(executorch_file.METHOD).metadata
    return FileFacts(
        path.name,
        "executorch",
        size_bytes(path),
        "batch 1, lengths up to those of the inputs",
        _tensors(facts.pop("inputs"), meta.input_tensor_meta),
        _tensors(facts.pop("outputs"), meta.output_tensor_meta),
        executorch_file.operations(path),
        {name: str(value) for name, value in facts.items() if value},
        least_runtime={} if maker is None else {"ExecuTorch": maker},
    )


def _tensors(names: list[str], meta: Callable[[int], Any]) -> tuple[TensorSpec, ...]:
    """The inputs or outputs of a program.

    Args:
        names: of the tensors, in order.
        meta: ExecuTorch's description of the tensor of that number.
    """
    return tuple(
        TensorSpec(name, executorch_file.DTYPES[meta(index).dtype()], tuple(meta(index).sizes()))
        for index, name in enumerate(names)
    )
