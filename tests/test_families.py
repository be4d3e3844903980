"""Every architecture of the table: traced, converted to every format, and proven."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.export import ExportedProgram
from transformers.activations import ACT2CLS, ACT2FN

from edgekit import activations, checkpoint, formats, graph, plan, rewrites, stages, tasks
from edgekit.converters import onnx_ops, tflite_ops
from edgekit.errors import UnsupportedError
from edgekit.families import get
from edgekit.plan import ExportPlan

SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "max_position_embeddings": 66,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.2,  # large enough that attention, and so the mask, matters
}
RELATIVE = {"relative_attention": True, "position_biased_input": False}
ROBERTA = {"type_vocab_size": 1, "pad_token_id": 1}
OWN: dict[str, dict[str, Any]] = {  # what is special to each: all of it has to be exercised
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "roberta": ROBERTA,
    "electra": {"embedding_size": 16},
    "albert": {"embedding_size": 16, "num_hidden_groups": 2},
    "mpnet": {},
    "mobilebert": {"embedding_size": 16, "intra_bottleneck_size": 16},
    "squeezebert": {"embedding_size": 32},
    "modernbert": {
        "pad_token_id": 3,
        "local_attention": 8,
        "layer_types": ["full_attention", "sliding_attention"],
    },
    "deberta-v2": {
        **RELATIVE,
        "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 8,
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
    },
    "deberta": {**RELATIVE, "pos_att_type": ["c2p", "p2c"]},
    "gte": {"type_vocab_size": 0, "rope_parameters": {"rope_type": "dynamic", "factor": 2.0}},
    "eurobert": {"num_key_value_heads": 2, "pad_token_id": 0, "mask_token_id": 4},
    "ernie": {"use_task_id": True},
}
TASKS = dict(zip(OWN, [*tasks.TASKS] * len(OWN), strict=False))  # each several times
TASKS["deberta"] = "text-classification"  # its head has a pooler, which must not be dropped
TASKS["eurobert"] = "text-classification"  # its head counts tokens


def planned(name: str, folder: Path, **changes: Any) -> ExportPlan:
    """A plan for random weights; both files and folders are made below ``folder``."""
    config = {**SMALL, **OWN[name], "model_type": name, **changes}
    (folder / "config.json").write_text(json.dumps(config))
    for part in ("work", "bundle"):
        (folder / part).mkdir()
    return plan.make(
        f"config:{folder / 'config.json'}", task=TASKS[name], buckets=(16, 64), out=folder / "out"
    )


@pytest.mark.parametrize("name", OWN)
def test_every_family_is_proven_in_every_format(name: str, tmp_path: Path) -> None:
    chosen, work, out = planned(name, tmp_path), tmp_path / "work", tmp_path / "bundle"
    traced = stages.trace(chosen, work, out, say=lambda step: None)
    for format_name in formats.DEFAULT:  # ExecuTorch takes minutes: make matrix
        rows = stages.export(chosen, traced, format_name, work, out, say=lambda step: None)
        assert [row.failure for row in rows] == [None, None], format_name
        checks = {check for row in rows for proof in row.proofs for check in proof.checks}
        assert checks >= {"length", "padding", "filler", "adversarial"}


def programs(name: str, folder: Path, **changes: Any) -> tuple[Any, ExportedProgram]:
    """The unmodified model and its traced program, for token vectors."""
    folder.mkdir(exist_ok=True)
    chosen = replace(planned(name, folder, **changes), task=tasks.get("feature-extraction"))
    stages.trace(chosen, folder / "work", folder / "bundle", say=lambda step: None)
    model = checkpoint.load_model(chosen.source, chosen.task)
    return model, graph.load(folder / "work" / stages.GRAPH).dynamic


def answers(program: ExportedProgram, ids: torch.Tensor, count: int = 2) -> torch.Tensor:
    feed = (ids, torch.ones_like(ids), torch.zeros_like(ids))[:count]
    with torch.no_grad():
        return program.module()(*feed)["last_hidden_state"]


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


def some_ids(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(5, 300, shape, dtype=torch.int32, generator=generator)


def test_a_sliding_window_is_kept(tmp_path: Path) -> None:
    model, program = programs("modernbert", tmp_path / "narrow")
    _, wide = programs("modernbert", tmp_path / "wide", local_attention=128)
    ids = some_ids(2, 40)
    with torch.no_grad():
        expected = model(ids, torch.ones_like(ids)).last_hidden_state
    assert distance(answers(program, ids), expected) < 1e-5
    assert distance(answers(wide, ids), expected) > 0.1, "the window must matter here"


def test_positions_begin_behind_the_padding(tmp_path: Path) -> None:
    model, program = programs("roberta", tmp_path)
    ids = some_ids(2, 20)
    ids[0, 5] = ids[1, 19] = 1  # [PAD] in the text takes no position
    with torch.no_grad():
        expected = model(ids, torch.ones_like(ids)).last_hidden_state
        counted = torch.arange(20).expand(2, 20)
        other = model(ids, torch.ones_like(ids), position_ids=counted).last_hidden_state
    assert distance(answers(program, ids), expected) < 1e-5
    assert distance(other, expected) > 0.1, "positions must matter here"


@pytest.mark.parametrize("name", ["mpnet", "deberta", "deberta-v2"])
def test_relative_positions_are_right_at_every_length(name: str, tmp_path: Path) -> None:
    model, program = programs(name, tmp_path)
    for length in (1, 2, 5, 9, 33, 64):
        ids = some_ids(2, length)
        with torch.no_grad():
            expected = model(ids, torch.ones_like(ids)).last_hidden_state
        assert distance(answers(program, ids), expected) < 1e-5
    mirrored = answers(program, ids.flip(1)).flip(1)
    assert distance(mirrored, expected) > 0.1, "order must matter here"


@pytest.mark.parametrize("name", sorted(ACT2CLS.keys() - {"laplace", "xielu"}))
def test_an_activation_is_said_in_what_every_format_has(name: str) -> None:
    module, x = torch.nn.Sequential(ACT2FN[name]), torch.linspace(-8, 8, 321)[None]
    rewrites.apply(module, 0)
    program = torch.export.export(module, (x,)).run_decompositions(dict(activations.DECOMPOSED))
    with torch.no_grad():
        assert distance(program.module()(x), ACT2FN[name](x)) < 1e-5
    called = {node.target for node in program.graph.nodes if node.op == "call_function"}
    assert called <= onnx_ops.lowerings("fp32").keys() & tflite_ops.lowerings("fp32").keys()


@pytest.mark.parametrize("options", [{"conv_act": "gelu"}, {"conv_groups": 4}])
def test_a_convolution_reads_its_neighbours_and_no_padding(
    options: dict[str, Any], tmp_path: Path
) -> None:
    model, program = programs("deberta-v2", tmp_path, conv_kernel_size=3, **options)
    ids = some_ids(2, 20)
    mask = torch.ones_like(ids)
    ids[:, 16:], mask[:, 16:] = 7, 0
    with torch.no_grad():
        expected = model(ids[:, :16], mask[:, :16]).last_hidden_state
        padded = program.module()(ids, mask)["last_hidden_state"]
    assert distance(padded[:, :16], expected) < 1e-5


def test_heads_talk(tmp_path: Path) -> None:
    model, program = programs("deberta", tmp_path, talking_head=True)
    ids = some_ids(2, 20)
    mask = torch.ones_like(ids)
    ids[:, 16:], mask[:, 16:] = 7, 0
    with torch.no_grad():
        expected = model(ids[:, :16], mask[:, :16]).last_hidden_state
        padded = program.module()(ids, mask)["last_hidden_state"]
    assert distance(padded[:, :16], expected) < 1e-5


def test_an_architecture_that_does_not_fit_says_why() -> None:
    with pytest.raises(UnsupportedError, match=r"'xlnet' is not supported, because .* has bert"):
        get("xlnet")


def test_limits_and_padding_come_from_the_config() -> None:
    assert get("roberta").max_length({"max_position_embeddings": 514, "pad_token_id": 1}) == 512
    assert get("mpnet").max_length({"max_position_embeddings": 514}) == 512
    assert get("bert").max_length({"max_position_embeddings": 512, "pad_token_id": 0}) == 512
    assert get("modernbert").pad_id({}) == 50283
    assert not get("deberta-v2").has_token_types({})
