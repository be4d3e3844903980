"""Written files held against their recipes: what they store of each weight, and spoiled ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification

from edgekit.errors import ProofError
from edgekit.formats import FORMATS
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.quantize.audit import Wanted, Weight, hold
from edgekit.quantize.numerics import Stored, quantize
from edgekit.quantize.scheme import FLOAT16, FLOAT32, INT8, Scheme
from edgekit.quantize.selector import Rule, Selector, Tensor
from edgekit.quantize.tensors import tensors
from edgekit.recipe import RECIPES, Recipe
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tracing import export
from edgekit.tracing.graph import WEIGHTS, Graph

CARD = Card("tiny", "text-classification", "here")
WORDS = "model.bert.embeddings.word_embeddings.weight"
QUERY = "model.bert.encoder.layer.1.attention.self.query.weight"
NAMES = ("onnx", "tflite", "coreml")
MIXED = Recipe(
    "mixed",
    Selector(
        (
            Rule(
                Scheme(8, symmetric=False, activations="float16"),
                ("embedding",),
                formats=("coreml",),
            ),
            Rule(FLOAT16, formats=("coreml",)),
            Rule(INT8, ("embedding",)),
        ),
        FLOAT32,
    ),
    RECIPES["int8"].tolerance,
    "int8 embedding tables, floats elsewhere",
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=32,
    )
    names = ("input_ids", "attention_mask", "token_type_ids")
    task = tasks.get("text-classification")
    signature = Signature(
        tuple(TensorSpec(name, "int32", ("batch", "length")) for name in names),
        tasks.tensor_specs(task, {"labels": 2}),
        (8,),
    )
    model = BertForSequenceClassification(config).eval()
    return export.trace(model, task, signature, tmp_path_factory.mktemp("graph"), Head())


def made(name: str, source: Graph, recipe: Recipe, folder: Path) -> tuple[Path, Wanted]:
    """A file, and what it is held against."""
    converter = FORMATS[name].converter()
    ((_, path),) = converter.convert(source, [recipe], CARD, folder, converter.Options())
    program = source.dynamic
    state = {**program.constants, **program.state_dict}
    found = tensors(program)
    schemes = converter.COVERAGE.schemes(recipe, found)
    return path, Wanted(found, schemes, lambda key: state[key].detach().numpy())


def held(name: str, path: Path, wanted: Wanted) -> dict[str, Weight]:
    found = FORMATS[name].converter().weights(path, wanted)
    return {row.tensor: row for row in hold(wanted, found)}


@pytest.mark.parametrize("name", NAMES)
def test_mixed_precision_by_role_is_a_recipe(name: str, traced: Graph, tmp_path: Path) -> None:
    rows = held(name, *made(name, traced, MIXED, tmp_path))
    assert str(rows[WORDS].scheme).startswith("int8")
    assert 200 * 32 < rows[WORDS].size_bytes <= 200 * (32 + 4)
    full = FLOAT16 if name == "coreml" else FLOAT32
    assert (rows[QUERY].scheme, rows[QUERY].size_bytes) == (full, 32 * 32 * full.bits // 8)


def swapped_rows(levels: np.ndarray) -> None:
    levels[[50, 51]] = levels[[51, 50]]


def zeroed_head(levels: np.ndarray) -> None:
    levels[8:16] = 0


@pytest.mark.parametrize(("tensor", "spoil"), [(WORDS, swapped_rows), (QUERY, zeroed_head)])
@pytest.mark.parametrize("name", NAMES)
def test_a_spoiled_weight_is_named(
    name: str,
    tensor: str,
    spoil: Callable[[np.ndarray], None],
    traced: Graph,
    tmp_path: Path,
) -> None:
    path, wanted = made(name, traced, RECIPES["int8"], tmp_path)
    stored = FORMATS[name].converter().weights(path, wanted)[tensor]
    rewrite(path, stored, spoil)
    with pytest.raises(ProofError, match=rf"{tensor} differs from the checkpoint"):
        held(name, path, wanted)


def rewrite(path: Path, stored: Stored, spoil: Callable[[np.ndarray], None]) -> None:
    """Changes a tensor's levels where they are in the file: in either orientation, or as a part of
    each of the rows of a wider tensor."""
    levels = np.array(stored.levels)
    changed = levels.copy()
    spoil(changed)
    file = path if path.is_file() else next(path.rglob("weight.bin"))
    content = file.read_bytes()
    ways = ([(levels, changed)], [(levels.T, changed.T)], zip(levels.T, changed.T, strict=True))
    pieces = next(
        pieces
        for pieces in map(list, ways)
        if all(content.count(old.tobytes()) == 1 for old, _ in pieces)
    )
    for old, new in pieces:
        content = content.replace(old.tobytes(), new.tobytes())
    file.write_bytes(content)


@pytest.mark.parametrize("recipe", ["fp16", "int8"])
def test_a_row_beyond_float16_is_never_stored_as_infinity(
    recipe: str, traced: Graph, tmp_path: Path
) -> None:
    """No probe of a bare config draws the row: only the stored numbers tell."""
    folder = tmp_path / "graph"
    shutil.copytree(traced.folder, folder)
    weights = load_file(folder / WEIGHTS)
    weights[WORDS][77] = 70_000
    save_file(weights, folder / WEIGHTS)
    path, wanted = made("coreml", Graph(folder, traced.signature), RECIPES[recipe], tmp_path)
    with pytest.raises(ProofError, match=f"{WORDS} has 70000 in row 77, and float16 ends at 65504"):
        held("coreml", path, wanted)


def test_a_weight_that_is_not_there_is_named(traced: Graph, tmp_path: Path) -> None:
    path, wanted = made("onnx", traced, RECIPES["fp32"], tmp_path)
    found = FORMATS["onnx"].converter().weights(path, wanted)
    with pytest.raises(ProofError, match=f"{QUERY} is not in the file"):
        hold(wanted, {name: row for name, row in found.items() if name != QUERY})
    int8 = Wanted(wanted.tensors, dict.fromkeys(wanted.tensors, INT8), wanted.source)
    with pytest.raises(ProofError, match="is stored as float32, and its recipe says int8"):
        hold(int8, found)


def test_a_copy_of_a_graph_has_weights_of_its_own(traced: Graph) -> None:
    """The proof rounds a copy's weights: the next recipe is computed from the others."""
    before = traced.dynamic.state_dict[WORDS].clone()
    copy = traced.copy()
    copy.dynamic.state_dict[WORDS] = torch.nn.Parameter(torch.zeros_like(before))
    assert not copy.dynamic.module().state_dict()[WORDS].any()
    assert torch.equal(traced.dynamic.state_dict[WORDS], before)


INT8_WEIGHTS = Scheme(8)


def wanted(
    source: np.ndarray, scheme: Scheme, role: str = "head", constant: bool = False
) -> Wanted:
    tensor = Tensor("w", role, None, source.shape, constant=constant)
    return Wanted({"w": tensor}, {"w": scheme}, lambda name: source)


@pytest.mark.parametrize(
    ("source", "stored", "scheme", "message"),
    [
        (np.ones(2), Stored(np.ones(3, np.float32)), FLOAT32, r"has shape \(3,\) in the file"),
        (np.ones(2), Stored(np.ones(2, np.float16)), FLOAT32, "is stored as float16"),
        (np.ones(2), Stored(np.ones(2, np.float32), np.ones((1, 1))), FLOAT32, "is stored as"),
        (np.ones((1, 2)), Stored(np.ones((1, 2), np.int8)), INT8_WEIGHTS, "is stored as int8"),
        (np.ones(2), Stored(np.array([1, np.nan], np.float32)), FLOAT32, ".*a number in row 1"),
        (np.float32(1), Stored(np.array(2, np.float32)), FLOAT32, ".* by 1 in row 0"),
        (np.float32(7e4), Stored(np.array(1, np.float16)), FLOAT16, "has 70000 in row 0"),
        (-7e4 * np.eye(3)[:2], Stored(np.ones(2, np.float16)), FLOAT16, "has -70000 in row 0"),
    ],
)
def test_a_fault_of_a_tensor_is_named(
    source: np.ndarray, stored: Stored, scheme: Scheme, message: str
) -> None:
    with pytest.raises(ProofError, match=f"^w {message}"):
        hold(wanted(np.asarray(source, np.float32), scheme), {"w": stored})


@pytest.mark.parametrize("scheme", [FLOAT32, INT8_WEIGHTS, Scheme(8, granularity="tensor")])
def test_the_row_of_a_fault_is_counted_in_the_whole_tensor(scheme: Scheme) -> None:
    """Of more numbers than are compared at a time."""
    source = np.ones((2**12 + 8, 2**10), np.float32)
    right = quantize(source, scheme)
    (row,) = hold(wanted(source, scheme), {"w": right})
    assert row == Weight("w", scheme, right.size_bytes)
    levels = right.levels.copy()
    levels[2**12 + 3, 5] -= 1
    with pytest.raises(ProofError, match=r"^w differs .* in row 4099"):
        hold(wanted(source, scheme), {"w": replace(right, levels=levels)})


def test_only_what_a_format_computes_beforehand_may_be_missing() -> None:
    source = np.ones(3, np.float32)
    with pytest.raises(ProofError, match="w is not in the file"):
        hold(wanted(source, FLOAT32), {})
    assert hold(wanted(source, FLOAT32, "other"), {}) == ()
    assert hold(wanted(source, FLOAT32, constant=True), {}) == ()
    assert hold(wanted(np.arange(3), FLOAT32), {"w": Stored(np.zeros(9))}) == (), "no weight"
    most = np.full(2, 65504, np.float32)
    assert hold(wanted(most, FLOAT16), {"w": Stored(most.astype(np.float16))})


def test_rows_that_are_stored_as_one_tensor_are_parted() -> None:
    names = {name: Tensor(name, "head", None, (rows, 2)) for name, rows in (("a", 1), ("b", 2))}
    both = Wanted(names, {}, lambda name: np.zeros(0))
    assert both.asks_for("a")
    assert both.asks_for("a+b")
    assert not both.asks_for("a+c")
    levels, scale = np.arange(6, dtype=np.int8).reshape(3, 2), np.arange(3.0)[:, None]
    stored = Stored(levels, scale, scale.astype(np.int8), 7)
    assert both.parts("a", stored) == {"a": stored}
    parts = both.parts("a+b", stored)
    assert [*parts] == ["a", "b"]
    for part, rows in ((parts["a"], slice(0, 1)), (parts["b"], slice(1, 3))):
        np.testing.assert_array_equal(part.levels, levels[rows])
        np.testing.assert_array_equal(part.scale, scale[rows])
        np.testing.assert_array_equal(part.zero_point, scale[rows])
        assert part.block == 7
    assert Stored(levels).rows(1, 2).scale is None
