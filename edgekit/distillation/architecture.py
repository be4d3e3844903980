"""A BERT as DistilBERT's own architecture: the same numbers under other names, and proven so.

Source: Sanh et al. 2019, "DistilBERT, a distilled version of BERT" (arXiv 1910.01108), section 3:
token types and the pooler are left out. A single text's tokens are all of type 0, so that type's
vector is added to each position's, and nothing is lost. Texts in pairs are another matter: a
DistilBERT cannot tell the second from the first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from edgekit.errors import ProofError, UnsupportedError
from edgekit.model.tasks import Task

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel

_EPSILON = 1e-12  # of every LayerNorm in DistilBERT, which has no setting for it
_TOLERANCE = 1e-4  # of a layer's largest value; float32 rounding is a hundredth of it
_PROBE = (4, 24)  # texts and tokens that the proof runs on
_EMBEDDINGS = r"(?:bert\.)?embeddings\.(word_embeddings|position_embeddings|LayerNorm)\."
_LAYER = r"(?:bert\.)?encoder\.layer\.(\d+)\."
_LAYERS = {
    r"attention\.self\.query": "attention.q_lin",
    r"attention\.self\.key": "attention.k_lin",
    r"attention\.self\.value": "attention.v_lin",
    r"attention\.output\.dense": "attention.out_lin",
    r"attention\.output\.LayerNorm": "sa_layer_norm",
    r"intermediate\.dense": "ffn.lin1",
    r"output\.dense": "ffn.lin2",
    r"output\.LayerNorm": "output_layer_norm",
}
_ENCODER = {
    _EMBEDDINGS: r"embeddings.\1.",
    **{rf"{_LAYER}{old}\.": rf"transformer.layer.\1.{new}." for old, new in _LAYERS.items()},
}
_HEADS = {
    r"cls\.predictions\.transform\.dense\.": "vocab_transform.",
    r"cls\.predictions\.transform\.LayerNorm\.": "vocab_layer_norm.",
    r"cls\.predictions\.decoder\.": "vocab_projector.",
    r"qa_outputs\.": "qa_outputs.",
    r"classifier\.": "classifier.",
    r"bert\.pooler\.dense\.": "pre_classifier.",
}
_POSITIONS = "embeddings.position_embeddings.weight"
_TYPES = "embeddings.token_type_embeddings.weight"


def as_distilbert(bert: PreTrainedModel, task: Task) -> tuple[PreTrainedModel, float]:
    """A DistilBERT of all of a BERT's layers, and how far its hidden states are off.

    Args:
        bert: with the head of its task.
        task: its task, which the DistilBERT gets the head for. That of a text classifier is close
            to BERT's, and not the same: it has a ReLU where BERT's pooler has a tanh.

    Returns:
        The model in evaluation mode, and the largest difference of a hidden state after any layer,
        relative to that layer's largest value.

    Raises:
        UnsupportedError: the BERT has what a DistilBERT cannot have.
        ProofError: a layer does not compute what BERT's does.
    """
    import transformers

    model: Any = getattr(transformers, task.auto_class).from_config(_config(bert.config))
    own, known = model.state_dict(), bert.state_dict()
    base = "" if model.base_model is model else "distilbert."
    renamed = {_renamed(name, base): value for name, value in known.items()}
    prefix = "" if bert.base_model is bert else "bert."
    renamed[base + _POSITIONS] = known[prefix + _POSITIONS] + known[prefix + _TYPES][0]
    for name, value in own.items():
        if name not in renamed:
            raise ProofError(f"BERT has no weight that would be {name} of a DistilBERT")
        value.copy_(renamed[name])
    return model.eval(), prove(bert, model.eval())


def prove(bert: PreTrainedModel, distilbert: PreTrainedModel) -> float:
    """Compares every hidden state of the two models, on random ids.

    Args:
        bert: the model that was taken apart.
        distilbert: what was made of all its layers.

    Returns:
        The largest difference after any layer, relative to that layer's largest value.

    Raises:
        ProofError: naming the first layer that is off.
    """
    import torch

    rng = torch.Generator().manual_seed(0)
    ids = torch.randint(bert.config.vocab_size, _PROBE, generator=rng)
    mask = torch.ones_like(ids)
    mask[0, _PROBE[1] // 2 :] = 0  # padding must be ignored as well
    with torch.inference_mode():
        expected, found = (
            model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
            for model in (bert, distilbert)
        )
    worst = 0.0
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        error = _difference(ours, theirs, mask)
        worst = max(worst, error)
        if not error <= _TOLERANCE:
            where = f"after layer {place - 1}" if place else "of the embeddings"
            raise ProofError(
                f"the hidden states {where} of the DistilBERT are off BERT's by {error:.1e}"
            )
    return worst


def _difference(found: torch.Tensor, expected: torch.Tensor, mask: torch.Tensor) -> float:
    real = mask.bool()
    return float((found - expected)[real].abs().max() / expected[real].abs().max())


def _config(bert: PretrainedConfig) -> PretrainedConfig:
    """The config of a DistilBERT with a BERT's sizes.

    Raises:
        UnsupportedError: the BERT has a setting for which DistilBERT has one value only.
    """
    from transformers import DistilBertConfig

    if bert.layer_norm_eps != _EPSILON:
        raise UnsupportedError(
            f"the teacher's layer_norm_eps is {bert.layer_norm_eps}, and DistilBERT has none but "
            f"{_EPSILON}: leave --student out for a student of the teacher's own architecture"
        )
    return DistilBertConfig(
        vocab_size=bert.vocab_size,
        max_position_embeddings=bert.max_position_embeddings,
        n_layers=bert.num_hidden_layers,
        n_heads=bert.num_attention_heads,
        dim=bert.hidden_size,
        hidden_dim=bert.intermediate_size,
        dropout=bert.hidden_dropout_prob,
        attention_dropout=bert.attention_probs_dropout_prob,
        activation=bert.hidden_act,
        initializer_range=bert.initializer_range,
        pad_token_id=bert.pad_token_id,
        tie_word_embeddings=bert.tie_word_embeddings,
        id2label=bert.id2label,
        label2id=bert.label2id,
        problem_type=bert.problem_type,
    )


def _renamed(name: str, base: str) -> str:
    """DistilBERT's name for a weight of BERT's; one that it does not have keeps its own."""
    for pattern, target in _ENCODER.items():
        if re.match(pattern, name):
            return base + re.sub(f"^{pattern}", target, name)
    for pattern, target in _HEADS.items():
        if re.match(pattern, name):
            return re.sub(f"^{pattern}", target, name)
    return name
