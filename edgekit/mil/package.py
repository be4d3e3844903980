"""What a ``.mlpackage`` says of itself: read from its protobuf, without coremltools or a Mac.

Format: https://apple.github.io/coremltools/mlmodel/Format/Model.html and ``MIL.html`` beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.errors import BundleError, EdgekitError
from edgekit.mil.toolbox import protobuf
from edgekit.signature import TensorSpec

if TYPE_CHECKING:
    from coremltools.proto.MIL_pb2 import Block, Function
    from coremltools.proto.Model_pb2 import (
        FeatureDescription,
        FunctionDescription,
        Metadata,
        Model,
        ModelDescription,
    )

# The first systems that read each version of the format:
# https://apple.github.io/coremltools/mlmodel/Format/Model.html
_MINIMUM_OS = {
    6: "iOS 15, macOS 12",
    7: "iOS 16, macOS 13",
    8: "iOS 17, macOS 14",
    9: "iOS 18, macOS 15",
    10: "iOS 26, macOS 26",
}
_ARRAY_DTYPES = {"FLOAT32": "float32", "FLOAT16": "float16", "INT32": "int32", "DOUBLE": "float64"}


@dataclass(frozen=True)
class PackageFacts:
    """What :func:`read_facts` finds. Tensors and operations are those of the default function.

    ``functions`` maps each name to how many tokens it takes, shortest first; ``operations`` counts
    them by type, constants left out; ``metadata`` has the user-defined pairs under their own keys.
    """

    specification_version: int
    minimum_os: str
    functions: Mapping[str, int]
    default_function: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    operations: Mapping[str, int]
    metadata: Mapping[str, str]


def read_facts(package: Path) -> PackageFacts:
    """Reads a package's functions, tensors, operations and metadata.

    Raises:
        BundleError: the folder is not an ML Program package, or is damaged.
    """
    spec = read_spec(package)
    with refuse_damage(package):
        for name in _weight_files(spec):
            inside(spec_path(package).parent, name)
        return _facts(package, spec)


def _facts(package: Path, spec: Model) -> PackageFacts:
    """What a parsed model says; ``package`` is for errors."""
    default = spec.description.defaultFunctionName or "main"
    described = {row.name: row for row in spec.description.functions} or {"main": spec.description}
    if default not in described or not described.keys() <= set(spec.mlProgram.functions):
        raise BundleError(f"{package.name} describes functions it does not have: export it again")
    lengths = {name: _tokens(row) for name, row in described.items()}
    number = spec.specificationVersion
    return PackageFacts(
        specification_version=number,
        minimum_os=_MINIMUM_OS.get(number, f"specification {number}"),
        functions=dict(sorted(lengths.items(), key=lambda pair: pair[1])),
        default_function=default,
        inputs=tuple(map(_tensor, described[default].input)),
        outputs=tuple(map(_tensor, described[default].output)),
        operations=_operations(spec.mlProgram.functions[default]),
        metadata=_metadata(spec.description.metadata),
    )


def functions(package: Path) -> dict[str, int]:
    """Each function's name and how many tokens it takes, shortest first.

    Raises:
        BundleError: the folder is not an ML Program package, or is damaged.
    """
    return dict(read_facts(package).functions)


def read_spec(package: Path) -> Model:
    """The package's ``Model`` message.

    Raises:
        BundleError: the folder is not an ML Program package, or is damaged.
    """
    path = spec_path(package)
    spec = protobuf("Model_pb2").Model()
    with refuse_damage(package):
        spec.ParseFromString(path.read_bytes())
    if spec.WhichOneof("Type") != "mlProgram" or not spec.mlProgram.functions:
        raise BundleError(f"{package.name} holds no ML Program: export it again")
    return spec


@contextmanager
def refuse_damage(package: Path) -> Iterator[None]:
    """Makes a BundleError of anything that goes wrong while a file is taken apart.

    A library's parser fails in many ways on a damaged file, and it is the file that is at fault.

    Args:
        package: the file, for the message.

    Raises:
        BundleError: anything but edgekit's own errors was raised inside.
    """
    try:
        yield
    except EdgekitError:
        raise
    except Exception as error:
        raise BundleError(f"{package.name} is damaged: export it again ({error})") from error


def spec_path(package: Path) -> Path:
    """The file of the package's ``Model`` message, which its ``Manifest.json`` names.

    Raises:
        BundleError: the manifest is missing, damaged or points outside of the package.
    """
    try:
        manifest = json.loads((package / "Manifest.json").read_text())
        item = manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{package} has no readable Manifest.json: export it again") from error
    return inside(package / "Data", str(item))


def inside(folder: Path, name: str) -> Path:
    """The path of a file that a package names, which may point at nothing or out of the package.

    Args:
        folder: below which the file has to be.
        name: its path there.

    Raises:
        BundleError: there is no such file, or the name leads elsewhere.
    """
    path = folder / name
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"{name} is not a file of {folder}: export the package again")
    return path


def body(function: Function) -> Block:
    """The block of operations that a function runs.

    Raises:
        BundleError: it has none.
    """
    if function.opset not in function.block_specializations:
        raise BundleError(f"a function has no code for {function.opset}: export the package again")
    return function.block_specializations[function.opset]


def _tokens(described: FunctionDescription | ModelDescription) -> int:
    """How many tokens a function takes: the last axis of its first input."""
    return int(described.input[0].type.multiArrayType.shape[-1]) if described.input else 0


def _weight_files(spec: Model) -> set[str]:
    """The files beside the model, by path from it, that hold its large constants."""
    values = (
        value
        for function in spec.mlProgram.functions.values()
        for operation in body(function).operations
        for value in operation.attributes.values()
    )
    blobs = (v.blobFileValue for v in values if v.WhichOneof("value") == "blobFileValue")
    return {blob.fileName.removeprefix("@model_path/") for blob in blobs}


def _operations(function: Function) -> dict[str, int]:
    block = body(function)
    return dict(Counter(op.type for op in block.operations if op.type != "const").most_common())


def _tensor(feature: FeatureDescription) -> TensorSpec:
    """An input or output as the model's description has it."""
    array = feature.type.multiArrayType
    names = type(array).ArrayDataType
    dtype = _ARRAY_DTYPES.get(names.Name(array.dataType), "unknown")
    return TensorSpec(feature.name, dtype, tuple(array.shape), feature.shortDescription)


def _metadata(metadata: Metadata) -> dict[str, str]:
    """A package's metadata by name: Core ML's own fields, then the user-defined pairs."""
    standard = {
        "author": metadata.author,
        "license": metadata.license,
        "description": metadata.shortDescription,
        "version": metadata.versionString,
    }
    return {**standard, **dict(sorted(metadata.userDefined.items()))}
