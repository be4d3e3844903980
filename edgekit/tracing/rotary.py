"""RoFormer's rotation of neighbouring values, as the rotation of halves that needs no steps of two.

The values of a head are put in another order, the even ones first: in the layers that make them,
so that products of queries with keys stay what they were.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers.models.roformer.modeling_roformer import RoFormerSelfAttention


def prepare(attention: RoFormerSelfAttention, length: int) -> None:
    """Reorders the weights of RoFormer's attention in place, and replaces how it rotates.

    Args:
        attention: of one layer; it computes what it did before.
        length: the longest text in tokens, which other rewrites need.
    """
    halves = [attention.query, attention.key]
    if attention.rotary_value:
        halves.append(attention.value)
    for layer in halves:
        order = _even_first(attention.num_attention_heads, attention.attention_head_size)
        layer.weight = torch.nn.Parameter(layer.weight[order], requires_grad=False)
        layer.bias = torch.nn.Parameter(layer.bias[order], requires_grad=False)
    attention.forward = MethodType(_attend, attention)


def _even_first(heads: int, size: int) -> Tensor:
    """The order of a layer's outputs in which each head's even values come before its odd ones."""
    numbers = torch.arange(heads * size).view(heads, size)
    return torch.cat([numbers[:, ::2], numbers[:, 1::2]], 1).flatten()


def _attend(
    module: RoFormerSelfAttention,
    hidden_states: Tensor,
    attention_mask: Tensor,
    sinusoidal_pos: Tensor,
    *_: object,
    **__: object,
) -> tuple[Tensor, None]:
    """In the place of RoFormer's attention: the same, with weights in :func:`prepare`'s order.

    (batch, length, hidden) becomes the same shape.
    """
    shape = (*hidden_states.shape[:-1], module.num_attention_heads, module.attention_head_size)
    parts = (layer(hidden_states) for layer in (module.query, module.key, module.value))
    query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
    sine, cosine = sinusoidal_pos.chunk(2, dim=-1)
    query, key = _rotated(query, sine, cosine), _rotated(key, sine, cosine)
    if module.rotary_value:
        value = _rotated(value, sine, cosine)
    context = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask
    )
    if module.rotary_value:
        context = _in_turns(context)
    return context.transpose(1, 2).flatten(2), None


def _rotated(x: Tensor, sine: Tensor, cosine: Tensor) -> Tensor:
    """Rotates queries or keys by their positions, half of a vector with the other half."""
    even, odd = x.chunk(2, dim=-1)
    return torch.cat([even * cosine - odd * sine, odd * cosine + even * sine], -1)


def _in_turns(x: Tensor) -> Tensor:
    """Puts halves back beside each other: (..., size), even values first, each to its own place."""
    even, odd = x.chunk(2, dim=-1)
    return torch.cat([even.unsqueeze(-1), odd.unsqueeze(-1)], -1).flatten(-2)
