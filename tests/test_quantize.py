"""The arithmetic of quantisation, selectors, and that formats refuse what they have no row for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shared import plan_of

from edgekit import recipe
from edgekit.errors import UnsupportedError
from edgekit.formats import FORMATS
from edgekit.quantize import numerics
from edgekit.quantize.scheme import FLOAT16, FLOAT32, INT8, Scheme
from edgekit.quantize.selector import MATRICES, Rule, Selector, Tensor
from edgekit.quantize.tensors import layer_of, role_of
from edgekit.recipe import RECIPES, Recipe, int8_rules

SCHEMES = {
    "channel": Scheme(8),
    "tensor": Scheme(8, granularity="tensor"),
    "block": Scheme(8, granularity="block", block=32),
    "ragged": Scheme(8, granularity="block", block=24),
    "asymmetric": Scheme(8, symmetric=False),
    "neighbours": Scheme(8, range_estimator="neighbours"),
    "float16 scales": Scheme(8, symmetric=False, activations="float16"),
    "int4": Scheme(4, granularity="block", block=32),
    "float16": FLOAT16,
    "float32": FLOAT32,
}
INT4 = Recipe(
    "int4",
    Selector((Rule(Scheme(4, granularity="block", block=32), MATRICES),), FLOAT32),
    RECIPES["int8"].tolerance,
    "a recipe that no format can build yet",
)


def weights(rows: int = 12, columns: int = 64) -> np.ndarray:
    """Rows of very different sizes, one of zeros, one of a single sign, one with an outlier."""
    random = np.random.default_rng(0).standard_normal((rows, columns))
    sizes = np.geomspace(1e-4, 1e3, rows)[:, None]
    found = (random * sizes).astype(np.float32)
    found[3], found[4], found[5, 7] = 0, np.abs(found[4]), 6e4
    return found


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_stored_values_are_within_the_rounding_that_the_scheme_allows(scheme: Scheme) -> None:
    source = weights()
    stored = numerics.stored_values(source, scheme)
    assert stored.shape == source.shape
    assert np.isfinite(stored).all()
    bound = numerics.rounding_bound(source, scheme)
    assert (np.abs(stored - source) <= bound).all()
    assert (stored[3] == 0).all()


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "float32"])
def test_the_bound_is_tight(name: str) -> None:
    """A value that is a step further off is outside of it."""
    source, scheme = weights(), SCHEMES[name]
    bound = np.broadcast_to(numerics.rounding_bound(source, scheme), source.shape)
    reached = np.abs(numerics.stored_values(source, scheme) - source) / np.maximum(bound, 1e-30)
    assert 0.25 < reached.max() <= 1


def test_a_scale_belongs_to_what_its_granularity_says() -> None:
    shapes = {name: numerics.quantize(weights(), scheme).scale for name, scheme in SCHEMES.items()}
    found = {name: scale.shape for name, scale in shapes.items() if scale is not None}
    assert found["channel"] == (12, 1)
    assert found["tensor"] == (1, 1)
    assert found["block"] == found["int4"] == (12, 2)
    assert found["ragged"] == (12, 3)
    assert "float16" not in found


def test_levels_are_those_of_the_papers_formulas() -> None:
    source = np.array([[-1.0, 0.5, 2.0]], np.float32)
    symmetric = numerics.quantize(source, Scheme(8))
    assert symmetric.zero_point is None
    assert symmetric.scale is not None
    np.testing.assert_allclose(symmetric.scale, [[2 / 127]])
    np.testing.assert_array_equal(symmetric.levels, [[-64, 32, 127]])
    affine = numerics.quantize(source, Scheme(8, symmetric=False))
    assert affine.scale is not None
    np.testing.assert_allclose(affine.scale, [[3 / 255]])
    np.testing.assert_array_equal(affine.levels, [[-128, -1, 127]])
    np.testing.assert_array_equal(affine.zero_point, [[-43]])


def test_neighbours_never_overflow_sixteen_bits() -> None:
    """255 * (a + b) <= 32767 for neighbouring levels: what x86 without VNNI adds in 16 bits."""
    source = np.full((2, 8), 1.0, np.float32)
    scheme = Scheme(8, range_estimator="neighbours")
    levels = numerics.quantize(source, scheme).levels.astype(int)
    assert (255 * (levels[:, ::2] + levels[:, 1::2]) <= 2**15 - 1).all()
    assert (numerics.quantize(source, Scheme(8)).levels == 127).all()


def test_a_rounding_is_a_function_of_weights_and_grid() -> None:
    def down(found: np.ndarray, grid: numerics.Grid) -> np.ndarray:
        return np.floor(found / grid.scale)

    source = np.array([[0.91, 2.0]], np.float32)  # 57.8 steps and 127
    assert numerics.quantize(source, Scheme(8)).levels[0, 0] == 58
    assert numerics.quantize(source, Scheme(8), down).levels[0, 0] == 57


def test_packed_levels_are_nibbles_low_first() -> None:
    levels = np.array([[1, -2, 7], [-8, 0, 3]], np.int8)
    packed = numerics.pack(levels, 4)
    assert packed.shape == (2, 2)
    np.testing.assert_array_equal(packed, [[0xE1, 0x07], [0x08, 0x03]])


def test_what_has_no_arithmetic_yet_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="uint4 palette"):
        numerics.quantize(weights(), Scheme(4, palette=True, granularity="tensor"))


def test_the_first_rule_that_matches_decides() -> None:
    selector = Selector(
        (
            Rule(FLOAT32, ("attention",), layers=(5,)),
            Rule(FLOAT16, path="*.query.weight", formats=("coreml",)),
            Rule(INT8, MATRICES),
        ),
        FLOAT32,
    )
    query = Tensor("model.bert.encoder.layer.4.attention.self.query.weight", "attention", 4, ())
    last = Tensor("model.bert.encoder.layer.5.attention.self.query.weight", "attention", 5, ())
    bias = Tensor("model.bert.encoder.layer.4.attention.self.query.bias", "other", 4, ())
    assert [selector.scheme(row, "onnx") for row in (query, last, bias)] == [INT8, FLOAT32, FLOAT32]
    assert selector.scheme(query, "coreml") == FLOAT16
    assert selector.schemes("onnx") == (FLOAT32, INT8)


def test_a_rule_for_all_tensors_is_the_last_that_is_asked() -> None:
    norm = Tensor("norm", "other", None, (), frozenset({"layer_norm", "bias"}))
    assert Rule(FLOAT16, operators=("embedding", "layer_norm")).takes(norm, "onnx")
    assert not Rule(FLOAT16, operators=("embedding",)).takes(norm, "onnx")
    assert not Rule(FLOAT16, layers=(1,)).takes(norm, "onnx")
    rest = Rule(FLOAT16, formats=("coreml",))
    assert Selector((Rule(INT8), rest), FLOAT32).schemes("coreml") == (INT8,)
    for some in ({"roles": ("head",)}, {"layers": (1,)}, {"operators": ("a",)}, {"path": "*.b"}):
        selector = Selector((Rule(INT8, **some), rest), FLOAT32)
        assert selector.schemes("onnx") == (INT8, FLOAT32)
        assert selector.schemes("coreml") == (INT8, FLOAT16)


@pytest.mark.parametrize(
    ("name", "operators", "role", "layer"),
    [
        ("model.bert.embeddings.word_embeddings.weight", {"embedding"}, "embedding", None),
        ("model.cls.predictions.decoder.weight", {"embedding", "linear"}, "embedding", None),
        ("model.electra.embeddings_project.weight", {"linear"}, "embedding", None),
        ("model.transformer.layer.3.attention.q_lin.weight", {"linear"}, "attention", 3),
        ("model.model.layers.11.attn.Wqkv.weight", {"linear"}, "attention", 11),
        ("model.albert_layer_groups.0.albert_layers.0.ffn.weight", {"linear"}, "feed-forward", 0),
        ("model.classifier.out_proj.weight", {"linear"}, "head", None),
        ("dense.0.0.weight", {"linear"}, "head", None),
        ("model.bert.encoder.layer.1.output.dense.bias", {"bias"}, "other", 1),
        ("model.deberta.encoder.rel_embeddings.weight", {"layer_norm"}, "other", None),
    ],
)
def test_roles_and_layers(name: str, operators: set[str], role: str, layer: int | None) -> None:
    assert (role_of(name, operators), layer_of(name)) == (role, layer)


@pytest.mark.parametrize("name", FORMATS)
def test_a_recipe_without_a_lowering_is_refused_before_anything_slow(
    name: str, bare_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row alone is all that is added: nothing is traced, and nothing written."""
    monkeypatch.setitem(RECIPES, "int4", INT4)
    title = FORMATS[name].title
    with pytest.raises(UnsupportedError, match=f"{title} .*int4 per block of 32.*'int4'"):
        plan_of(bare_config, to=(name,), recipe=("int4",), out=tmp_path / "out")
    assert "int4" not in FORMATS[name].recipes
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [row.name for row in FORMATS.values() if "int8" in row.recipes])
def test_an_operator_without_a_row_is_named_with_its_tensor(name: str) -> None:
    """int8 of a tensor that an operator reads which has no int8 lowering."""
    made = recipe.get("int8")
    matrix = Tensor("weight", "feed-forward", 0, (4, 4))
    int8 = made.selector.scheme(matrix, name)
    odd = Recipe("odd", Selector((Rule(int8),), FLOAT32), made.tolerance, "")
    norm = Tensor("encoder.LayerNorm.weight", "other", None, (4,), frozenset({"layer_norm"}))
    with pytest.raises(UnsupportedError, match=r"'layer_norm' of encoder.LayerNorm.weight in int8"):
        FORMATS[name].converter().COVERAGE.schemes(odd, {norm.name: norm})


def refusal(name: str, *rules: Rule) -> str:
    """What a format says of a recipe whose rules ask one linear layer of it too much."""
    odd = Recipe("odd", Selector(rules, FLOAT32), RECIPES["int8"].tolerance, "")
    path = "encoder.layer.0.attention.query."
    found = {
        "weight": Tensor(f"{path}weight", "attention", 0, (4, 4), frozenset({"linear"})),
        "bias": Tensor(f"{path}bias", "other", 0, (4,), frozenset({"bias"})),
    }
    with pytest.raises(UnsupportedError) as caught:
        FORMATS[name].converter().COVERAGE.schemes(odd, found)
    return str(caught.value)


def test_a_recipe_of_rules_that_fit_no_format_is_told_what_does() -> None:
    assert "'bias' of bias in int8" in refusal("tflite", Rule(INT8, layers=(0,)))
    assert "so give its rule roles" in refusal("tflite", Rule(INT8, layers=(0,)))
    assert "the rules of edgekit.recipe.int8_rules" in refusal("onnx", Rule(INT8, ("attention",)))
    assert "none of its rules for ONNX matches" in refusal("onnx", *int8_rules(layers=(9,)))


@pytest.mark.parametrize("name", [row.name for row in FORMATS.values() if "int8" in row.recipes])
def test_int8_of_some_tensors_is_that_of_the_recipe_int8(name: str) -> None:
    mixed = Selector(int8_rules(("attention",)), FLOAT32)
    for operators in ({"linear"}, {"embedding"}):
        query = Tensor("layer.0.query.weight", "attention", 0, (4, 4), frozenset(operators))
        assert mixed.scheme(query, name) == RECIPES["int8"].selector.scheme(query, name)
    assert mixed.scheme(replace(query, role="feed-forward"), name) == FLOAT32


def test_a_rule_that_an_earlier_one_forestalls_asks_for_nothing() -> None:
    first, second = Rule(FLOAT16, MATRICES, formats=("coreml",)), Rule(INT8, ("attention",))
    assert Selector((first, second), FLOAT32).schemes("coreml") == (FLOAT16, FLOAT32)
    assert Selector((first, second), FLOAT32).schemes("onnx") == (INT8, FLOAT32)
    assert Selector((second, first), FLOAT32).schemes("coreml") == (INT8, FLOAT16, FLOAT32)
    narrow = Rule(FLOAT16, ("attention",), path="*.query.*")
    assert Selector((narrow, second), FLOAT32).schemes("onnx") == (FLOAT16, INT8, FLOAT32)


def test_a_value_below_float16_may_be_kept_from_becoming_0() -> None:
    """coremltools stores the least float16 for it; seen in a LayerNorm of all-MiniLM-L6-v2."""
    tiny = np.array([1e-20, -1e-10], np.float32)
    least = np.copysign(np.float32(2.0**-24), tiny)
    assert (np.abs(least - tiny) <= numerics.rounding_bound(tiny, FLOAT16)).all()
    assert (np.abs(2 * least - tiny) > numerics.rounding_bound(tiny, FLOAT16)).all()
