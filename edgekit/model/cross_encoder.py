"""What a CrossEncoder of sentence-transformers makes of its logits."""

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
    older = configs.table(config, "sentence_transformers")
    named = (
        own.activation_fn
        or configs.text(older, "activation_fn")
        or configs.text(config, "sbert_ce_default_activation_function")
    )
    if named is None:
        one = sentence.is_cross_encoder(folder) and configs.label_count(config) == 1
        named = "torch.nn.Sigmoid" if one else "torch.nn.Identity"
    name = sentence.activation(named, tuple(_PROBLEMS), "a CrossEncoder")
    return _PROBLEMS[name]
