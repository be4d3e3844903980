"""How far a file may be from PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """How far an artifact may be from PyTorch before it is refused.

    Attributes:
        max_abs: bounds the largest absolute difference, relative to the largest absolute value of
            PyTorch's output over all probes, and what the decision sees of it, relative to the
            output's spread: the largest distance from its mean, less what all scores of a softmax
            share. Of a quantised file it is the most that a model is granted: what its own rounding
            costs is less.
        cosine: the least cosine similarity of one probe's output (of 16 values or more).
        agreement: the least share of clear decisions that are the same.
        padding_sensitivity: bounds, like ``max_abs``, how far padding or a batch may move the
            artifact's own answer: a mask that is ignored is caught even where rounding hides it.
        clear: a decision is clear if it is won by this times the spread.
        arithmetic: bounds, like ``max_abs``, how far a quantised file may be from the traced graph
            with the same rounding of weights and activations, beyond a few times that graph's own
            noise: what hides in the distance to PyTorch does not hide there. Of the shortest probes
            a quarter has to be as near to it as float32 is to PyTorch.
    """

    max_abs: float
    cosine: float
    agreement: float
    padding_sensitivity: float = 1e-2
    clear: float = 0.1
    arithmetic: float = 2e-3

    def stricter(self, other: Tolerance) -> Tolerance:
        """The tolerance that allows what both allow."""
        return Tolerance(
            min(self.max_abs, other.max_abs),
            max(self.cosine, other.cosine),
            max(self.agreement, other.agreement),
            min(self.padding_sensitivity, other.padding_sensitivity),
            min(self.clear, other.clear),
            min(self.arithmetic, other.arithmetic),
        )


PYTORCH = Tolerance(1e-4, 0.99999, 1.0, 1e-4, 1e-3)  # of the same model, run elsewhere
