"""Named quantisation recipes: data, so that a result can carry the recipe it was made by."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.errors import UnsupportedError


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
    hides it.
    """

    max_abs: float
    cosine: float
    agreement: float
    padding_sensitivity: float = 1e-2
    clear: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """How numbers are stored and computed; ``weight_bits`` estimates sizes beforehand."""

    name: str
    weight_bits: int
    tolerance: Tolerance
    description: str


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "fp32",
            32,
            Tolerance(1e-4, 0.99999, 1.0, 1e-4, 1e-3),
            "float32 weights and arithmetic",
        ),
        Recipe(
            "fp16",
            16,
            Tolerance(3e-2, 0.999, 1.0, 1e-2, 0.1),
            "float16 weights and arithmetic",
        ),
        Recipe(
            "int8",
            8,
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
