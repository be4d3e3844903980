"""The traced graph: what is in it, and that it is the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, DISTILBERT
from transformers import (
    AttentionMaskInterface,
    AutoModelForMaskedLM,
    BertConfig,
    BertForQuestionAnswering,
    DistilBertForMaskedLM,
    PreTrainedModel,
)

from edgekit.errors import ConversionError
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.signature import Signature, TensorSpec
from edgekit.tracing import export as trace
from edgekit.tracing import graph
from edgekit.tracing.graph import Graph

FORBIDDEN = {
    "isnan",
    "where",
    "expand",
    "masked_fill",
    "full_like",
    "logical_and",
    "bitwise_and",
    "clone",
    "_assert_tensor_metadata",
}
MEAN = Head()
SIZES = {"hidden": 32, "vocabulary": 300, "labels": 2}


def signature(task: str, count: int, buckets: tuple[int, ...] = (16, 64)) -> Signature:
    names = ("input_ids", "attention_mask", "token_type_ids")[:count]
    inputs = tuple(TensorSpec(name, "int32", ("batch", "length")) for name in names)
    return Signature(inputs, tasks.tensor_specs(tasks.get(task), SIZES), buckets)


def traced(model: PreTrainedModel, task: str, count: int, folder: Path, head: Head = MEAN) -> Graph:
    spec = signature(task, count)
    folder.mkdir(exist_ok=True)
    return trace.trace(model.eval(), tasks.get(task), spec, folder, head)


def run(program: torch.export.ExportedProgram, ids: torch.Tensor, length: int, count: int) -> dict:
    batch, size = ids.shape
    pad = torch.zeros(batch, length - size, dtype=torch.int32)
    feed = [torch.cat([row, pad], 1) for row in (ids, torch.ones_like(ids), torch.zeros_like(ids))]
    with torch.no_grad():
        return program.module()(*feed[:count])


@pytest.mark.parametrize("dynamic", [True, False])
def test_the_graph_has_no_guards_and_no_64_bit_work(dynamic: bool, tmp_path: Path) -> None:
    model = BertForQuestionAnswering(BERT)
    stored = traced(model, "question-answering", 3, tmp_path)
    program = stored.dynamic if dynamic else stored.static(16)
    values = [node for node in program.graph.nodes if node.op == "call_function"]
    names = {str(getattr(node.target, "_opname", "")) for node in values}
    assert names & FORBIDDEN == set()
    tensors = [node.meta["val"] for node in values]
    wide = {str(t.dtype) for t in tensors if isinstance(t, torch.Tensor)}
    assert wide <= {"torch.float32", "torch.int32", "torch.bool"}
    masks = [node for node in values if node.args[1:2] == (trace.MASKED,)]
    assert len(masks) == 1, "one mask for all layers"


@pytest.mark.parametrize("config", [BERT, DISTILBERT], ids=lambda config: config.model_type)
@pytest.mark.parametrize("task", ["question-answering", "fill-mask", "feature-extraction"])
def test_every_program_is_the_unmodified_model(
    config: BertConfig, task: str, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    auto = getattr(__import__("transformers"), tasks.get(task).auto_class)
    model = auto.from_config(config).eval()
    count = 3 if config.model_type == "bert" else 2
    stored = traced(model, task, count, tmp_path)
    ids = torch.randint(5, 300, (1, 11), dtype=torch.int32)
    expected = Oracle(model, tasks.get(task), Head(), count == 3).answer(ids[0].tolist())
    for program, length in (
        (stored.dynamic, 40),
        (stored.static(16), 16),
        (stored.static(64), 64),
    ):
        for name, value in run(program, ids, length, count).items():
            np.testing.assert_allclose(value[0, :11].numpy(), expected[name], atol=2e-5)


def test_a_model_that_never_asks_for_a_mask_is_refused(tmp_path: Path) -> None:
    class Deaf(BertForQuestionAnswering):
        """Transformers' DeBERTa does the same: it makes its own mask."""

        def forward(self, input_ids, attention_mask=None, **kwargs):  # type: ignore[no-untyped-def]
            four = torch.zeros(1, 1, 1, 1)
            return super().forward(input_ids, attention_mask=four, **kwargs)

    with pytest.raises(ConversionError, match="never asks for an attention mask"):
        traced(Deaf(BERT), "question-answering", 3, tmp_path)


def test_tied_weights_are_stored_once(tmp_path: Path) -> None:
    model = DistilBertForMaskedLM(DISTILBERT)
    traced(model, "fill-mask", 2, tmp_path)
    embeddings = 300 * 32 * 4
    total = sum(p.numel() for p in model.parameters()) * 4
    assert (tmp_path / graph.WEIGHTS).stat().st_size < total + embeddings / 2


def test_tracing_leaves_the_model_and_transformers_as_they_were(tmp_path: Path) -> None:
    model = AutoModelForMaskedLM.from_config(BERT).eval()
    ids = torch.randint(5, 300, (2, 9))
    mask = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])
    with torch.no_grad():
        before = model(ids, mask).logits
        traced(model, "fill-mask", 3, tmp_path)
        after = model(ids, mask).logits
    torch.testing.assert_close(before, after, atol=0, rtol=0)
    assert model.config._attn_implementation != trace.ATTENTION
    assert "sdpa" in AttentionMaskInterface()
