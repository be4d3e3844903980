"""The sides of ``make bench-conversion``: each library by hand, and edgekit, in processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

ByHand: TypeAlias = "Callable[[Module, tuple[Tensor, ...], Path], None]"
HAND = ("onnx", "tflite", "coreml")


def hand_onnx(model: Module, sample: tuple[Tensor, ...], out: Path) -> None:
    """Writes ONNX by torch.onnx.export, and int8 by onnxruntime's quantize_dynamic."""
    import torch
    from onnxruntime.quantization import quantize_dynamic

    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    shapes = tuple({0: batch, 1: length} for _ in sample)
    torch.onnx.export(model, sample, str(out / "fp32.onnx"), dynamo=True, dynamic_shapes=shapes)
    quantize_dynamic(out / "fp32.onnx", out / "int8.onnx", per_channel=True)


def hand_tflite(model: Module, sample: tuple[Tensor, ...], out: Path) -> None:
    """Writes TFLite by litert_torch.convert, and int8 by ai-edge-quantizer."""
    import litert_torch
    from ai_edge_quantizer import quantizer, recipe

    litert_torch.convert(model, sample).export(str(out / "fp32.tflite"))
    peer = quantizer.Quantizer(str(out / "fp32.tflite"), recipe.dynamic_wi8_afp32())
    peer.quantize(serialize_to_path=out / "int8.tflite")


def hand_coreml(model: Module, sample: tuple[Tensor, ...], out: Path) -> None:
    """Writes Core ML by coremltools.convert, and int8 by its linear_quantize_weights."""
    import coremltools as ct
    import torch
    from coremltools.optimize.coreml import (
        OpLinearQuantizerConfig,
        OptimizationConfig,
        linear_quantize_weights,
    )

    program = torch.export.export(model, sample, strict=False).run_decompositions({})
    made = ct.convert(program, minimum_deployment_target=ct.target.iOS18, skip_model_load=True)
    made.save(str(out / "fp16.mlpackage"))
    config = OptimizationConfig(OpLinearQuantizerConfig(mode="linear", granularity="per_channel"))
    linear_quantize_weights(made, config).save(str(out / "int8.mlpackage"))


_HAND: dict[str, ByHand] = {
    "onnx": hand_onnx,
    "tflite": hand_tflite,
    "coreml": hand_coreml,
}


def by_hand(name: str, config: Path, length: int, out: Path) -> None:
    """Loads the model as its user would and converts it.

    A plain Transformers model does not get through ``coremltools.convert`` (``new_ones``), so that
    side is given edgekit's mask: without it there would be nothing to compare with.
    """
    import torch
    import transformers

    torch.manual_seed(0)
    settings = transformers.AutoConfig.from_pretrained(config.parent)
    options = {}
    if name == "coreml":
        from edgekit.tracing.export import ATTENTION

        options["attn_implementation"] = ATTENTION
    model = transformers.AutoModelForQuestionAnswering.from_config(settings, **options).eval()

    class Logits(torch.nn.Module):
        """A question answering model that gives its two logits as a pair."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
            outputs = self.model(input_ids=input_ids, attention_mask=attention_mask)
            return outputs.start_logits, outputs.end_logits

    sample = tuple(torch.ones(2 if name == "onnx" else 1, length, dtype=torch.int32) for _ in "ab")
    _HAND[name](Logits().eval(), sample, out)


def by_edgekit(config: Path, length: int, out: Path, jobs: int) -> None:
    """Converts to all three formats as the command does it, up to the proof.

    Args:
        config: the model's config.json.
        length: tokens of the one bucket.
        out: a folder for what is written.
        jobs: how many formats at a time.
    """
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    from edgekit import formats
    from edgekit.conversion import plan
    from edgekit.conversion.crew import Crew
    from edgekit.conversion.export import build
    from edgekit.conversion.request import ConversionRequest
    from edgekit.conversion.trace import trace

    request = ConversionRequest(
        f"config:{config}", buckets=(length,), max_length=length, out=out / "b"
    )
    planned = plan.make(request)
    work, bundle = out / "work", out / "bundle"
    work.mkdir()
    bundle.mkdir()
    with Crew(out / "log", lambda step: None, debug=False) as crew:
        traced = crew.call(1, trace, planned, work, bundle)
        names = sorted(planned.formats(), key=lambda name: -formats.get(name).effort)
        build_one = partial(crew.call, jobs, build, planned, traced)
        with ThreadPoolExecutor(jobs) as pool:
            for built in pool.map(lambda name: build_one(name, work, bundle), names):
                if built.failure is not None:
                    raise built.failure
