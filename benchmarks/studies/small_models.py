"""A small config of every architecture: all its operations, almost none of its size.

Two layers of 32 values, but each kind of layer, embedding and bias that the real checkpoints have.
Weights are drawn ten times wider than usual, so that attention, and so its mask, moves the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.model.tasks import Task

LENGTH = 48  # tokens that the models take
_SHARED: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": LENGTH,
    "initializer_range": 0.2,
}
# RoBERTa's positions count from pad_token_id + 1; its checkpoints have one token type.
_ROBERTA = {"max_position_embeddings": LENGTH + 2, "pad_token_id": 1, "type_vocab_size": 1}
_TOKENS = {"bos_token_id": 1, "eos_token_id": 2}
_DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["c2p", "p2c"],
    "max_relative_positions": LENGTH,
    "position_biased_input": False,
    "pooler_hidden_size": 32,
}
OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "albert": {"embedding_size": 16, "num_hidden_groups": 1, "inner_group_num": 1},
    "electra": {"embedding_size": 16},
    "mobilebert": {
        "embedding_size": 16,
        "intra_bottleneck_size": 16,
        "use_bottleneck": True,
        "key_query_shared_bottleneck": True,
        "num_feedforward_networks": 2,
        "initializer_range": 0.1,  # nothing normalises its layers: wider weights explode
    },
    "mpnet": {"max_position_embeddings": LENGTH + 2, "pad_token_id": 1},
    "squeezebert": {"embedding_size": 32},
    "deberta": _DEBERTA,
    "deberta-v2": {
        **_DEBERTA,
        "position_buckets": 8,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
    },
    "modernbert": {
        "layer_types": ["full_attention", "sliding_attention"],
        "local_attention": 8,
        "pad_token_id": 0,
        **_TOKENS,
        "cls_token_id": 1,
        "sep_token_id": 2,
    },
    "gte": {"pad_token_id": 1},
    "nomic_bert": {},
    "jina_embeddings_v3": {"pad_token_id": 1},
    "eurobert": {"num_key_value_heads": 2, "pad_token_id": 0, **_TOKENS},
    "ultrabert": {
        "layer_types": ["full_attention", "sliding_attention"],
        "sliding_window": 4,
        "prediction_head_size": 24,
    },
    "ernie": {"use_task_id": True},
    "megatron-bert": {},
    "roberta-prelayernorm": _ROBERTA,
    "data2vec-text": _ROBERTA,
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 24},
    "xlm-roberta-xl": _ROBERTA,
    "ibert": _ROBERTA,
    "roformer": {"embedding_size": 16},
    "convbert": {"embedding_size": 16, "conv_kernel_size": 5},
    "luke": {**_ROBERTA, "entity_vocab_size": 10, "entity_emb_size": 16},
    "xmod": {**_ROBERTA, "languages": ["en_XX", "de_DE"], "default_language": "de_DE"},
}


def save_config(model_type: str, task: Task, folder: Path) -> Path:
    """Writes the small model's config.json, as Transformers saves it, into a folder.

    Three labels where the task has labels; question answering needs Transformers' default of two.

    Raises:
        KeyError: the architecture has no row in :data:`OVERRIDES` yet.
    """
    from transformers import CONFIG_MAPPING

    overrides = {**_SHARED, **OVERRIDES[model_type]}
    if any("labels" in output.axes for output in task.outputs):
        overrides["num_labels"] = 3
    folder.mkdir(parents=True, exist_ok=True)
    CONFIG_MAPPING[model_type](**overrides).save_pretrained(folder)
    return folder / "config.json"
