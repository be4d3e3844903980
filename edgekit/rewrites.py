"""Pieces of Transformers' models said in another way, so that phones can run them.

Each gives the same numbers as the original (``tests/test_families.py``) from operators that every
format has, at every length. Three tables: functions of torch that are replaced while a model is
traced, modules, by the names of their classes, that are replaced before, and operators after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from transformers.activations import ACT2FN

from edgekit.errors import UnsupportedError

MASKED = -1e4  # finite in float16, and exp(-1e4) is 0 in every format


class Narrow(TorchFunctionMode):
    """While it is entered, torch computes in 32 bits what Transformers computes in 64.

    ``numbers`` are 0, 1, 2 and so on, int32, up to the longest text: what ``arange`` is cut from.
    """

    def __init__(self, numbers: Tensor) -> None:
        super().__init__()
        self._numbers = numbers

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.arange:
            return self._numbers[: args[0]]
        named = {key: _narrow(value) for key, value in (kwargs or {}).items()}
        return _FUNCTIONS.get(func, func)(*map(_narrow, args), **named)


def _narrow(argument: Any) -> Any:
    return torch.int32 if argument is torch.int64 else argument


def _cumsum(x: Tensor, dim: int) -> Tensor:
    return torch.cumsum(x, dim, dtype=x.dtype)


def _type_as(x: Tensor, other: Tensor) -> Tensor:
    return x.to(other.dtype)


def _new_ones(x: Tensor, size: Sequence[int], dtype: torch.dtype | None = None) -> Tensor:
    return torch.full(size, 1, dtype=dtype or x.dtype)


_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    Tensor.__and__: torch.logical_and,
    Tensor.long: Tensor.int,
    Tensor.new_ones: _new_ones,
    Tensor.type_as: _type_as,
    torch.cumsum: _cumsum,
}


def apply(model: torch.nn.Module, length: int) -> None:
    """Replaces, in place, what the tables name; ``length`` is that of the longest text to come.

    Raises:
        UnsupportedError: a variant of an architecture that is not rewritten here.
    """
    for module in list(model.modules()):
        rewrite = _MODULES.get(type(module).__name__)
        if rewrite is not None:
            rewrite(module, length)


def _method(name: str, function: Callable[..., Any]) -> Callable[[Any, int], None]:
    def rewrite(module: Any, length: int) -> None:
        setattr(module, name, MethodType(function, module))

    return rewrite


def _gelu(module: Any, x: Tensor) -> Tensor:
    """The approximation with tanh, which Transformers spells out and every format has."""
    return torch.nn.functional.gelu(x, approximate="tanh")


def _trigrams(
    module: Any, input_ids: None, token_type_ids: Tensor, position_ids: None, inputs_embeds: Tensor
) -> Tensor:
    """MobileBERT's embeddings, which join each token's with those of its two neighbours.

    Padded once and then cut: the original pads what it has cut, which fixes some lengths.
    """
    around = torch.nn.functional.pad(inputs_embeds, (0, 0, 1, 1))
    three = torch.cat([around[:, 2:], inputs_embeds, around[:, :-2]], dim=2)
    positions = module.position_embeddings(module.position_ids[:, : inputs_embeds.shape[1]])
    types = module.token_type_embeddings(token_type_ids)
    result: Tensor = module.LayerNorm(module.embedding_transformation(three) + positions + types)
    return result


def _mobilebert(module: Any, length: int) -> None:
    if module.trigram_input:
        _method("forward", _trigrams)(module, length)


def _joined_head(module: Any, length: int) -> None:
    """MobileBERT's two output matrices side by side: one linear layer, which can be quantised."""
    weight = torch.cat([module.decoder.weight.t(), module.dense.weight]).t()
    module.joined = _linear(weight, module.decoder.bias)
    _method("forward", lambda head, hidden: head.joined(head.transform(hidden)))(module, length)


def _convolution(module: Any, length: int) -> None:
    """A convolution along the text: for each of its groups, a linear layer of neighbours."""
    parts = module.weight.transpose(1, 2).flatten(1).chunk(module.groups)
    biases = module.bias.chunk(module.groups)
    module.parts = torch.nn.ModuleList(map(_linear, parts, biases))
    del module.weight, module.bias
    _method("forward", _convolved)(module, length)


def _linear(weight: Tensor, bias: Tensor) -> torch.nn.Linear:
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.weight = torch.nn.Parameter(weight.contiguous(), requires_grad=False)
    layer.bias = torch.nn.Parameter(bias.contiguous(), requires_grad=False)
    return layer


def _convolved(module: Any, x: Tensor) -> Tensor:
    """(batch, channels, length) -> (batch, channels, length)."""
    (width,) = module.kernel_size
    tokens = x.transpose(1, 2)
    if width > 1:
        tokens = torch.nn.functional.pad(tokens, (0, 0, width // 2, width // 2))
    pieces = [_neighbours(piece, width) for piece in tokens.chunk(module.groups, dim=2)]
    results: list[Tensor] = [part(piece) for part, piece in zip(module.parts, pieces, strict=True)]
    joined = torch.cat(results, dim=2) if len(results) > 1 else results[0]
    return joined.transpose(1, 2)


def _neighbours(x: Tensor, width: int) -> Tensor:
    """(batch, length + width - 1, size) -> (batch, length, width * size)."""
    if width == 1:
        return x
    return torch.cat([x[:, start : start + 1 - width or None] for start in range(width)], dim=2)


def _mpnet(encoder: Any, length: int) -> None:
    """Which bucket each pair of positions is in, for the longest text; shorter ones are a corner.

    Logarithms at run time might round to another bucket than PyTorch's do.
    """
    numbers = torch.arange(length + 1)  # one too many: torch.export fixes a slice of everything
    buckets = encoder.relative_position_bucket(numbers[None, :] - numbers[:, None])
    encoder.buckets = torch.nn.Buffer(buckets.int(), persistent=False)
    encoder.compute_position_bias = MethodType(_position_bias, encoder)


def _position_bias(encoder: Any, hidden: Tensor) -> Tensor:
    """(1, heads, length, length)."""
    length = hidden.shape[1]
    bias: Tensor = encoder.relative_attention_bias(encoder.buckets[:length, :length])
    return bias.permute(2, 0, 1).unsqueeze(0)


def _deberta(encoder: Any, length: int) -> None:
    """Where each pair of positions finds its relative embedding; shorter texts are a corner."""
    if getattr(encoder.layer[0].attention.self, "talking_head", False):
        raise UnsupportedError("DeBERTa with talking heads (talking_head) is not supported")
    _method("get_attention_mask", _additive)(encoder, length)
    if not encoder.relative_attention:
        return
    span = encoder.rel_embeddings.num_embeddings // 2
    distances = encoder.get_rel_pos(torch.empty(1, length + 1, 1))[0]
    places = (distances + span).clamp(0, 2 * span - 1)
    encoder.places = torch.nn.Buffer(places.int(), persistent=False)
    _method("get_rel_pos", _places)(encoder, length)


def _places(encoder: Any, hidden: Tensor, *_: Any) -> Tensor:
    """(length, length) int32: rows of the relative embeddings, by query and key."""
    length = hidden.shape[1]
    places: Tensor = encoder.places[:length, :length]
    return places


def _additive(encoder: Any, attention_mask: Tensor) -> Tensor:
    """(batch, length) of 0 and 1 -> (batch, 1, 1, length): padding may see what it likes."""
    return (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * MASKED


def _beside_the_first(module: Any, hidden: Tensor, residual: Tensor, mask: Tensor) -> Tensor:
    """DeBERTa's convolution. Padding's embeddings are zeros already, as beyond the text's ends."""
    around = module.conv(hidden.transpose(1, 2)).transpose(1, 2)
    result: Tensor = module.LayerNorm(residual + ACT2FN[module.conv_act](around))
    return result


def _disentangled(
    module: Any,
    hidden_states: Tensor,
    attention_mask: Tensor,
    output_attentions: bool = False,
    query_states: None = None,
    relative_pos: Tensor | None = None,
    rel_embeddings: Tensor | None = None,
) -> tuple[Tensor, None]:
    """DeBERTa's attention (https://arxiv.org/abs/2006.03654, equation 4) as one fused op.

    Content to position and position to content are the mask of content to content, whose scores
    all three share one scale with.
    """
    query, key, value = _content(module, hidden_states)
    terms = 1 + sum(kind in module.pos_att_type for kind in ("c2p", "p2c"))
    scale = (terms * query.shape[-1]) ** -0.5
    mask = attention_mask
    if relative_pos is not None and rel_embeddings is not None:
        shape = (query.shape[0], query.shape[1], query.shape[2], query.shape[2])
        position_key, position_query = _positions(module, rel_embeddings)
        if "c2p" in module.pos_att_type:
            scores = torch.matmul(query * scale, position_key.transpose(2, 3))
            mask = mask + torch.gather(scores, 3, relative_pos.expand(shape))
        if "p2c" in module.pos_att_type:
            scores = torch.matmul(key * scale, position_query.transpose(2, 3))
            mirrored = relative_pos.transpose(0, 1).expand(shape)
            mask = mask + torch.gather(scores, 3, mirrored).transpose(2, 3)
    context = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=scale
    )
    return context.transpose(1, 2).flatten(2), None


def _heads(module: Any, x: Tensor) -> Tensor:
    """(batch, length, hidden) -> (batch, heads, length, hidden of a head)."""
    batch, length, hidden = x.shape
    heads = module.num_attention_heads
    return x.reshape(batch, length, heads, hidden // heads).transpose(1, 2)


def _content(module: Any, hidden: Tensor) -> tuple[Tensor, ...]:
    """Query, key and value; DeBERTa's first version has them in one layer, head by head."""
    if not hasattr(module, "in_proj"):
        layers = (module.query_proj, module.key_proj, module.value_proj)
        return tuple(_heads(module, layer(hidden)) for layer in layers)
    query, key, value = _heads(module, module.in_proj(hidden)).chunk(3, dim=-1)
    biases = [_heads(module, bias[None, None, :]) for bias in (module.q_bias, module.v_bias)]
    return query + biases[0], key, value + biases[1]


def _positions(module: Any, rel_embeddings: Tensor) -> tuple[Tensor, Tensor]:
    """Key and query of the relative embeddings: (1, heads, 2 * span, hidden of a head)."""
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


def _norm(module: Any, x: Tensor) -> Tensor:
    shape, eps = module.weight.shape, module.variance_epsilon
    return torch.nn.functional.layer_norm(x, shape, module.weight, module.bias, eps)


_MODULES: Mapping[str, Callable[[Any, int], None]] = {
    "Conv1d": _convolution,
    "ConvLayer": _method("forward", _beside_the_first),
    "DebertaEncoder": _deberta,
    "DebertaLayerNorm": _method("forward", _norm),
    "DebertaV2Encoder": _deberta,
    "DisentangledSelfAttention": _method("forward", _disentangled),
    "MPNetEncoder": _mpnet,
    "MobileBertEmbeddings": _mobilebert,
    "MobileBertLMPredictionHead": _joined_head,
    "NewGELUActivation": _method("forward", _gelu),
}


def _sigmoid(x: Tensor) -> Tensor:
    return torch.tanh(x * 0.5) * 0.5 + 0.5


def _silu(x: Tensor) -> Tensor:
    return x * _sigmoid(x)


def _leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    return torch.relu(x) - torch.relu(-x) * slope


# Activations that a config may name, in operators that every format has.
DECOMPOSED: Mapping[Any, Callable[..., Tensor]] = {
    torch.ops.aten.leaky_relu.default: _leaky_relu,
    torch.ops.aten.sigmoid.default: _sigmoid,
    torch.ops.aten.silu.default: _silu,
}
