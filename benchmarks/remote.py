"""A runner on a device as a session: what it is fed, and what it answers, travel as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.benchmarks.devices.protocol import Runner, Target
from edgekit.errors import BundleError
from edgekit.runtime.session import Feed
from edgekit.signature import Signature


class Remote:
    """A runner as a :class:`edgekit.runtime.session.Session`, fed through files.

    Args:
        target: the device that the runner is on.
        runner: a runner that has opened the file.
        signature: the file's inputs and outputs.
        lengths: the static lengths that the file takes, or None if it takes any.
        folder: a folder here for what is fed and fetched.
    """

    batched = False

    def __init__(
        self,
        target: Target,
        runner: Runner,
        signature: Signature,
        lengths: tuple[int, ...] | None,
        folder: Path,
    ) -> None:
        self._target, self._runner, self._signature = target, runner, signature
        self._folder = folder
        self.lengths = lengths
        self.runtime = runner.runtime

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """See :meth:`edgekit.runtime.session.Session.run`; inputs and outputs travel as files."""
        length = feed["input_ids"].shape[1]
        local, result = self._folder / "in.bin", self._folder / "out.bin"
        write(feed, self._signature, local)
        self._runner.feed(length, self._target.put(local))
        self._runner.run(1)
        remote = self._target.scratch("out.bin")
        self._runner.save(remote)
        self._target.get(remote, result)
        return _split(np.fromfile(result, "<f4"), self._signature, length)

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """Empty: a runner shows no layers."""
        return []


def write(feed: Feed, signature: Signature, path: Path) -> None:
    """Writes the inputs of one inference as a runner reads them: int32, one after the other.

    Args:
        feed: an array of shape (batch, length) for each input.
        signature: the inputs in the manifest's order.
        path: the file.
    """
    arrays = [np.asarray(feed[spec.name], "<i4").ravel() for spec in signature.inputs]
    np.concatenate(arrays).tofile(path)


def _split(values: np.ndarray, signature: Signature, length: int) -> dict[str, np.ndarray]:
    """The outputs of one text from one flat array.

    Raises:
        BundleError: there are more or fewer values than the manifest says.
    """
    shapes = {spec.name: spec.at(1, length) for spec in signature.outputs}
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    if len(values) != sum(sizes):
        raise BundleError(f"the file gives {len(values)} values, its manifest says {sum(sizes)}")
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return {
        name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
