"""Convolutions along a text as linear layers and products, which every format has.

What the rewriting takes for granted is checked: another stride, or padding that changes the length,
would give another graph.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from edgekit.errors import ConversionError
from edgekit.tracing.decompositions import MASKED

if TYPE_CHECKING:
    from transformers.models.convbert.modeling_convbert import ConvBertSelfAttention


def rewrite(module: Any, length: int) -> None:
    """Replaces a one-dimensional convolution, in place, by linear layers or products.

    They give the same numbers.

    Args:
        module: the convolution.
        length: the longest text in tokens, which other rewrites need.

    Raises:
        ConversionError: it does not keep a text's length, or pads with anything but zeros.
    """
    _check(module)
    if module.groups == module.in_channels == module.out_channels:
        module.taps = torch.nn.Parameter(module.weight.squeeze(1).t().contiguous(), False)
        forward = _each_channel
    else:
        weights = module.weight.transpose(1, 2).flatten(1).chunk(module.groups)
        none = (None,) * module.groups
        biases = none if module.bias is None else module.bias.chunk(module.groups)
        module.parts = torch.nn.ModuleList(map(linear, weights, biases))
        forward = _each_group
    bias = module.bias
    del module.weight, module.bias
    module.shift = bias if forward is _each_channel else None
    module.forward = MethodType(forward, module)


class _Rewritten(torch.nn.Conv1d):
    """The type of a convolution that :func:`rewrite` has changed; no object is made of it.

    It has either ``parts``, for groups of several channels, or ``taps`` and ``shift``, for groups
    of one.
    """

    parts: torch.nn.ModuleList  # for each group (width * channels in, channels out)
    taps: Tensor  # (width, channels)
    shift: Tensor | None  # (channels,)


def _check(module: torch.nn.Conv1d) -> None:
    """Raises ConversionError for a convolution that has no rewrite."""
    (width,) = module.kernel_size
    centred = module.padding in ("same", (width // 2,)) and width % 2 == 1
    plain = (module.stride, module.dilation, module.padding_mode) == ((1,), (1,), "zeros")
    if not (isinstance(module, torch.nn.Conv1d) and centred and plain):
        raise ConversionError(
            f"edgekit has no graph for the convolution {module}: it has convolutions of stride 1 "
            "and an odd width, padded with zeros so that the text keeps its length "
            "(edgekit/tracing/convolutions.py)"
        )


def linear(weight: Tensor, bias: Tensor | None) -> torch.nn.Linear:
    """A linear layer with these weights, (out, in) and (out,), made without drawing others."""
    shape = (weight.shape[1], weight.shape[0])
    layer = torch.nn.Linear(*shape, bias=bias is not None, device="meta")
    layer.weight = torch.nn.Parameter(weight.contiguous(), requires_grad=False)
    if bias is not None:
        layer.bias = torch.nn.Parameter(bias.contiguous(), requires_grad=False)
    return layer


def _each_group(module: _Rewritten, x: Tensor) -> Tensor:
    """The convolution as a linear layer for each group of channels.

    (batch, channels, length) becomes (batch, channels out, length).
    """
    (width,) = module.kernel_size
    pieces = _padded(x.transpose(1, 2), width).chunk(module.groups, dim=2)
    results: list[Tensor] = [
        part(torch.cat(neighbours(piece, width), dim=2))
        for part, piece in zip(module.parts, pieces, strict=True)
    ]
    joined = torch.cat(results, dim=2) if len(results) > 1 else results[0]
    return joined.transpose(1, 2)


def _each_channel(module: _Rewritten, x: Tensor) -> Tensor:
    """Each channel's own convolution, as a sum of products.

    (batch, channels, length) becomes the same shape.
    """
    (width,) = module.kernel_size
    tokens = neighbours(_padded(x.transpose(1, 2), width), width)
    total: Tensor = tokens[0] * module.taps[0]
    for place in range(1, width):
        total = total + tokens[place] * module.taps[place]
    return (total if module.shift is None else total + module.shift).transpose(1, 2)


def _padded(tokens: Tensor, width: int) -> Tensor:
    """Zeros on both sides of a text, so that each window has all of its places.

    (batch, length, size) becomes (batch, length + width - 1, size).
    """
    if width == 1:
        return tokens
    return torch.nn.functional.pad(tokens, (0, 0, width // 2, width // 2))


def neighbours(padded: Tensor, width: int) -> list[Tensor]:
    """What stands at each place of a window that slides over the text.

    Args:
        padded: (batch, length + width - 1, size).
        width: of the window.

    Returns:
        One (batch, length, size) for each place of the window.
    """
    if width == 1:
        return [padded]
    return [padded[:, start : start + 1 - width or None] for start in range(width)]


def span_attention(
    module: ConvBertSelfAttention,
    hidden_states: Tensor,
    attention_mask: Tensor,
    *_: object,
    **__: object,
) -> tuple[Tensor, None]:
    """ConvBERT's attention: half of the heads attend, half are convolutions with a made kernel.

    The convolutions see padding, in which there have to be zeros as beyond the text's ends.
    Source: https://arxiv.org/abs/2008.02496.
    """
    heads, size, width = (
        module.num_attention_heads,
        module.attention_head_size,
        module.conv_kernel_size,
    )
    inside = 1.0 - attention_mask[:, 0, 0, :, None] * (1 / MASKED)
    shape = (*hidden_states.shape[:-1], heads, size)
    query = module.query(hidden_states)
    parts = (query, module.key(hidden_states), module.value(hidden_states))
    queries, keys, values = (part.view(shape).transpose(1, 2) for part in parts)
    context = torch.nn.functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=attention_mask
    ).transpose(1, 2)
    local = module.key_conv_attn_layer((hidden_states * inside).transpose(1, 2)).transpose(1, 2)
    kernel = module.conv_kernel_layer(local * query).view(*shape[:-1], width).softmax(-1)
    around = neighbours(_padded(module.conv_out_layer(hidden_states) * inside, width), width)
    made = around[0].reshape(shape) * kernel[..., :1]
    for place in range(1, width):
        made = made + around[place].reshape(shape) * kernel[..., place : place + 1]
    return torch.cat([context, made], 2).flatten(2), None
