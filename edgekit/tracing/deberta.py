"""DeBERTa (both versions) said in another way (see :mod:`edgekit.tracing.rewrites`)."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor
from transformers.activations import ACT2FN

from edgekit.tracing.decompositions import MASKED

if TYPE_CHECKING:
    from transformers.models.deberta import modeling_deberta as deberta
    from transformers.models.deberta_v2 import modeling_deberta_v2 as deberta_v2

    Encoder: TypeAlias = deberta.DebertaEncoder | deberta_v2.DebertaV2Encoder
    Attention: TypeAlias = deberta.DisentangledSelfAttention | deberta_v2.DisentangledSelfAttention


def prepare(encoder: Encoder, length: int) -> None:
    """Computes where each pair of positions finds its relative embedding, for the longest text.

    Shorter texts read a corner of that table.

    Args:
        encoder: of DeBERTa; it is changed.
        length: the longest text in tokens.
    """
    encoder.get_attention_mask = MethodType(_additive, encoder)
    if not encoder.relative_attention:
        return
    span = encoder.rel_embeddings.num_embeddings // 2
    distances = encoder.get_rel_pos(torch.empty(1, length + 1, 1))[0]
    places = (distances + span).clamp(0, 2 * span - 1)
    encoder.places = torch.nn.Buffer(places.int(), persistent=False)
    encoder.get_rel_pos = MethodType(_places, encoder)


def _places(encoder: Encoder, hidden: Tensor, *_: object) -> Tensor:
    """In the place of ``get_rel_pos``: rows of the relative embeddings, (length, length) int32.

    By query and key.
    """
    length = hidden.shape[1]
    places: Tensor = encoder.places[:length, :length]
    return places


def _additive(encoder: Encoder, attention_mask: Tensor) -> Tensor:
    """In the place of ``get_attention_mask``: what is added to scores, (batch, 1, 1, length).

    It hides padding from all tokens; what padding itself sees does not matter. The mask given is
    (batch, length) of 0 and 1.
    """
    return (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * MASKED


def beside_the_first(
    module: deberta_v2.ConvLayer, hidden: Tensor, residual: Tensor, mask: Tensor
) -> Tensor:
    """In the place of the convolution beside DeBERTa-v2's first layer: the same without masks.

    Padding's embeddings are zeros already, as beyond the text's ends.
    """
    around = module.conv(hidden.transpose(1, 2)).transpose(1, 2)
    result: Tensor = module.LayerNorm(residual + ACT2FN[module.conv_act](around))
    return result


def norm(module: deberta.DebertaLayerNorm, x: Tensor) -> Tensor:
    """In the place of the first version's layer normalisation: the operator that formats have."""
    shape, eps = module.weight.shape, module.variance_epsilon
    return torch.nn.functional.layer_norm(x, shape, module.weight, module.bias, eps)


def attention(
    module: Attention,
    hidden_states: Tensor,
    attention_mask: Tensor,
    output_attentions: bool = False,
    query_states: None = None,
    relative_pos: Tensor | None = None,
    rel_embeddings: Tensor | None = None,
) -> tuple[Tensor, None]:
    """Disentangled attention (https://arxiv.org/abs/2006.03654, equation 4) as one fused operator.

    Content to position and position to content are given as the mask of content to content, whose
    scores all three share one scale with. Arguments and results are those of Transformers' own.
    """
    query, key, value = _content(module, hidden_states)
    terms = 1 + sum(kind in module.pos_att_type for kind in ("c2p", "p2c"))
    scale = (terms * query.shape[-1]) ** -0.5
    biases = _biases(module, query * scale, key * scale, relative_pos, rel_embeddings)
    if getattr(module, "talking_head", False):
        context = _talking(module, (query * scale, key, value), biases, attention_mask)
    else:
        context = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=sum(biases, attention_mask), scale=scale
        )
    return context.transpose(1, 2).flatten(2), None


def _biases(
    module: Attention, query: Tensor, key: Tensor, places: Tensor | None, embeddings: Tensor | None
) -> list[Tensor]:
    """What positions add to the scores: a (batch, heads, length, length) for each kind.

    Args:
        module: the attention.
        query: (batch, heads, length, size).
        key: the same.
        places: rows of the embeddings, by query and key; None: there are none.
        embeddings: the relative ones, (2 * span, hidden).
    """
    if places is None or embeddings is None:
        return []
    shape = (query.shape[0], query.shape[1], query.shape[2], query.shape[2])
    position_key, position_query = _positions(module, embeddings)
    biases = []
    if "c2p" in module.pos_att_type:
        scores = torch.matmul(query, position_key.transpose(2, 3))
        biases.append(torch.gather(scores, 3, places.expand(shape)))
    if "p2c" in module.pos_att_type:
        scores = torch.matmul(key, position_query.transpose(2, 3))
        mirrored = torch.gather(scores, 3, places.transpose(0, 1).expand(shape))
        biases.append(mirrored.transpose(2, 3))
    return biases


def _talking(
    module: Attention, content: tuple[Tensor, Tensor, Tensor], biases: list[Tensor], mask: Tensor
) -> Tensor:
    """Attention whose heads mix their scores before the softmax, and their shares after it.

    Args:
        module: has the two layers that mix.
        content: query, key and value, each (batch, heads, length, size).
        biases: what positions add to the scores.
        mask: is added to the scores.
    """
    query, key, value = content
    scores = sum(biases, torch.matmul(query, key.transpose(2, 3)))
    scores = _across_heads(module.head_logits_proj, scores) + mask
    return torch.matmul(_across_heads(module.head_weights_proj, scores.softmax(-1)), value)


def _across_heads(layer: torch.nn.Linear, x: Tensor) -> Tensor:
    """Applies a linear layer to axis 1 of (batch, heads, length, length): it mixes heads."""
    mixed: Tensor = layer(x.permute(0, 2, 3, 1))
    return mixed.permute(0, 3, 1, 2)


def _heads(module: Attention, x: Tensor) -> Tensor:
    """Splits the last axis into heads: (batch, length, hidden) to (batch, heads, length, size)."""
    batch, length, hidden = x.shape
    heads = module.num_attention_heads
    return x.reshape(batch, length, heads, hidden // heads).transpose(1, 2)


def _content(module: Attention, hidden: Tensor) -> tuple[Tensor, ...]:
    """Query, key and value of the text, each (batch, heads, length, size).

    DeBERTa's first version has them in one layer, head by head.
    """
    if not hasattr(module, "in_proj"):
        layers = (module.query_proj, module.key_proj, module.value_proj)
        return tuple(_heads(module, layer(hidden)) for layer in layers)
    query, key, value = _heads(module, module.in_proj(hidden)).chunk(3, dim=-1)
    biases = [_heads(module, bias[None, None, :]) for bias in (module.q_bias, module.v_bias)]
    return query + biases[0], key, value + biases[1]


def _positions(module: Attention, rel_embeddings: Tensor) -> tuple[Tensor, Tensor]:
    """The relative embeddings as keys and as queries: (1, heads, 2 * span, size) each."""
    if hasattr(module, "in_proj"):
        names = ("pos_proj", "pos_q_proj")
    elif module.share_att_key:
        names = ("key_proj", "query_proj")
    else:
        names = ("pos_key_proj", "pos_query_proj")
    embeddings = rel_embeddings.unsqueeze(0)
    # A model that uses only one of the two has no layer for the other.
    layers = [getattr(module, name, torch.nn.Identity()) for name in names]
    key, query = (_heads(module, layer(embeddings)) for layer in layers)
    return key, query
