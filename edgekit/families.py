"""Which architectures edgekit exports, and what the graph of each needs.

A new architecture is one row. ``tests/test_families.py`` traces and proves every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.errors import UnsupportedError


@dataclass(frozen=True)
class Family:
    """One architecture, named by the ``model_type`` of its config.

    ``layers`` names the config's count of layers, ``intermediate`` its feed-forward width: what the
    estimate of a plan needs. ``position_offset`` is how many positions the embedding table spends
    on padding (RoBERTa counts from ``pad_token_id + 1``).
    """

    model_type: str
    layers: str = "num_hidden_layers"
    hidden: str = "hidden_size"
    intermediate: str = "intermediate_size"
    position_offset: int = 0
    token_types: bool = True

    def max_length(self, config: Mapping[str, Any]) -> int:
        """The most tokens the model takes, special tokens included."""
        return int(config.get("max_position_embeddings", 512)) - self.position_offset

    def has_token_types(self, config: Mapping[str, Any]) -> bool:
        """Whether ``token_type_ids`` change anything: a table of one row does not."""
        return self.token_types and int(config.get("type_vocab_size", 2)) > 1


FAMILIES: dict[str, Family] = {
    family.model_type: family
    for family in (
        Family("bert"),
        Family(
            "distilbert",
            layers="n_layers",
            hidden="dim",
            intermediate="hidden_dim",
            token_types=False,
        ),
    )
}


def get(model_type: str | None) -> Family:
    """The family of a config's ``model_type``.

    Raises:
        UnsupportedError: edgekit does not have it; the message lists what it has.
    """
    if model_type not in FAMILIES:
        raise UnsupportedError(
            f"architecture '{model_type}' is not supported: edgekit has {', '.join(FAMILIES)}"
        )
    return FAMILIES[model_type]
