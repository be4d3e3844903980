"""Pieces of Transformers' models said in another way, so that phones can run them.

Each gives the same numbers as the original (``tests/test_families.py``) from operators that every
format has, at every length. Three tables: functions of torch that are replaced while a model is
traced, modules, by the names of their classes, that are replaced before, and operators after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from edgekit.errors import ConversionError
from edgekit.tracing import convolutions, deberta, rotary
from edgekit.tracing.decompositions import GELUS, MISSING

if TYPE_CHECKING:
    from transformers.models.eurobert.modeling_eurobert import (
        EuroBertRMSNorm,
        EuroBertRotaryEmbedding,
    )
    from transformers.models.mobilebert.modeling_mobilebert import (
        MobileBertEmbeddings,
        MobileBertLMPredictionHead,
    )
    from transformers.models.mpnet.modeling_mpnet import MPNetEncoder
    from transformers.models.xmod.modeling_xmod import XmodModel, XmodOutput

T = TypeVar("T")
Rewrite: TypeAlias = Callable[[torch.nn.Module, int], None]
"""Changes a module in place, for texts of up to so many tokens."""


class Narrow(TorchFunctionMode):
    """A mode in which torch computes in 32 bits what Transformers computes in 64.

    Args:
        numbers: 0, 1, 2 and so on, int32, up to the longest text: what ``arange`` is cut from.
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
            return self._arange(*args, **(kwargs or {}))
        named = {key: _narrow(value) for key, value in (kwargs or {}).items()}
        return _FUNCTIONS.get(func, func)(*map(_narrow, args), **named)

    def _arange(
        self,
        *sizes: int | torch.SymInt,
        start: int | torch.SymInt = 0,
        end: int | torch.SymInt = 0,
        step: int | torch.SymInt = 1,
        dtype: torch.dtype | None = None,
        **_: object,
    ) -> Tensor:
        """In the place of torch.arange: int32, and of a text's length cut from ``numbers``.

        A graph that phones run cannot make numbers of a length that is not known yet.

        Raises:
            ConversionError: other numbers than that, or more than the longest text has.
        """
        given = sizes if len(sizes) != 1 else (0, *sizes)  # one alone is the end
        start, stop, step = (*given, *(start, end, step)[len(given) :])
        kind = torch.int32 if dtype in (None, torch.int64) else dtype
        fixed = isinstance(start, int) and isinstance(stop, int)
        too_long = fixed and stop > len(self._numbers)  # a slice would end early without a word
        if step != 1 or not isinstance(start, int) or start < 0 or too_long:
            raise ConversionError(
                f"edgekit has no graph for arange({start}, {stop}, {step}): it has whole numbers "
                "up to a text's length, by ones from a fixed one on (edgekit/tracing/rewrites.py)"
            )
        return self._numbers[start:stop].to(kind)


def _narrow(argument: T) -> T | torch.dtype:
    """int32 in place of torch.int64; any other argument as it is."""
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
    """Replaces the pieces of a model, in place, that the tables of rewrites name by their classes.

    Args:
        model: of Transformers.
        length: the longest text to come, in tokens.
    """
    for module in list(model.modules()):
        rewrite = _MODULES.get(type(module).__name__)
        if rewrite is not None:
            rewrite(module, length)


def _method(name: str, function: Callable[..., object]) -> Rewrite:
    """A rewrite that replaces one method of a module."""

    def rewrite(module: torch.nn.Module, length: int) -> None:
        setattr(module, name, MethodType(function, module))

    return rewrite


def _gelu(approximation: str) -> Callable[..., Tensor]:
    """GELU as one operator, which Transformers spells out where it is not the exact one."""
    return lambda module, x: torch.nn.functional.gelu(x, approximate=approximation)


def _trigrams(
    module: MobileBertEmbeddings,
    input_ids: None,
    token_type_ids: Tensor,
    position_ids: None,
    inputs_embeds: Tensor,
) -> Tensor:
    """In the place of MobileBERT's embeddings, which join each token's with its two neighbours'.

    They are padded once and then cut: the original pads what it has cut, which fixes some lengths.
    """
    around = torch.nn.functional.pad(inputs_embeds, (0, 0, 1, 1))
    three = torch.cat([around[:, 2:], inputs_embeds, around[:, :-2]], dim=2)
    positions = module.position_embeddings(module.position_ids[:, : inputs_embeds.shape[1]])
    types = module.token_type_embeddings(token_type_ids)
    result: Tensor = module.LayerNorm(module.embedding_transformation(three) + positions + types)
    return result


def _mobilebert(module: MobileBertEmbeddings, length: int) -> None:
    if module.trigram_input:
        _method("forward", _trigrams)(module, length)


def _joined_head(module: MobileBertLMPredictionHead, length: int) -> None:
    """MobileBERT's two output matrices side by side: one linear layer, which can be quantised."""
    weight = torch.cat([module.decoder.weight.t(), module.dense.weight]).t()
    module.joined = convolutions.linear(weight, module.decoder.bias)
    _method("forward", lambda head, hidden: head.joined(head.transform(hidden)))(module, length)


def _mpnet(encoder: MPNetEncoder, length: int) -> None:
    """Computes MPNet's table of relative positions once, for the longest text.

    A shorter text reads a corner of it. Logarithms at run time might round to another bucket than
    PyTorch's do.
    """
    numbers = torch.arange(length + 1)  # one too many: torch.export fixes a slice of everything
    buckets = encoder.relative_position_bucket(numbers[None, :] - numbers[:, None])
    encoder.buckets = torch.nn.Buffer(buckets.int(), persistent=False)
    encoder.compute_position_bias = MethodType(_position_bias, encoder)


def _position_bias(encoder: MPNetEncoder, hidden: Tensor) -> Tensor:
    """In the place of MPNet's method: a corner of its table, (1, heads, length, length)."""
    length = hidden.shape[1]
    bias: Tensor = encoder.relative_attention_bias(encoder.buckets[:length, :length])
    return bias.permute(2, 0, 1).unsqueeze(0)


def _rms_norm(module: EuroBertRMSNorm, x: Tensor) -> Tensor:
    """In the place of EuroBERT's RMS normalisation: the same, with no sum that overflows float16.

    Vectors are scaled to a largest value of 1 before they are squared.
    """
    largest = x.abs().amax(-1, keepdim=True).clamp(min=1e-2)
    scaled = x / largest
    mean = (scaled * scaled).mean(-1, keepdim=True)
    root = torch.sqrt(mean + module.epsilon / (largest * largest))
    result: Tensor = module.weight * (scaled / root)
    return result


def _rms(module: EuroBertRMSNorm, length: int) -> None:
    module.epsilon = torch.nn.Buffer(torch.tensor(module.variance_epsilon), persistent=False)
    _method("forward", _rms_norm)(module, length)


def _settled(rotary: EuroBertRotaryEmbedding, length: int) -> None:
    """Fixes rotary frequencies that depend on the text's length only beyond the model's limit."""
    if rotary.rope_type == "dynamic":
        rotary.rope_type = "default"


def _one_language(model: XmodModel, length: int) -> None:
    """X-MOD's adapters of the config's default language, without a choice for each text."""
    for layer in model.encoder.layer:
        output = layer.output
        output.adapter = output.adapter_modules[model.config.default_language]
        _method("lang_adapter", _adapted)(output, length)


def _adapted(output: XmodOutput, languages: Tensor, hidden: Tensor) -> Tensor:
    """(batch, length, hidden) -> the same."""
    normed = hidden
    if output.adapter_layer_norm is not None:
        normed = output.adapter_layer_norm(hidden)
    elif output.adapter_reuse_layer_norm:
        normed = output.LayerNorm(hidden)
    result: Tensor = output.adapter(normed) + (normed if output.ln_before_adapter else hidden)
    return result


def _missing(activation: str) -> Rewrite:
    """A rewrite for an activation without a row: ConversionError as soon as a model has it."""

    def refuse(module: torch.nn.Module, length: int) -> None:
        raise ConversionError(
            f"the activation '{activation}' is not supported: it has no row in the tables of "
            "edgekit/tracing/decompositions.py"
        )

    return refuse


_MODULES: Mapping[str, Rewrite] = {
    "Conv1d": convolutions.rewrite,
    "ConvBertSelfAttention": _method("forward", convolutions.span_attention),
    "ConvLayer": _method("forward", deberta.beside_the_first),
    "DebertaEncoder": deberta.prepare,
    "DebertaLayerNorm": _method("forward", deberta.norm),
    "DebertaV2Encoder": deberta.prepare,
    "DisentangledSelfAttention": _method("forward", deberta.attention),
    "EuroBertRMSNorm": _rms,
    "EuroBertRotaryEmbedding": _settled,
    "GteRotaryEmbedding": _settled,
    "JinaEmbeddingsV3RotaryEmbedding": _settled,
    **{name: _missing(activation) for name, activation in MISSING.items()},
    "MPNetEncoder": _mpnet,
    "MobileBertEmbeddings": _mobilebert,
    "MobileBertLMPredictionHead": _joined_head,
    "NomicBertRotaryEmbedding": _settled,
    "RoFormerSelfAttention": rotary.prepare,
    "UltrabertRMSNorm": _rms,
    "XmodModel": _one_language,
    **{name: _method("forward", _gelu(approximation)) for name, approximation in GELUS.items()},
}
