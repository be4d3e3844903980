"""PyTorch's own model behind a bundle, unmodified and run eagerly: the baseline of benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.bundle import Bundle
from edgekit.errors import BundleError, SourceError
from edgekit.model import checkpoint, source, tasks
from edgekit.model.pooling import Pooling
from edgekit.model.source import Source, Trust
from edgekit.runtime.interpreters import Feed

if TYPE_CHECKING:
    import torch


class Eager:
    """A session (see :mod:`edgekit.runtime.table`) of the checkpoint that a bundle was made of.

    Raises:
        BundleError: the checkpoint has changed since.
        SourceError: it is no longer where it was.
    """

    lengths: tuple[int, ...] | None = None
    batched = True

    def __init__(self, folder: Path, threads: int = 0) -> None:
        import torch

        if threads:
            torch.set_num_threads(threads)
        bundle = Bundle.open(folder, check_hashes=False)
        found = _checkpoint(bundle)
        self.runtime = f"PyTorch {torch.__version__}"
        self._task = found.task(bundle.manifest.task)
        self._model = checkpoint.load_model(found, self._task)
        self._pooling = found.pooling() if self._task.pooled else None

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        import torch

        tensors = {name: torch.from_numpy(value).long() for name, value in feed.items()}
        with torch.inference_mode():
            outputs = tasks.output_values(self._task, self._model(**tensors, return_dict=True))
            if self._pooling is not None:
                mask = tensors["attention_mask"]
                outputs = {k: pooled(v, mask, self._pooling) for k, v in outputs.items()}
        return {name: value.float().numpy() for name, value in outputs.items()}

    def layers(self, feed: Feed) -> list[np.ndarray]:
        return []


def _checkpoint(bundle: Bundle) -> Source:
    """The checkpoint that a bundle was made of. The hub is asked for hub ids alone: a relative
    folder that is not here may well be the name of a stranger's model there.
    """
    made_of = bundle.manifest.source
    if made_of.kind == "folder" and not Path(made_of.origin).expanduser().is_dir():
        raise SourceError(
            f"{bundle.path} was made of the folder {made_of.origin}, which is not here: run this "
            "where it was converted, or put the checkpoint there again"
        )
    found = source.find(made_of.origin, Trust(unused_weights=True))  # as when it was made
    if found.sha256 != made_of.sha256:
        raise BundleError(f"{made_of.origin} has changed since {bundle.path} was made of it")
    return found


def pooled(hidden: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """Sentence vectors as sentence-transformers makes them.

    Args:
        hidden: (batch, length, hidden) token vectors.
        mask: (batch, length), 0 where there is padding.
        pooling: the checkpoint's.
    """
    import torch

    vector = _POOLS[pooling.mode](hidden, mask.unsqueeze(-1))
    for layer in pooling.dense:
        weight, bias = torch.from_numpy(layer.weight), torch.from_numpy(layer.bias)
        vector = torch.nn.functional.linear(vector, weight, bias)
        vector = getattr(torch.nn, layer.activation)()(vector)
    return torch.nn.functional.normalize(vector, dim=-1) if pooling.normalize else vector


_POOLS: dict[str, Callable[[Any, Any], Any]] = {
    "mean": lambda hidden, mask: (hidden * mask).sum(1) / mask.sum(1),
    "cls": lambda hidden, mask: hidden[:, 0],
    "max": lambda hidden, mask: hidden.masked_fill(mask == 0, -np.inf).amax(1),
}
