"""Named quantisation recipes: data, so that a result can carry the recipe it was made by.

A recipe is a selector, which says of every tensor how it is stored, and how far a file may then be
from PyTorch. A new one is a row of :data:`RECIPES`; a format that has no lowering for one of its
schemes refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edgekit.errors import UnsupportedError
from edgekit.quantize.scheme import FLOAT16, FLOAT32, INT8, Scheme
from edgekit.quantize.selector import MATRICES, Rule, Selector, Tensor


@dataclass(frozen=True)
class Tolerance:
    """How far an artifact may be from PyTorch before it is refused.

    ``max_abs`` bounds the largest absolute difference, relative to the largest absolute value of
    PyTorch's output over all probes, and what the decision sees of it, relative to the output's
    spread: the largest distance from its mean, less what all scores of a softmax share.
    ``cosine`` is the least cosine similarity of one probe's output (of 16 values or more);
    ``agreement`` is the least share of clear decisions that are the same, where clear means won by
    ``clear`` times the spread; ``padding_sensitivity`` bounds, like ``max_abs``, how far padding or
    a batch may move the artifact's own answer: a mask that is ignored is caught even where rounding
    hides it. ``arithmetic`` bounds, like ``max_abs``, how far a quantised file may be from the
    traced graph with the same rounding of weights and activations, beyond a few times that graph's
    own noise: what hides in the distance to PyTorch does not hide there. Of the shortest probes a
    quarter has to be as near to it as float32 is to PyTorch.
    """

    max_abs: float
    cosine: float
    agreement: float
    padding_sensitivity: float = 1e-2
    clear: float = 0.1
    arithmetic: float = 2e-3


@dataclass(frozen=True)
class Recipe:
    """How numbers are stored and computed, and how far from PyTorch the result may be.

    Args:
        name: what ``--recipe`` calls it.
        selector: which tensor gets which scheme.
        tolerance: of every task that ``tolerances`` does not name.
        description: one line for people.
        tolerances: by the names of tasks that are held to others.
    """

    name: str
    selector: Selector
    tolerance: Tolerance
    description: str
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)

    def tolerance_of(self, task: str) -> Tolerance:
        """What a file of this recipe is held to in that task."""
        return self.tolerances.get(task, self.tolerance)

    def keeping(self, layers: Sequence[int]) -> Recipe:
        """The same, but for those encoder layers, which are float32 in Core ML files too."""
        rule = Rule(FLOAT32, layers=tuple(layers), formats=("coreml",))
        rules = (rule, *self.selector.rules) if layers else self.selector.rules
        return replace(self, selector=replace(self.selector, rules=rules))

    def weight_bits(self, format_name: str) -> int:
        """Bits of one weight of a feed-forward layer, of which a model has most: for estimates."""
        return self.selector.scheme(Tensor("", "feed-forward", 0, ()), format_name).bits


_COREML_INT8 = Scheme(8, symmetric=False, activations="float16")
_COREAI_INT8 = Scheme(8, symmetric=False)
_ONNX_INT8 = replace(INT8, range_estimator="neighbours")

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "fp32",
            Selector((), FLOAT32),
            Tolerance(1e-4, 0.99999, 1.0, 1e-4, 1e-3),
            "float32 weights and arithmetic",
        ),
        Recipe(
            "fp16",
            Selector((), FLOAT16),
            Tolerance(3e-2, 0.999, 1.0, 1e-2, 0.1),
            "float16 weights and arithmetic",
        ),
        Recipe(
            "int8",
            Selector(
                (
                    Rule(_COREML_INT8, MATRICES, formats=("coreml",)),
                    Rule(_COREAI_INT8, MATRICES, formats=("coreai",)),
                    Rule(FLOAT32, formats=("coreai",)),
                    Rule(FLOAT16, formats=("coreml",)),
                    Rule(_ONNX_INT8, MATRICES, formats=("onnx",), operators=("linear",)),
                    Rule(INT8, MATRICES),
                ),
                FLOAT32,
            ),
            Tolerance(0.35, 0.96, 0.95, 1e-2, 0.1),
            "int8 per-channel weights, activations quantised at run time or kept in float",
        ),
    )
}


PYTORCH = Tolerance(1e-4, 0.99999, 1.0, 1e-4, 1e-3)  # of the same model, run elsewhere


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UnsupportedError: there is none.
    """
    if name not in RECIPES:
        raise UnsupportedError(f"unknown recipe '{name}': choose from {', '.join(RECIPES)}")
    return RECIPES[name]
