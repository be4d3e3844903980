"""The formats edgekit writes. A new one is a converter file, a row here and a runtime's row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from edgekit.converters import lowering
from edgekit.errors import MissingExtraError, UnsupportedError
from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Stored
from edgekit.recipe import RECIPES, Recipe
from edgekit.signature import Card
from edgekit.tracing.graph import Graph


class Converter(Protocol):
    """What each format's file in ``converters/`` has.

    ``COVERAGE`` says which operators may have a weight in which scheme; ``convert`` yields a
    recipe's file once it is written, and ``weights`` reads back what such a file stores.
    """

    COVERAGE: lowering.Coverage

    def convert(
        self, graph: Graph, recipes: Sequence[Recipe], card: Card, folder: Path, **options: object
    ) -> Iterator[tuple[Recipe, Path]]: ...

    def missing_operators(self, graph: Graph) -> list[str]: ...

    def weights(self, path: Path, wanted: Wanted) -> dict[str, Stored]: ...


@dataclass(frozen=True)
class Format:
    """One file format.

    ``default_recipes`` is what is built where none is named: Core ML's own precision is float16.
    ``minimum_os`` is that of the runtime's library, which a file may raise. ``options`` are the
    arguments of its own that ``convert`` takes, and what each may be.
    ``effort`` is how long it takes, relative to the others: the longest is started first.
    """

    name: str
    title: str
    extra: str
    modules: tuple[str, ...]
    suffix: str
    default_recipes: tuple[str, ...]
    runtime: str
    minimum_os: str
    options: Mapping[str, Sequence[object]] = field(default_factory=dict)
    effort: int = 1

    def require(self) -> None:
        """Raises MissingExtraError if a package it needs is not installed."""
        for module in self.modules:
            if module not in sys.modules and find_spec(module) is None:
                raise MissingExtraError(module.replace("_", "-"), self.extra)

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
        try:
            self.converter().COVERAGE.require(recipe)
        except UnsupportedError:
            return False
        return True

    def converter(self) -> Converter:
        """The format's own file."""
        return cast(Converter, import_module(f"edgekit.converters.{self.name}"))

    def missing_operators(self, graph: Graph) -> list[str]:
        """The operators of a traced model that this format has no lowering for, by name."""
        return self.converter().missing_operators(graph)


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format(
            name="onnx",
            title="ONNX",
            extra="onnx",
            modules=("onnx", "onnxruntime"),
            suffix=".onnx",
            default_recipes=("fp32", "int8"),
            runtime="onnxruntime",
            minimum_os="Android 7.0 (API 24), iOS 15.1",
            options={
                "opset": range(15, 21),
                "int64_inputs": (False, True),
                "limit_bytes": range(1, 2**31),
            },
        ),
        Format(
            name="tflite",
            title="TFLite",
            extra="tflite",
            modules=("ai_edge_litert", "flatbuffers"),
            suffix=".tflite",
            default_recipes=("fp32", "int8"),
            runtime="LiteRT",
            minimum_os="Android 6.0 (API 23), iOS 15",
            options={"minimum_tflite": tuple(f"2.{minor}" for minor in range(5, 20))},
        ),
        Format(
            name="coreml",
            title="Core ML",
            extra="coreml",
            modules=("coremltools",),
            suffix=".mlpackage",
            default_recipes=("fp16", "int8"),
            runtime="Core ML",
            minimum_os="iOS 16, macOS 13",
            options={"minimum_ios": ("16", "17", "18")},
            effort=3,
        ),
        Format(
            name="executorch",
            title="ExecuTorch",
            extra="executorch",
            modules=("executorch",),
            suffix=".pte",
            default_recipes=("fp32", "int8"),
            runtime="ExecuTorch",
            minimum_os="Android 6.0 (API 23), iOS 17",
            effort=4,
        ),
        Format(
            name="coreai",
            title="Core AI",
            extra="coreai",
            modules=("coreai", "coreai_torch"),
            suffix=".aimodel",
            default_recipes=("fp32", "int8"),
            runtime="Core AI",
            minimum_os="iOS 27, macOS 27",
            effort=3,
        ),
    )
}

DEFAULT = ("onnx", "tflite", "coreml")  # what every app can choose from; the others are asked for


def get(name: str) -> Format:
    """The format of that name.

    Raises:
        UnsupportedError: there is none; the message lists them.
    """
    if name not in FORMATS:
        raise UnsupportedError(f"unknown format '{name}': choose from {', '.join(FORMATS)}")
    return FORMATS[name]
