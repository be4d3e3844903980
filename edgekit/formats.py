"""The formats edgekit writes. A new one is a converter file, a row here and a runtime's row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

from edgekit import recipe
from edgekit.converters import lowering
from edgekit.errors import MissingExtraError, UnsupportedError
from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Stored
from edgekit.recipe import RECIPES, Recipe
from edgekit.signature import Card
from edgekit.tracing.graph import Graph


class Converter(Protocol):
    """What each format's file in ``converters/`` has.

    ``FORMAT`` says which operators may have a weight in which scheme; ``convert`` yields a
    recipe's file once it is written, and ``weights`` reads back what such a file stores.
    """

    FORMAT: lowering.Format

    def convert(
        self, graph: Graph, recipes: Sequence[Recipe], card: Card, folder: Path, **options: Any
    ) -> Iterator[tuple[Recipe, Path]]: ...

    def weights(self, path: Path, wanted: Wanted) -> dict[str, Stored]: ...


@dataclass(frozen=True)
class Format:
    """One file format.

    ``instead`` has the recipes that are built in the place of others: Core ML's full precision is
    float16.
    ``effort`` is how long it takes, relative to the others: the longest is started first.
    """

    name: str
    title: str
    extra: str
    modules: tuple[str, ...]
    suffix: str
    runtime: str
    minimum_os: str
    effort: int = 1
    instead: Mapping[str, str] = field(default_factory=dict)

    def require(self) -> None:
        """Raises MissingExtraError if a package it needs is not installed."""
        for module in self.modules:
            if module not in sys.modules and find_spec(module) is None:
                raise MissingExtraError(module.replace("_", "-"), self.extra)

    @property
    def recipes(self) -> dict[str, str]:
        """The recipes that may be asked for, with the one that is then built."""
        built = {name: self.instead.get(name, name) for name in RECIPES}
        return {name: made for name, made in built.items() if self._builds(RECIPES[made])}

    def recipe(self, asked: str) -> str:
        """The recipe that is built when ``asked`` is named.

        Raises:
            UnsupportedError: the format has no lowering for a scheme of the recipe.
        """
        built = recipe.get(self.instead.get(asked, asked))
        self.converter().FORMAT.require(built)
        return built.name

    def _builds(self, made: Recipe) -> bool:
        try:
            self.converter().FORMAT.require(made)
        except UnsupportedError:
            return False
        return True

    def converter(self) -> Converter:
        """The format's own file."""
        return cast(Converter, import_module(f"edgekit.converters.{self.name}"))


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format(
            name="onnx",
            title="ONNX",
            extra="onnx",
            modules=("onnx", "onnxruntime"),
            suffix=".onnx",
            runtime="onnxruntime",
            minimum_os="Android 7.0 (API 24), iOS 15.1",
        ),
        Format(
            name="tflite",
            title="TFLite",
            extra="tflite",
            modules=("ai_edge_litert", "flatbuffers"),
            suffix=".tflite",
            runtime="LiteRT",
            minimum_os="Android 6.0 (API 23), iOS 15",
        ),
        Format(
            name="coreml",
            title="Core ML",
            extra="coreml",
            modules=("coremltools",),
            suffix=".mlpackage",
            instead={"fp32": "fp16"},
            runtime="Core ML",
            minimum_os="iOS 18, macOS 15",
            effort=3,
        ),
        Format(
            name="executorch",
            title="ExecuTorch",
            extra="executorch",
            modules=("executorch",),
            suffix=".pte",
            runtime="ExecuTorch",
            minimum_os="Android 6.0 (API 23), iOS 17",
            effort=4,
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
