"""sentence-transformers' Dense module: a linear layer and an activation after the pooling.

Source: ``sentence_transformers.base.modules.Dense``, which saves ``config.json`` and its weights
(``linear.weight`` of shape (out_features, in_features), ``linear.bias``) in a folder of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import SourceError, UnsupportedError
from edgekit.manifest import DenseFacts

ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU")
_INPUT = "sentence_embedding"


@dataclass(frozen=True, eq=False)
class Dense:
    """One layer: ``activation(weight @ vector + bias)``. Arrays are float32, bias 0 where none."""

    folder: str
    in_features: int
    out_features: int
    activation: str
    weight: np.ndarray
    bias: np.ndarray

    @classmethod
    def read(cls, folder: Path, config: Mapping[str, Any]) -> Dense:
        """The layer that a module's folder holds; pickled weights are read where no others are.

        Raises:
            SourceError: its weights are missing, damaged, not finite or of another shape.
            UnsupportedError: an activation or an option that edgekit does not have.
        """
        activation = _activation(config)
        try:
            sizes = int(config["in_features"]), int(config["out_features"])
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"{folder / 'config.json'} names no in_features and out_features"
            ) from error
        weight, bias = _arrays(folder)
        zeros = np.zeros(sizes[1], np.float32)
        layer = cls(folder.name, *sizes, activation, weight, zeros if bias is None else bias)
        layer._check()
        return layer

    def facts(self) -> DenseFacts:
        """What the manifest says of it: everything but the weights."""
        return DenseFacts(
            in_features=self.in_features,
            out_features=self.out_features,
            activation=self.activation,
        )

    def _check(self) -> None:
        shapes = (self.weight.shape, self.bias.shape)
        if shapes != ((self.out_features, self.in_features), (self.out_features,)):
            raise SourceError(
                f"the weights of {self.folder} have shapes {shapes[0]} and {shapes[1]}, which its "
                "config.json contradicts: download the checkpoint again"
            )
        if not (np.isfinite(self.weight).all() and np.isfinite(self.bias).all()):
            raise SourceError(f"the weights of {self.folder} hold NaN or infinity")


def _activation(config: Mapping[str, Any]) -> str:
    """The name of the torch class; sentence-transformers' own default is Tanh."""
    dotted = str(config.get("activation_function", "torch.nn.modules.activation.Tanh"))
    name = dotted.rsplit(".", 1)[-1]
    if not dotted.startswith("torch.nn.") or name not in ACTIVATIONS:
        raise UnsupportedError(
            f"activation '{dotted}' of a Dense module is not supported: edgekit has torch.nn's "
            f"{', '.join(ACTIVATIONS)}"
        )
    ends = {config.get("module_input_name") or _INPUT, config.get("module_output_name") or _INPUT}
    if ends != {_INPUT} or config.get("use_residual"):
        raise UnsupportedError(
            f"a Dense module with a residual or with other ends than {_INPUT} is not supported"
        )
    return name


def _arrays(folder: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """A module's weight and bias. :mod:`edgekit.model.source` has refused untrusted pickles."""
    import torch
    from safetensors.torch import load_file

    safe, pickled = folder / "model.safetensors", folder / "pytorch_model.bin"
    try:
        found = load_file(safe) if safe.is_file() else torch.load(pickled, weights_only=True)
        arrays = {name: value.detach().float().numpy() for name, value in found.items()}
        return arrays["linear.weight"], arrays.get("linear.bias")
    except Exception as error:
        reason = " ".join(repr(error).split())[:200]
        raise SourceError(f"the weights of {folder} cannot be loaded: {reason}") from error
