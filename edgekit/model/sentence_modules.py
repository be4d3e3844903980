"""The modules of sentence-transformers, in their folders: read as the steps of a head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from edgekit.documents import read_json
from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model import late_interaction, sentence
from edgekit.model.head import (
    MODES,
    Dense,
    Head,
    HeadStep,
    LayerNorm,
    Normalize,
    Pool,
    Splade,
    Truncate,
)
from edgekit.model.sentence import REMEDY, Size

ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "Sigmoid")  # of torch.nn
_TOKENS, _VECTOR = "token_embeddings", "sentence_embedding"
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
# Of a model without modules: sentence-transformers' own for it, and cosines for dot products.
_USUAL: Mapping[str, Head] = {
    "sentence-similarity": Head(),
    "sparse-embedding": Head((Splade(),)),
    "late-interaction": Head((Normalize(),)),
}


@dataclass(frozen=True)
class _Pooling:
    """The config of a Pooling module, of older and newer releases."""

    pooling_mode: str | tuple[str, ...] | None = None
    include_prompt: bool = True
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False

    def modes(self) -> tuple[str, ...]:
        """The modes of pooling: as newer releases name them, or as older ones set switches.

        Else mean.
        """
        if self.pooling_mode is not None:
            named = self.pooling_mode
            return (named,) if isinstance(named, str) else named
        return tuple(mode for flag, mode in _FLAGS.items() if getattr(self, flag)) or ("mean",)


@dataclass(frozen=True)
class _Splade:
    """The config of a SpladePooling module."""

    pooling_strategy: Literal["max", "sum"] = "max"
    activation_function: Literal["relu", "log1p_relu"] = "relu"


@dataclass(frozen=True)
class _Ends:
    """Which values a module takes and gives, where its config names them."""

    module_input_name: str | None = None
    module_output_name: str | None = None


@dataclass(frozen=True)
class _Dense:
    """The config of a Dense module."""

    in_features: Size
    out_features: Size
    activation_function: str = "torch.nn.modules.activation.Tanh"
    use_residual: bool = False


def read(folder: Path, task: str) -> Head:
    """The head that a checkpoint's modules make up.

    Args:
        folder: the checkpoint's.
        task: whose usual head is taken where the folder has no modules.

    Raises:
        SourceError: a module's file is missing or damaged, or its weights are.
        UnsupportedError: a module, an option or an order that edgekit does not have, or modules for
            another task.
    """
    rows = sentence.modules(folder)
    if not rows:
        own = task == "late-interaction" and late_interaction.is_stanford(folder)
        return Head((late_interaction.projection(folder), Normalize())) if own else _USUAL[task]
    made = sentence.task(folder)
    if made != task:
        wanted = f"are for {made}" if made else "make no vectors of texts"
        raise UnsupportedError(
            f"the modules of {sentence.MODULES} {wanted}, and not for {task}: name the "
            "checkpoint's own task with --task"
        )
    steps: list[HeadStep] = []
    value = _TOKENS
    for row in rows[1:]:
        if row.kind not in _READERS:
            raise UnsupportedError(
                f"sentence-transformers module {row.kind} is not supported: edgekit has "
                f"{', '.join((sentence.ENCODERS[0], *_READERS))}"
            )
        made = _made(row, folder / row.path, value, task)
        if made is None:
            raise UnsupportedError(
                f"sentence-transformers modules in the order "
                f"{', '.join(each.kind for each in rows)} are not supported: {row.kind} does not "
                f"take the {value} that come before it"
            )
        value = made
        steps += _READERS[row.kind](folder, folder / row.path)
    if sentence.is_pylate(folder):
        steps.append(Normalize())  # which PyLate has in code
    dimension = sentence.config(folder).truncate_dim
    return Head((*steps, *([Truncate(dimension)] if dimension else [])))


def _made(row: sentence.SentenceModule, path: Path, value: str, task: str) -> str | None:
    """The name of what a module makes of a value, such as a sentence vector of token vectors.

    Args:
        row: of ``modules.json``.
        path: the module's folder.
        value: the name of what comes before it.
        task: decides what some modules make.

    Returns:
        None where the module takes something else.
    """
    usual = _TOKENS if (row.kind, task) == ("Dense", "late-interaction") else _VECTOR
    if row.kind in ("Pooling", "SpladePooling"):
        return _VECTOR if value == _TOKENS else None
    if row.kind == "MultiVectorMask":
        return value
    file = path / configs.NAME
    ends = read_json(file, _Ends, SourceError, REMEDY) if file.is_file() else _Ends()
    taken = ends.module_input_name or usual
    return value if {taken, ends.module_output_name or taken} == {value} else None


def _pooling(folder: Path, path: Path) -> Sequence[HeadStep]:
    """The step of a Pooling module; UnsupportedError for a mode that edgekit does not have."""
    stored = read_json(path / configs.NAME, _Pooling, SourceError, REMEDY)
    modes = stored.modes()
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown:
        raise UnsupportedError(
            f"pooling '{unknown[0]}' is not supported: edgekit has {', '.join(MODES)}"
        )
    if not stored.include_prompt and sentence.prompts(folder):
        raise UnsupportedError(
            "the checkpoint leaves its prompts' tokens out of the pooling (include_prompt), which "
            f"a bundle cannot: remove the prompts from {sentence.CONFIG} if you use none, or "
            "include_prompt where your vectors are as good with them"
        )
    return (Pool(modes),)


def _splade(folder: Path, path: Path) -> Sequence[HeadStep]:
    stored = read_json(path / configs.NAME, _Splade, SourceError, REMEDY)
    twice = stored.activation_function == "log1p_relu"
    return (Splade(stored.pooling_strategy == "sum", twice),)


def _dense(folder: Path, path: Path) -> Sequence[HeadStep]:
    """The step of a Dense module, with its weights."""
    stored = read_json(path / configs.NAME, _Dense, SourceError, REMEDY)
    activation = sentence.activation(stored.activation_function, ACTIVATIONS, "a Dense module")
    if stored.use_residual:
        raise UnsupportedError("a Dense module with a residual is not supported")
    found = _arrays(path, "linear.weight", "linear.bias")
    weight = found["linear.weight"]
    bias = found.get("linear.bias", np.zeros(stored.out_features, np.float32))
    _check_shapes(path, (weight, bias), (stored.out_features, stored.in_features))
    return (Dense(path.name, weight, bias, activation),)


def _layer_norm(folder: Path, path: Path) -> Sequence[HeadStep]:
    """The step of a LayerNorm module, with its weights."""
    found = _arrays(path, "norm.weight", "norm.bias")
    weight = found["norm.weight"]
    bias = found.get("norm.bias", np.zeros_like(weight))
    _check_shapes(path, (weight, bias), weight.shape)
    return (LayerNorm(path.name, weight, bias),)


_READERS: Mapping[str, Callable[[Path, Path], Sequence[HeadStep]]] = {
    "Pooling": _pooling,
    "SpladePooling": _splade,
    "Dense": _dense,
    "LayerNorm": _layer_norm,
    "Dropout": lambda folder, path: (),  # does nothing once training is over
    "MultiVectorMask": lambda folder, path: (),  # which vectors count, late_interaction says
    "Normalize": lambda folder, path: (Normalize(),),
}


def _arrays(folder: Path, weight: str, bias: str) -> dict[str, np.ndarray]:
    """The float32 arrays of a module, by the names ``weight`` and ``bias`` as the file has them.

    :mod:`edgekit.model.source` has refused untrusted pickles.
    """
    import torch
    from safetensors.torch import load_file

    safe, pickled = folder / "model.safetensors", folder / "pytorch_model.bin"
    try:
        found = load_file(safe) if safe.is_file() else torch.load(pickled, weights_only=True)
        arrays = {name: value.detach().float().numpy() for name, value in found.items()}
    except Exception as error:
        reason = " ".join(repr(error).split())[:200]
        raise SourceError(f"the weights of {folder} cannot be loaded: {reason}") from error
    if weight not in arrays or arrays.keys() - {weight, bias}:
        raise SourceError(
            f"the weights of {folder} are {', '.join(sorted(arrays)) or 'none'} instead of "
            f"{weight}: {REMEDY}"
        )
    return arrays


def _check_shapes(
    folder: Path, arrays: tuple[np.ndarray, np.ndarray], shape: tuple[int, ...]
) -> None:
    """Raises SourceError if a weight or bias is not finite, or its config has another shape.

    Args:
        folder: the module's, for the message.
        arrays: weight and bias.
        shape: of the weight; the bias has its first axis.
    """
    if (arrays[0].shape, arrays[1].shape) != (shape, shape[:1]):
        raise SourceError(
            f"the weights of {folder} have shapes {arrays[0].shape} and {arrays[1].shape}, which "
            f"its config.json contradicts: {REMEDY}"
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise SourceError(f"the weights of {folder} hold NaN or infinity")
