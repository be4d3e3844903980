"""What other tools make of a checkpoint: ``python -I peer_exports.py TOOL CHECKPOINT FOLDER``.

It runs in an environment that has the tool and nothing of edgekit, and calls the tool as its own
documentation does. The checkpoint is a folder of sentence-transformers with mean pooling and
normalised vectors, which torch's exporter and litert-torch are given as a module.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

LENGTHS = (16, 32, 128)  # litert-torch's files are of one length each
OPSET = 18  # of optimum's file: the default of its release is too old for its own attention


def by_optimum(checkpoint: Path, out: Path) -> None:
    """Writes ``fp32.onnx`` by optimum's exporter, and ``int8.onnx`` by onnxruntime."""
    from optimum.exporters.onnx import main_export

    main_export(
        str(checkpoint),
        output=out / "export",
        task="sentence-similarity",
        library_name="sentence_transformers",
        opset=OPSET,
        do_validation=False,
    )
    (out / "export" / "model.onnx").rename(out / "fp32.onnx")
    _quantize(out)


def by_torch(checkpoint: Path, out: Path) -> None:
    """Writes ``fp32.onnx`` by torch's exporter, and ``int8.onnx`` by onnxruntime."""
    import torch

    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    sample = tuple(torch.ones(2, 16, dtype=torch.int64) for _ in "ab")
    torch.onnx.export(
        embedder(checkpoint),
        sample,
        str(out / "fp32.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["sentence_embedding"],
        dynamo=True,
        dynamic_shapes=({0: batch, 1: length},) * 2,
        external_data=False,
    )
    _quantize(out)


def by_litert(checkpoint: Path, out: Path) -> None:
    """Writes ``fp32-LENGTH.tflite`` by litert-torch, and ``int8-LENGTH.tflite`` of it."""
    import litert_torch
    import torch
    from ai_edge_quantizer import quantizer, recipe

    model = embedder(checkpoint)
    for length in LENGTHS:
        sample = tuple(torch.ones(1, length, dtype=torch.int32) for _ in "ab")
        path = out / f"fp32-{length}.tflite"
        litert_torch.convert(model, sample).export(str(path))
        peer = quantizer.Quantizer(str(path), recipe.dynamic_wi8_afp32())
        peer.quantize(serialize_to_path=str(out / f"int8-{length}.tflite"))


def embedder(checkpoint: Path) -> Module:
    """The checkpoint with its pooling as a module of ids and mask."""
    import torch
    import transformers

    class Embedder(torch.nn.Module):
        """The encoder with its mean pooling."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = transformers.AutoModel.from_pretrained(str(checkpoint))

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
            found = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
            mask = attention_mask.unsqueeze(-1).to(found.last_hidden_state.dtype)
            total = (found.last_hidden_state * mask).sum(1)
            return torch.nn.functional.normalize(total / mask.sum(1).clamp(min=1e-9))

    return Embedder().eval()


def _quantize(out: Path) -> None:
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(out / "fp32.onnx", out / "int8.onnx", per_channel=True)


TOOLS = {"optimum": by_optimum, "torch": by_torch, "litert": by_litert}

if __name__ == "__main__":
    TOOLS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
