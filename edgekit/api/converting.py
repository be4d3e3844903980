"""``edgekit.convert``, and ``edgekit.plan``: what it would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from edgekit.api.arguments import AnyPath, counts, names

if TYPE_CHECKING:
    from edgekit.bundle import Bundle
    from edgekit.conversion.plan import ExportPlan
    from edgekit.conversion.steps import Step


def convert(
    model: str,
    *,
    task: str | None = None,
    to: str | Iterable[str] | None = None,
    recipe: str | Iterable[str] | None = None,
    max_length: int | None = None,
    buckets: int | Iterable[int] | None = None,
    out: AnyPath | None = None,
    force: bool = False,
    minimum_ios: str | None = None,
    minimum_tflite: str | None = None,
    opset: int | None = None,
    int64_inputs: bool = False,
    keep_float32: int | Iterable[int] = (),
    embed_tokenizer: bool = False,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    allow_unused_weights: bool = False,
    jobs: int = 2,
    progress: Callable[[Step], None] = lambda step: None,
) -> Bundle:
    """Converts a checkpoint and returns the published, proven bundle.

    Args:
        model: a hub id, a folder, ``demo`` or ``config:PATH``.
        task: what the model is for, like ``text-classification``; None asks the checkpoint.
        to: formats, like ``onnx``: what ``edgekit convert --help`` lists. None is ONNX, TFLite and
            Core ML, on Windows the first two.
        recipe: how weights are stored, like ``fp32`` and ``int8``, one file for each in each
            format; None leaves each format its own.
        max_length: the most tokens, special ones included; None is where the checkpoint's own
            library cuts texts, 512 at most, and 256 of a text classifier that names no length.
        buckets: static lengths in tokens, for formats that need them; None chooses usual ones.
        out: the bundle's folder; None is ``NAME.edgekit`` here.
        force: replace a bundle that is there.
        minimum_ios: the oldest iOS that has to run Core ML files: 16, 17 or 18.
        minimum_tflite: the oldest TensorFlow Lite that has to run TFLite files, such as 2.14.
        opset: the newest opset of ai.onnx that ONNX files may ask for, 15 to 20.
        int64_inputs: whether ONNX files take int64 instead of int32.
        keep_float32: encoder layers, from 0, that Core ML files compute in float32: those whose
            numbers pass 65,504, where float16 ends.
        embed_tokenizer: add ONNX files that take text.
        allow_pickle: load pickled weights, which can run code.
        trust_remote_code: run Python code of the checkpoint.
        allow_unused_weights: convert although the model has no place for some trained weights.
        jobs: how many formats are converted at the same time.
        progress: is told of each step as it begins and ends; ``print`` will do.

    Raises:
        ProofError: a file does not compute what PyTorch computes; the others are published.
        EdgekitError: anything else that went wrong, with one line that says what and what to do.
    """
    asked = {name: value for name, value in locals().items() if name not in ("jobs", "progress")}
    from edgekit.conversion import pipeline

    return pipeline.convert(_planned(asked), say=progress, jobs=jobs)


def plan(
    model: str,
    *,
    task: str | None = None,
    to: str | Iterable[str] | None = None,
    recipe: str | Iterable[str] | None = None,
    max_length: int | None = None,
    buckets: int | Iterable[int] | None = None,
    out: AnyPath | None = None,
    force: bool = False,
    minimum_ios: str | None = None,
    minimum_tflite: str | None = None,
    opset: int | None = None,
    int64_inputs: bool = False,
    keep_float32: int | Iterable[int] = (),
    embed_tokenizer: bool = False,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    allow_unused_weights: bool = False,
) -> ExportPlan:
    """What :func:`convert` would do with the same arguments: ``edgekit convert --dry-run``.

    All is checked that can be without loading the model, and nothing is written.

    Returns:
        The task, the lengths, each file with its estimated size, and ``notes``: what is done that
        was not asked for.

    Raises:
        EdgekitError: what :func:`convert` would refuse, in the same words.
    """
    return _planned(locals())


def _planned(asked: Mapping[str, Any]) -> ExportPlan:
    """The plan for the arguments of :func:`convert` and :func:`plan`, by name."""
    from edgekit.conversion import plan
    from edgekit.conversion.request import ConversionRequest

    several = {name: names(asked[name]) for name in ("to", "recipe")}
    numbers = {name: counts(asked[name]) for name in ("buckets", "keep_float32")}
    return plan.make(ConversionRequest(**{**asked, **several, **numbers}))
