"""What is special to an architecture: the traced program computes what the module computes.

That every format computes it too is the diagonal of tests/test_matrix.py, and `make matrix`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from shared import plan_of
from torch.export import ExportedProgram
from transformers.activations import ACT2CLS, ACT2FN

from edgekit.benchmarks.studies import small_models
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.results import GRAPH
from edgekit.conversion.trace import trace
from edgekit.converters import onnx_ops, tflite_ops
from edgekit.errors import SourceError, UnsupportedError
from edgekit.formats import DEFAULT
from edgekit.model import checkpoint, tasks
from edgekit.model.families import get
from edgekit.tracing import decompositions as activations
from edgekit.tracing import graph, rewrites

TASK = tasks.get("feature-extraction")


def planned(
    name: str,
    folder: Path,
    to: tuple[str, ...] = DEFAULT,
    recipe: tuple[str, ...] | None = None,
    **changes: Any,
) -> ExportPlan:
    """A plan for token vectors of random weights; everything is made below ``folder``."""
    path = small_models.save_config(name, TASK, folder)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}))
    chosen = {"task": TASK.name, "buckets": (16, 48), "out": folder / "out"}
    return plan_of(f"config:{path}", to=to, recipe=recipe, **chosen)


def programs(name: str, folder: Path, **changes: Any) -> tuple[Any, ExportedProgram]:
    """The unmodified model and its traced program."""
    chosen = planned(name, folder, **changes)
    for part in ("work", "bundle"):
        (folder / part).mkdir()
    trace(chosen, folder / "work", folder / "bundle", say=lambda step: None)
    model = checkpoint.load_model(chosen.source, chosen.task)
    return model, graph.load(folder / "work" / GRAPH).dynamic


def answers(program: ExportedProgram, ids: torch.Tensor, count: int = 2) -> torch.Tensor:
    feed = (ids, torch.ones_like(ids), torch.zeros_like(ids))[:count]
    with torch.no_grad():
        return program.module()(*feed)["last_hidden_state"]


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


def some_ids(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(5, 300, shape, dtype=torch.int32, generator=generator)


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "name",
    ["deberta-v2", *(pytest.param(n, marks=pytest.mark.slow) for n in ("mpnet", "deberta"))],
)
def test_relative_positions_are_right_at_every_length(name: str, tmp_path: Path) -> None:
    model, program = programs(name, tmp_path)
    for length in (1, 2, 5, 9, 33, 48):
        ids = some_ids(2, length)
        with torch.no_grad():
            expected = model(ids, torch.ones_like(ids)).last_hidden_state
        assert distance(answers(program, ids), expected) < 1e-5
    mirrored = answers(program, ids.flip(1)).flip(1)
    assert distance(mirrored, expected) > 0.1, "order must matter here"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("albert", {"num_hidden_groups": 2}),
        ("deberta-v2", {"pos_att_type": ["p2c", "c2p"], "share_att_key": False}),
        ("gte", {"type_vocab_size": 0, "rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}),
        ("mobilebert", {"use_bottleneck_attention": True}),
    ],
)
@pytest.mark.slow
def test_an_option_is_kept(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    model, program = programs(name, tmp_path, **options)
    ids = some_ids(2, 20)
    with torch.no_grad():
        expected = model(ids, torch.ones_like(ids)).last_hidden_state
    inputs = len(program.graph_signature.user_inputs)
    assert distance(answers(program, ids, inputs), expected) < 1e-5


@pytest.mark.parametrize("name", sorted(ACT2CLS.keys() - {"laplace", "xielu"}))
def test_an_activation_is_said_in_what_every_format_has(name: str) -> None:
    module, x = torch.nn.Sequential(ACT2FN[name]), torch.linspace(-8, 8, 321)[None]
    rewrites.apply(module, 0)
    program = torch.export.export(module, (x,)).run_decompositions(dict(activations.DECOMPOSED))
    with torch.no_grad():
        assert distance(program.module()(x), ACT2FN[name](x)) < 1e-5
    called = {node.target for node in program.graph.nodes if node.op == "call_function"}
    assert called <= onnx_ops.lowerings().operators() & tflite_ops.TABLE.operators()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deberta-v2", {"conv_kernel_size": 3, "conv_act": "gelu"}),
        ("deberta-v2", {"conv_kernel_size": 3, "conv_groups": 4}),
        ("deberta", {"talking_head": True}),
    ],
)
@pytest.mark.slow
def test_what_mixes_neighbours_or_heads_reads_no_padding(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    model, program = programs(name, tmp_path, **options)
    ids = some_ids(2, 20)
    mask = torch.ones_like(ids)
    ids[:, 16:], mask[:, 16:] = 7, 0
    with torch.no_grad():
        expected = model(ids[:, :16], mask[:, :16]).last_hidden_state
        padded = program.module()(ids, mask)["last_hidden_state"]
    assert distance(padded[:, :16], expected) < 1e-5


@pytest.mark.slow
def test_buckets_may_be_shorter_than_what_is_traced(tmp_path: Path) -> None:
    chosen = planned("gte", tmp_path)
    chosen = replace(chosen, buckets=(1, 2, 3), max_length=3)
    for part in ("work", "bundle"):
        (tmp_path / part).mkdir()
    trace(chosen, tmp_path / "work", tmp_path / "bundle", say=lambda step: None)
    model = checkpoint.load_model(chosen.source, chosen.task)
    program, ids = graph.load(tmp_path / "work" / GRAPH).dynamic, some_ids(1, 3)
    with torch.no_grad():
        expected = model(ids, torch.ones_like(ids)).last_hidden_state
    assert distance(answers(program, ids), expected) < 1e-5


def test_the_language_of_the_config_is_the_one_that_is_spoken(tmp_path: Path) -> None:
    model, program = programs("xmod", tmp_path / "German")
    ids = some_ids(2, 20)
    english = torch.zeros(2, dtype=torch.int64)
    with torch.no_grad():
        expected = model(ids).last_hidden_state
        other = model(ids, lang_ids=english).last_hidden_state
    assert distance(answers(program, ids), expected) < 1e-5
    assert distance(other, expected) > 0.1, "languages must matter here"
    with pytest.raises(SourceError, match=r"config\.json has no default_language"):
        planned("xmod", tmp_path / "none", default_language=None)


def test_an_architecture_that_does_not_fit_says_why() -> None:
    with pytest.raises(UnsupportedError, match=r"'xlnet' is not supported, because .* has bert"):
        get("xlnet")


def test_limits_and_padding_come_from_the_config() -> None:
    assert get("roberta").max_length({"max_position_embeddings": 514, "pad_token_id": 1}) == 512
    assert get("mpnet").max_length({"max_position_embeddings": 514}) == 512
    assert get("bert").max_length({"max_position_embeddings": 512, "pad_token_id": 0}) == 512
    assert get("modernbert").pad_id({}) == 50283
    assert not get("deberta-v2").has_token_types({})
