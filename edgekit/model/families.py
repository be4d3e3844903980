"""Which architectures edgekit exports, and what the graph of each needs.

A new architecture is one row. ``tests/test_matrix.py`` converts and proves every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model.config import Config


@dataclass(frozen=True)
class Family:
    """One architecture, named by the ``model_type`` of its config.

    Attributes:
        model_type: as Transformers names it.
        layers: the config's name for the count of layers.
        groups: its name for the count of layers with weights of their own, where several share
            them.
        hidden: its name for the hidden size.
        intermediate: its name for the feed-forward width.
        padding: the id of [PAD] where a config names none.
        counts_from_padding: whether positions begin behind that id, as RoBERTa's do.
        token_types: whether it takes ``token_type_ids``.
        type_rows: the size of the table of token types where a config names none.
        reads_neighbours: whether it reads its neighbours' embeddings before any attention, so that
            those of padding have to be zeros as beyond the text's ends.
        asks_for_mask: off for a model that makes its attention masks itself.
        zeros: inputs that are always 0.
        required: what a config has to name, and Transformers does not ask for until the model runs.
    """

    model_type: str
    layers: str = "num_hidden_layers"
    groups: str | None = None
    hidden: str = "hidden_size"
    intermediate: str = "intermediate_size"
    padding: int = 0
    counts_from_padding: bool = False
    token_types: bool = True
    type_rows: int = 2
    reads_neighbours: bool = False
    asks_for_mask: bool = True
    zeros: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def max_length(self, config: Config) -> int:
        """The most tokens the model takes, special tokens included."""
        spent = self.pad_id(config) + 1 if self.counts_from_padding else 0
        return configs.integer(config, "max_position_embeddings", 512) - spent

    def pad_id(self, config: Config) -> int:
        """The id that the model's tokenizer pads ``input_ids`` with."""
        return configs.integer(config, "pad_token_id", self.padding)

    def has_token_types(self, config: Config) -> bool:
        """Whether ``token_type_ids`` change anything: a table of one row does not."""
        return self.token_types and configs.integer(config, "type_vocab_size", self.type_rows) > 1


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
        Family("roberta", padding=1, counts_from_padding=True),
        Family("xlm-roberta", padding=1, counts_from_padding=True),
        Family("camembert", padding=1, counts_from_padding=True),
        Family("electra"),
        Family("albert", groups="num_hidden_groups"),
        Family("mpnet", padding=1, counts_from_padding=True, token_types=False),
        Family("mobilebert", reads_neighbours=True),
        Family("squeezebert"),
        Family("modernbert", padding=50283, token_types=False),
        Family("deberta-v2", type_rows=0, asks_for_mask=False),
        Family("deberta", type_rows=0, asks_for_mask=False),
        Family("gte", padding=1, type_rows=1),
        Family("nomic_bert"),
        Family("jina_embeddings_v3", padding=1, type_rows=1),
        Family("eurobert", padding=128001, token_types=False),
        Family("ultrabert", token_types=False),
        Family("ernie", zeros=("task_type_ids",)),
        Family("megatron-bert"),
        Family("roberta-prelayernorm", padding=1, counts_from_padding=True),
        Family("data2vec-text", padding=1, counts_from_padding=True),
        Family("rembert"),
        Family("xlm-roberta-xl", padding=1, counts_from_padding=True),
        Family("ibert", padding=1, counts_from_padding=True),
        Family("roformer"),
        Family("convbert"),
        Family("luke", padding=1, counts_from_padding=True),
        Family("xmod", padding=1, counts_from_padding=True, required=("default_language",)),
    )
}

# Encoders that do not fit the table, and why: for the message and for docs/support.md.
OTHERS: Mapping[str, str] = {
    "fnet": "its Fourier transforms know no padding, which would change its answers",
    "xlnet": "it pads on the left, sums up in the last token and has no masked-language model",
    "model2vec": "it has no encoder: it looks up a vector for each token and takes their mean",
    "new": "its layers are Python code that comes with each checkpoint",
}


def get(model_type: str | None) -> Family:
    """The family of a config's ``model_type``.

    Raises:
        UnsupportedError: edgekit does not have it; the message lists what it has.
    """
    if model_type not in FAMILIES:
        because = f", because {reason}" if (reason := OTHERS.get(model_type or "")) else ""
        raise UnsupportedError(
            f"architecture '{model_type}' is not supported{because}: "
            f"edgekit has {', '.join(FAMILIES)}. A new one is a row in edgekit/model/families.py "
            "and one in benchmarks/studies/small_models.py (CONTRIBUTING.md)"
        )
    return FAMILIES[model_type]


def of(config: Config) -> Family:
    """The family that a config is for.

    Raises:
        SourceError: the config names none.
        UnsupportedError: edgekit does not have it, or the config asks for a variant that it does
            not have, such as a decoder.
    """
    model_type = configs.text(config, "model_type")
    if model_type is None:
        raise SourceError(f"config.json has no model_type: add one of {', '.join(FAMILIES)}")
    if config.get("is_decoder"):
        raise UnsupportedError("the model is a decoder (is_decoder): edgekit exports encoders")
    positions = configs.text(config, "position_embedding_type") or "absolute"
    if positions != "absolute":
        raise UnsupportedError(
            f"position_embedding_type '{positions}' is not supported: Transformers 5 has dropped "
            "it and would compute another model"
        )
    _check_unquantized(config)
    family = get(model_type)
    missing = [name for name in family.required if config.get(name) is None]
    if missing:
        raise SourceError(
            f"config.json has no {missing[0]}, without which {model_type} has no answer: add it"
        )
    return family


def _check_unquantized(config: Config) -> None:
    """Refuses a checkpoint whose weights are stored quantised: the file would be of other numbers.

    Raises:
        UnsupportedError: naming how the weights are quantised.
    """
    stored = configs.table(config, "quantization_config")
    if not (stored or configs.table(config, "compression_config")):
        return
    method = configs.text(stored, "quant_method") or "bitsandbytes"
    undone = (
        "where that library runs, load the checkpoint with Transformers, then model.dequantize() "
        "and save_pretrained(); or "
    )
    raise UnsupportedError(
        f"the weights are quantised by {method} (quantization_config), which edgekit does not "
        f"undo: {undone if method == 'bitsandbytes' else ''}take the checkpoint it was made of"
    )
