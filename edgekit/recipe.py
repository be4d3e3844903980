"""Named quantisation recipes: data, so that a result can carry the recipe it was made by.

A recipe is a selector, which says of every tensor how it is stored, and how far a file may then be
from PyTorch. A new one is a row of :data:`RECIPES`; a format that has no lowering for one of its
schemes refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edgekit.errors import UnsupportedError
from edgekit.quantize.scheme import FLOAT16, FLOAT32, INT8, INT8_NEIGHBOURS, Scheme
from edgekit.quantize.selector import MATRICES, Role, Rule, Selector, Tensor
from edgekit.tolerance import Tolerance


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
        """The same recipe, but that Core ML files keep some encoder layers in float32.

        Args:
            layers: numbers of the layers, from 0; none leaves the recipe as it is.
        """
        rule = Rule(FLOAT32, layers=tuple(layers), formats=("coreml",))
        rules = (rule, *self.selector.rules) if layers else self.selector.rules
        return replace(self, selector=replace(self.selector, rules=rules))

    def weight_bits(self, format_name: str) -> int:
        """Bits of one weight of a feed-forward layer, of which a model has most: for estimates."""
        return self.selector.scheme(Tensor("", "feed-forward", 0, ()), format_name).bits


_INT8 = (
    Rule(Scheme(8, symmetric=False, activations="float16"), formats=("coreml",)),
    Rule(Scheme(8, symmetric=False), formats=("coreai",)),
    Rule(INT8_NEIGHBOURS, formats=("onnx",), operators=("linear",)),
    Rule(INT8),
)


def int8_rules(
    roles: tuple[Role, ...] = MATRICES, path: str = "*", layers: tuple[int, ...] = ()
) -> tuple[Rule, ...]:
    """int8 as each format computes it, for the tensors that match all of the conditions.

    Args:
        roles: the roles that match.
        path: a shell pattern for the tensor's name.
        layers: the layers that match; none is every layer, and what is outside of them.
    """
    return tuple(replace(rule, roles=roles, path=path, layers=layers) for rule in _INT8)


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
                    Rule(FLOAT32, path="*.token_type_embeddings.*", formats=("coreai",)),
                    *int8_rules(),
                    Rule(FLOAT16, formats=("coreml",)),
                ),
                FLOAT32,
            ),
            Tolerance(0.35, 0.96, 0.95, 1e-2, 0.1),
            "int8 per-channel weights, activations quantised at run time or kept in float",
        ),
    )
}


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UnsupportedError: there is none.
    """
    if name not in RECIPES:
        raise UnsupportedError(f"unknown recipe '{name}': choose from {', '.join(RECIPES)}")
    return RECIPES[name]
