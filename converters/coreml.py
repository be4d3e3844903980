"""Core ML: one ML Program package, one function a bucket, weights stored once.

Each bucket is converted to MIL in memory and takes its weights from the buckets before it. float16
is written from that program, and a quantised recipe is the same program with its weights stored
otherwise, in place: nothing is saved twice or read back. Layers that a recipe has in float32 are
computed in it too. float32 throughout is a program of its own, for models whose numbers do not fit
into float16; the Neural Engine runs neither.
"""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.converters.coreml_facts import read as inspect
from edgekit.converters.coreml_label import label
from edgekit.converters.lowering import Coverage
from edgekit.converters.options import FormatOptions
from edgekit.errors import ConversionError, first_line
from edgekit.mil import passes
from edgekit.mil.stored import read as weights
from edgekit.mil.toolbox import coremltools, no_overflow_warnings
from edgekit.quantize.scheme import FLOAT16, FLOAT32, Scheme
from edgekit.quantize.selector import Tensor
from edgekit.quantize.tensors import operator_layers, tensors
from edgekit.recipe import Recipe
from edgekit.signature import Card
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    from coremltools import PassPipeline
    from coremltools.converters.mil import Program

_INT8 = Scheme(8, symmetric=False, activations="float16")
_OPERATORS, _SCHEMES = ("embedding", "linear"), (FLOAT32, FLOAT16, _INT8)
COVERAGE = Coverage(
    "coreml",
    "Core ML",
    [(operator, scheme) for operator in _OPERATORS for scheme in _SCHEMES],
    "converters/coreml.py",
)
__all__ = [
    "COVERAGE", "Options", "conversion_pipeline", "convert", "inspect", "missing_operators",
    "weights",
]  # fmt: skip

_CAST = re.compile(r"_to_fp16(_\d+)?$")  # ends the name of a parameter that was cast


@dataclass(frozen=True)
class Options(FormatOptions):
    """What Core ML files are asked for.

    Attributes:
        minimum_ios: the oldest iOS that has to run the files.
        keep_float32: encoder layers, from 0, that are computed in float32.
    """

    minimum_ios: str = field(default="18", metadata={"choices": ("16", "17", "18")})
    keep_float32: Sequence[int] = ()

    def adapted(self, recipe: Recipe) -> Recipe:
        """The recipe with the layers of :attr:`keep_float32` in float32."""
        return recipe.keeping(self.keep_float32)


DEFAULTS = Options()


def convert(
    graph: Graph,
    recipes: Sequence[Recipe],
    card: Card,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[tuple[Recipe, Path]]:
    """Yields each recipe's finished ``.mlpackage`` as soon as it is written into ``folder``.

    From iOS 18 on a package has a function ``seq_<length>`` for every bucket; the default one is
    the largest, which takes every text the model takes. Older systems know no named functions, and
    flexible shapes for one input only: their package has one function, ``main``, of the largest
    bucket. :func:`edgekit.mil.package.functions` says which buckets a file has.

    Inputs are int32 of shape (1, length); outputs are float32, logits as the model computes them.

    Raises:
        UnsupportedError: a scheme of a recipe has no lowering.
        ConversionError: coremltools cannot convert the graph.
        MissingExtraError: coremltools is not installed.
    """
    coremltools()  # before torch loads the graph: tqdm, which both import, is told to be quiet once
    found = tensors(graph.dynamic)
    chosen = [COVERAGE.schemes(recipe, found) for recipe in recipes]
    program, made_in = None, ""
    for recipe, schemes in sorted(zip(recipes, chosen, strict=True), key=_order):
        precision, quantized = _order((recipe, schemes))
        if program is None or precision != made_in:
            program = None  # it holds its weights, and so will the next one
            program, made_in = _program(graph, recipe, options.minimum_ios, precision), precision
        package = folder / f"model-{recipe.name}.mlpackage"
        _write(program, _storing(recipe, found), options.minimum_ios, package)
        label(package, graph, card, recipe.name)
        if quantized:
            program = None  # its weights are levels now
        yield recipe, package


def _order(row: tuple[Recipe, Mapping[str, Scheme]]) -> tuple[str, bool]:
    """The key by which recipes are sorted, so that those next to each other share a program.

    It is the precision of the program that a recipe is made from, and whether storing the weights
    changes that program, so that none can be made from it afterwards.
    """
    schemes = set(row[1].values())
    precision = "FLOAT32" if schemes == {FLOAT32} else "FLOAT16"
    return precision, any(not scheme.floating for scheme in schemes)


def missing_operators(graph: Graph) -> list[str]:
    """The operators of a traced model that coremltools cannot convert, by their names in torch."""
    coremltools()
    from coremltools.converters.mil.frontend.torch import torch_op_registry

    with warnings.catch_warnings():  # it deprecates its own way of looking into its registry
        warnings.simplefilter("ignore")
        return sorted(
            {
                str(node.target)
                for node in graph.static(min(graph.signature.buckets)).graph.nodes
                if node.op == "call_function"
                and not torch_op_registry.is_torch_fx_node_supported(node)
            }
        )


def _program(graph: Graph, recipe: Recipe, minimum_ios: str, precision: str) -> Program:
    """The MIL program of every bucket the system can hold, largest first, in that precision."""
    ct = coremltools()
    from coremltools.converters.mil import Program

    named = int(minimum_ios) >= 18
    buckets = sorted(graph.signature.buckets, reverse=True)
    program, pipeline = Program(), conversion_pipeline(precision)
    if precision == "FLOAT16":
        computes = _computing(recipe, operator_layers(graph.dynamic))
        pipeline.set_options(passes.CAST, {"op_selector": computes})
    for length in buckets if named else buckets[:1]:
        with _conversion_errors(f"{length} tokens"), no_overflow_warnings():
            part = ct.convert(
                graph.static(length),
                convert_to="milinternal",
                minimum_deployment_target=ct.target[f"iOS{minimum_ios}"],
                compute_precision=ct.precision[precision],
                outputs=[
                    ct.TensorType(name=out.name, dtype=np.float32)
                    for out in graph.signature.outputs
                ],
                pass_pipeline=pipeline,
            )
        program.add_function(f"seq_{length}" if named else "main", part.functions["main"])
        gc.collect()  # MIL graphs are cyclic, and this one still holds its float32 weights
    program.default_function_name = next(iter(program.functions))
    program.export_as_multifunction = named
    return program


def _computing(recipe: Recipe, layers: Mapping[str, int]) -> Callable[[Any], bool]:
    """A function that tells whether an operation is computed in float16.

    It is where its layer's numbers are stored in float16. coremltools names an operation after the
    traced one that it is made of, and what that needs beside it with an ending.

    Args:
        recipe: says how numbers are stored.
        layers: the number of the encoder layer of each traced operation.
    """

    def chosen(op: Any) -> bool:
        """Whether the layer that an operation comes from is stored in less than float32."""
        name = op.outputs[0].name
        while name and name not in layers:
            name = name.rpartition("_")[0]
        tensor = Tensor(op.outputs[0].name, "other", layers.get(name), ())
        return recipe.selector.scheme(tensor, COVERAGE.name) != FLOAT32

    return chosen


def _write(program: Program, pipeline: PassPipeline, minimum_ios: str, package: Path) -> None:
    """Runs the passes that store weights over a program, and writes the package."""
    ct = coremltools()
    with _conversion_errors(package.name):
        ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=ct.target[f"iOS{minimum_ios}"],
            pass_pipeline=pipeline,
            package_dir=str(package),
            skip_model_load=True,
        )


def conversion_pipeline(precision: str = "FLOAT16") -> PassPipeline:
    """coremltools' default passes, with edgekit's pool of weights and its cheaper pass to float16.

    Args:
        precision: ``FLOAT16``, or ``FLOAT32``, which has no pass to float16: all numbers stay as
            they are.
    """
    passes.register()
    pipeline = coremltools().PassPipeline()
    names = [passes.CAST if "add_fp16_cast" in name else name for name in pipeline.passes]
    if precision == "FLOAT32":
        names.remove(passes.CAST)
    # Ids count from 0: no gather needs a branch for indices that count from the end.
    names.remove("common::guard_negative_gather_indices")
    pipeline.passes = [*names, passes.SHARE]
    pipeline.set_options(passes.SHARE, {"pool": {}})
    return pipeline


def _storing(recipe: Recipe, found: Mapping[str, Tensor]) -> PassPipeline:
    """The passes that store each weight as the recipe says.

    Args:
        recipe: says how.
        found: the traced program's tensors, by name.
    """
    passes.register()
    named = {tensor.placeholder: tensor for tensor in found.values()}

    def choose(name: str, matrix: bool) -> Scheme:
        """The scheme of a constant.

        A matrix that is no parameter is an operand of attention, and counts as such.
        """
        tensor = named.get(_CAST.sub("", name))
        if tensor is None:
            tensor = Tensor(name, "attention" if matrix else "other", None, ())
        return recipe.selector.scheme(tensor, COVERAGE.name)

    pipeline = coremltools().PassPipeline([passes.STORE, passes.SHARE])
    pipeline.set_options(passes.STORE, {"choose": choose})
    return pipeline


@contextmanager
def _conversion_errors(what: str) -> Iterator[None]:
    """Makes a ConversionError about ``what`` of whatever coremltools raises."""
    try:
        yield
    except Exception as error:
        raise ConversionError(f"coremltools cannot convert {what}: {first_line(error)}") from error
