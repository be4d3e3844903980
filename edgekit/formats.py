"""The formats edgekit writes. A new one is a converter file, a row here and a runtime's row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from edgekit import extras
from edgekit.errors import UnsupportedError
from edgekit.recipe import RECIPES, Recipe

if TYPE_CHECKING:  # the command line reads the table, and has no time for them
    from edgekit.converters import lowering
    from edgekit.converters.facts import FileFacts
    from edgekit.converters.options import FormatOptions
    from edgekit.quantize.audit import Wanted
    from edgekit.quantize.numerics import Stored
    from edgekit.signature import Card
    from edgekit.tracing.graph import Graph


class Converter(Protocol):
    """What each format's file in ``converters/`` has.

    ``COVERAGE`` says which operators may have a weight in which scheme, and ``Options`` what this
    format alone can be asked for. ``convert`` yields a recipe's file once it is written,
    ``weights`` reads back what such a file stores, and ``inspect`` looks into anybody's file.
    """

    COVERAGE: lowering.Coverage
    Options: type[FormatOptions]

    def convert(
        self,
        graph: Graph,
        recipes: Sequence[Recipe],
        card: Card,
        folder: Path,
        options: FormatOptions,
    ) -> Iterator[tuple[Recipe, Path]]:
        """Writes a file for each recipe into ``folder``, and yields each once it is written."""
        ...

    def missing_operators(self, graph: Graph) -> list[str]:
        """The operators of a traced model that have no lowering, by their names in torch."""
        ...

    def weights(self, path: Path, wanted: Wanted) -> dict[str, Stored]:
        """What a file stores of each tensor.

        Args:
            path: a file that :meth:`convert` has written.
            wanted: the tensors to look for, with their schemes and their values in the checkpoint.

        Returns:
            By the names of tensors, those that the file has.
        """
        ...

    def inspect(self, path: Path) -> FileFacts:
        """What is in a file of the format, whoever made it; any error says that it is damaged."""
        ...


@dataclass(frozen=True)
class Format:
    """One file format.

    ``default_recipes`` is what is built where none is named: Core ML's own precision is float16.
    ``minimum_os`` is that of the runtime's library, which a file may raise.
    ``packages`` are what its files are made and opened with, as PyPI has them: bundles tell their
    versions. ``effort`` is how long it takes, relative to the others: the longest is started first.
    ``recipe_notes`` are what a user of a recipe has to know beforehand.
    """

    name: str
    title: str
    suffix: str
    default_recipes: tuple[str, ...]
    runtime: str
    minimum_os: str
    packages: tuple[str, ...]
    effort: int = 1
    recipe_notes: Mapping[str, str] = field(default_factory=dict, hash=False)

    def require(self) -> None:
        """Raises MissingExtraError if a package it needs, those of its extra, is not installed."""
        extras.require(self.name)

    @property
    def full_precision(self) -> str:
        """The recipe of its unquantised file, where none is named."""
        return self.default_recipes[0]

    @property
    def recipes(self) -> tuple[str, ...]:
        """The recipes that it has a lowering for, in the order of the table."""
        return tuple(name for name, row in RECIPES.items() if self._builds(row))

    def check_recipe(self, name: str) -> None:
        """Raises UnsupportedError if the format has no lowering for a scheme of that recipe."""
        self.converter().COVERAGE.require(RECIPES[name])

    def _builds(self, recipe: Recipe) -> bool:
        """Whether the format has a lowering for every scheme of a recipe."""
        try:
            self.converter().COVERAGE.require(recipe)
        except UnsupportedError:
            return False
        return True

    def converter(self) -> Converter:
        """The format's own file."""
        return cast(Converter, import_module(f"edgekit.converters.{self.name}"))

    def arguments(self) -> set[str]:
        """The arguments of :func:`edgekit.convert` that are for this format alone."""
        return self.converter().Options.arguments()

    def missing_operators(self, graph: Graph) -> list[str]:
        """The operators of a traced model that this format has no lowering for, by name."""
        return self.converter().missing_operators(graph)


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format(
            name="onnx",
            title="ONNX",
            suffix=".onnx",
            default_recipes=("fp32", "int8"),
            runtime="onnxruntime",
            minimum_os="Android 7.0 (API 24), iOS 15.1",
            packages=("onnx", "onnxruntime", "onnxruntime-extensions"),
        ),
        Format(
            name="tflite",
            title="TFLite",
            suffix=".tflite",
            default_recipes=("fp32", "int8"),
            runtime="LiteRT",
            minimum_os="Android 6.0 (API 23), iOS 15",
            packages=("ai-edge-litert", "tensorflow"),
        ),
        Format(
            name="coreml",
            title="Core ML",
            suffix=".mlpackage",
            default_recipes=("fp16", "int8"),
            runtime="Core ML",
            minimum_os="iOS 16, macOS 13",
            packages=("coremltools",),
            effort=3,
        ),
        Format(
            name="executorch",
            title="ExecuTorch",
            suffix=".pte",
            default_recipes=("fp32", "int8"),
            runtime="ExecuTorch",
            minimum_os="Android 6.0 (API 23), iOS 17",
            packages=("executorch",),
            effort=4,
        ),
        Format(
            name="coreai",
            title="Core AI",
            suffix=".aimodel",
            default_recipes=("fp32", "int8"),
            runtime="Core AI",
            minimum_os="iOS 27, macOS 27",
            packages=("coreai-core", "coreai-torch"),
            effort=3,
            recipe_notes={
                "fp16": "Core AI's runtime is slow in float16 on Linux: proving model-fp16.aimodel "
                "takes minutes for a MiniLM, and longer for a wider model"
            },
        ),
    )
}


def default_formats(platform: str) -> tuple[str, ...]:
    """The names of the formats that ``convert`` writes where the user names none.

    Args:
        platform: named as ``sys.platform`` does; a format whose extra cannot be installed there is
            left out.
    """
    return tuple(name for name in ("onnx", "tflite", "coreml") if extras.released(name, platform))


DEFAULT = default_formats(sys.platform)


def get(name: str) -> Format:
    """The format of that name.

    Raises:
        UnsupportedError: there is none; the message lists them.
    """
    if name not in FORMATS:
        raise UnsupportedError(f"unknown format '{name}': choose from {', '.join(FORMATS)}")
    return FORMATS[name]


def of_suffix(suffix: str) -> Format | None:
    """The format of files whose names end so, like ``.onnx``; None if there is none."""
    return next((row for row in FORMATS.values() if row.suffix == suffix), None)


def versions() -> dict[str, str]:
    """The installed versions of the packages that make bundles; absent ones are left out."""
    named = (name for row in FORMATS.values() for name in row.packages)
    found = {}
    for name in ("torch", "transformers", *named):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
