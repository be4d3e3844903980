"""A .pte file: written with what edgekit has to say of it, opened, and looked into."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.errors import ConversionError, UnsupportedError, first_line
from edgekit.signature import Card, Signature

if TYPE_CHECKING:
    from executorch.runtime import Method, Program
    from torch.export import ExportedProgram

METHOD = "forward"
DTYPES = {3: "int32", 4: "int64", 6: "float32"}  # ScalarType of PyTorch's c10
FACTS = "edgekit"  # a method without inputs that returns the card and the names, as JSON


def write(program: ExportedProgram, signature: Signature, card: Card, path: Path) -> None:
    """Lowers a program to XNNPACK and ExecuTorch's kernels, and writes the .pte file.

    Args:
        program: at batch 1.
        signature: names inputs and outputs, which the file keeps.
        card: what the file says of itself.
        path: the file.

    Raises:
        ConversionError: an operator that neither XNNPACK nor ExecuTorch's own kernels have.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import EdgeCompileConfig, to_edge_transform_and_lower

    facts = {
        **asdict(card),
        # ExecuTorch promises that a runtime reads files of older versions, not of newer ones.
        "executorch": version("executorch"),
        "inputs": [spec.name for spec in signature.inputs],
        "outputs": [spec.name for spec in signature.outputs],
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lowered = to_edge_transform_and_lower(
                program,
                partitioner=[XnnpackPartitioner()],
                constant_methods={FACTS: json.dumps(facts)},
                compile_config=EdgeCompileConfig(_check_ir_validity=False),
            ).to_executorch()
    except Exception as error:
        raise ConversionError(f"ExecuTorch cannot lower the model: {first_line(error)}") from error
    with path.open("wb") as file:
        lowered.write_to_file(file)


def load(path: Path) -> Program:
    """Opens a file in ExecuTorch's runtime, which stays open with what is returned."""
    import executorch.kernels.quantized  # noqa: F401  registers embedding_byte
    from executorch.runtime import Runtime

    return Runtime.get().load_program(path)


def use_threads(count: int) -> None:
    """Sets how many threads XNNPACK has from now on, in this whole process.

    Raises:
        UnsupportedError: this build of ExecuTorch cannot set it.
    """
    from executorch.extension.pybindings import portable_lib

    portable_lib._unsafe_reset_threadpool(count)
    if portable_lib._threadpool_get_thread_count() != count:
        raise UnsupportedError(f"ExecuTorch does not run with {count} threads here: choose fewer")


def facts(program: Program) -> dict[str, Any]:
    """What :func:`write` put into a file: the card, and the names of inputs and outputs.

    A file that another tool made has numbers for names.
    """
    if FACTS in program.method_names:
        (text,) = program.load_method(FACTS).execute([])
        return dict(json.loads(text))
    meta = program.load_method(METHOD).metadata
    return {
        "inputs": [f"input_{number}" for number in range(meta.num_inputs())],
        "outputs": [f"output_{number}" for number in range(meta.num_outputs())],
    }


def input_dtypes(method: Method) -> list[str]:
    """The type of each input, in order."""
    meta = method.metadata
    return [DTYPES[meta.input_tensor_meta(i).dtype()] for i in range(meta.num_inputs())]


def operations(path: Path) -> Counter[str]:
    """How often ``forward`` calls each kernel; XNNPACK's parts count as one call each."""
    from executorch.exir._serialize._program import deserialize_pte_binary

    program: Any = deserialize_pte_binary(path.read_bytes())
    (plan,) = [plan for plan in program.program.execution_plan if plan.name == METHOD]
    counts: Counter[str] = Counter()
    for instruction in plan.chains[0].instructions:
        call = instruction.instr_args
        if hasattr(call, "delegate_index"):
            counts[plan.delegates[call.delegate_index].id] += 1
        elif hasattr(call, "op_index"):
            counts[plan.operators[call.op_index].name] += 1
    return counts
