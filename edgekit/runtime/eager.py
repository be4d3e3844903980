"""PyTorch's own model behind a bundle, run eagerly as a session: the baseline of benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.bundle import Bundle
from edgekit.errors import BundleError, SourceError
from edgekit.model import checkpoint, finding
from edgekit.model.oracle import Oracle
from edgekit.model.source import Source, Trust
from edgekit.runtime.session import Feed


class Eager:
    """The unmodified checkpoint that a bundle was made of, in PyTorch.

    It has what a :class:`edgekit.runtime.session.Session` has, so that it stands beside files.

    Args:
        folder: the bundle's; its manifest says where the checkpoint is.
        threads: how many PyTorch may use; 0 leaves its own choice.

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
        task = found.task(bundle.manifest.task)
        model = checkpoint.load_model(found, task)
        self._oracle = Oracle(model, task, found.head(task), len(bundle.signature.inputs) == 3)

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`."""
        return self._oracle.run(feed)

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.layers`."""
        return []


def _checkpoint(bundle: Bundle) -> Source:
    """The checkpoint that a bundle was made of, found again.

    The hub is asked for hub ids alone: a relative folder that is not here may well be the name of a
    stranger's model there.

    Raises:
        SourceError: it is no longer where it was.
    """
    made_of = bundle.manifest.source
    if made_of.kind == "folder" and not Path(made_of.origin).expanduser().is_dir():
        raise SourceError(
            f"{bundle.path} was made of the folder {made_of.origin}, which is not here: run this "
            "where it was converted, or put the checkpoint there again"
        )
    found = finding.find(made_of.origin, Trust(unused_weights=True))  # as when it was made
    if found.sha256 != made_of.sha256:
        raise BundleError(f"{made_of.origin} has changed since {bundle.path} was made of it")
    return found
