"""A CrossEncoder of sentence-transformers: whether it is one, and what its logits mean."""

from __future__ import annotations

from pathlib import Path

from edgekit.model import config as configs
from edgekit.model import sentence
from edgekit.model.config import Config

_PROBLEMS = {  # by its activation
    "Sigmoid": "multi_label_classification",
    "Softmax": "single_label_classification",
    "Identity": None,
}
_TABLE = "sentence_transformers"
_ACTIVATION = "sbert_ce_default_activation_function"


def is_one(folder: Path, config: Config) -> bool:
    """Whether sentence-transformers saved it: older releases left a mark in config.json."""
    marked = not config.keys().isdisjoint((_TABLE, _ACTIVATION))
    return marked or sentence.is_cross_encoder(folder)


def problem_type(folder: Path, config: Config) -> str | None:
    """What a CrossEncoder's logits mean, by the activation that its library applies to them.

    A sigmoid scores each label for itself, which for one label is the score that ``predict`` gives.

    Returns:
        A problem type of Transformers; None where the folder is no CrossEncoder's, or its logits
        are taken as they are.

    Raises:
        UnsupportedError: an activation that post-processing does not have.
    """
    own = sentence.config(folder)
    older = configs.table(config, _TABLE)
    named = (
        own.activation_fn
        or configs.text(older, "activation_fn")
        or configs.text(config, _ACTIVATION)
    )
    if named is None:
        one = sentence.is_cross_encoder(folder) and configs.label_count(config) == 1
        named = "torch.nn.Sigmoid" if one else "torch.nn.Identity"
    name = sentence.activation(named, tuple(_PROBLEMS), "a CrossEncoder")
    return _PROBLEMS[name]
