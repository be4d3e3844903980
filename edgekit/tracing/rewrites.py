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

from edgekit.tracing import deberta
from edgekit.tracing.decompositions import GELUS


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
    """Replaces, in place, what the tables name; ``length`` is that of the longest text to come."""
    for module in list(model.modules()):
        rewrite = _MODULES.get(type(module).__name__)
        if rewrite is not None:
            rewrite(module, length)


def _method(name: str, function: Callable[..., Any]) -> Callable[[Any, int], None]:
    def rewrite(module: Any, length: int) -> None:
        setattr(module, name, MethodType(function, module))

    return rewrite


def _gelu(approximation: str) -> Callable[..., Tensor]:
    """As one operator, which Transformers spells out where it is not the exact one."""
    return lambda module, x: torch.nn.functional.gelu(x, approximate=approximation)


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


def _rms_norm(module: Any, x: Tensor) -> Tensor:
    """Scaled to a largest value of 1 before it is squared: no sum can overflow float16."""
    largest = x.abs().amax(-1, keepdim=True).clamp(min=1e-2)
    scaled = x / largest
    mean = (scaled * scaled).mean(-1, keepdim=True)
    root = torch.sqrt(mean + module.epsilon / (largest * largest))
    result: Tensor = module.weight * (scaled / root)
    return result


def _rms(module: Any, length: int) -> None:
    module.epsilon = torch.nn.Buffer(torch.tensor(module.variance_epsilon), persistent=False)
    _method("forward", _rms_norm)(module, length)


def _settled(rotary: Any, length: int) -> None:
    """Frequencies that depend on the text's length only beyond the model's limit are fixed."""
    if rotary.rope_type == "dynamic":
        rotary.rope_type = "default"


_MODULES: Mapping[str, Callable[[Any, int], None]] = {
    "Conv1d": _convolution,
    "ConvLayer": _method("forward", deberta.beside_the_first),
    "DebertaEncoder": deberta.prepare,
    "DebertaLayerNorm": _method("forward", deberta.norm),
    "DebertaV2Encoder": deberta.prepare,
    "DisentangledSelfAttention": _method("forward", deberta.attention),
    "EuroBertRMSNorm": _rms,
    "EuroBertRotaryEmbedding": _settled,
    "GteRotaryEmbedding": _settled,
    "JinaEmbeddingsV3RotaryEmbedding": _settled,
    "MPNetEncoder": _mpnet,
    "MobileBertEmbeddings": _mobilebert,
    "MobileBertLMPredictionHead": _joined_head,
    "NomicBertRotaryEmbedding": _settled,
    "UltrabertRMSNorm": _rms,
    **{name: _method("forward", _gelu(approximation)) for name, approximation in GELUS.items()},
}
