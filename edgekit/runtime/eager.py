"""PyTorch's own model behind a bundle, run eagerly as a session: the baseline of benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.bundle import Bundle
from edgekit.errors import BundleError
from edgekit.model import checkpoint, source
from edgekit.model.oracle import Oracle
from edgekit.model.source import Trust
from edgekit.runtime.interpreters import Feed


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
        made_of = bundle.manifest.source
        found = source.find(made_of.origin, Trust(unused_weights=True))  # as when it was made
        if found.sha256 != made_of.sha256:
            raise BundleError(f"{made_of.origin} has changed since {folder} was made of it")
        self.runtime = f"PyTorch {torch.__version__}"
        task = found.task(bundle.manifest.task)
        model = checkpoint.load_model(found, task)
        self._oracle = Oracle(model, task, found.head(task), len(bundle.signature.inputs) == 3)

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        return self._oracle.run(feed)

    def layers(self, feed: Feed) -> list[np.ndarray]:
        return []
