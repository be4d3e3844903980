"""A bundle's golden texts through a runner: what is fast and wrong is an error, not a result."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgekit.benchmarks.devices.protocol import Runner, Target
from edgekit.benchmarks.measurement import Parity
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError
from edgekit.proof import golden
from edgekit.proof.probe import Probe
from edgekit.proof.prove import prove
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial, plan_tight
from edgekit.runtime.feeding import fit
from edgekit.runtime.session import Feed, Session
from edgekit.signature import Signature
from edgekit.tolerance import PYTORCH

FEW = 4  # texts on an emulator, which takes seconds for one


class Remote:
    """A runner as a :class:`edgekit.runtime.session.Session`, fed through files.

    Args:
        target: The device that the runner is on.
        runner: A runner that has opened the file.
        signature: The file's inputs and outputs.
        lengths: The static lengths that the file takes, or None if it takes any.
        folder: A folder here for what is fed and fetched.
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
        """Nothing: a runner shows no layers."""
        return []


def write(feed: Feed, signature: Signature, path: Path) -> None:
    """Writes the inputs of one inference as a runner reads them: int32, one after the other.

    Args:
        feed: An array of shape (batch, length) for each input.
        signature: The inputs in the manifest's order.
        path: The file.
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


def check(
    target: Target,
    runner: Runner,
    bundle: Bundle,
    artifact: Artifact | None,
    most: int | None = None,
) -> Parity:
    """Compares a file's answers on a device with PyTorch's, over the golden texts.

    Args:
        target: The device.
        runner: A runner there that has opened the file.
        bundle: The bundle, which has the texts and PyTorch's answers.
        artifact: The file; None is PyTorch's own model.
        most: For an emulator, which would take minutes for all texts: only those up to so many
            tokens are tried, and of these :data:`FEW`, from the shortest to the longest.

    Raises:
        RunnerError: The runner fails, or its device went away.
        BundleError: The file gives more or fewer values than its manifest says, or is too short
            for every text.
    """
    buckets = None if artifact is None else artifact.buckets
    tolerance = PYTORCH if artifact is None else artifact.tolerance
    reference = _fitting(golden.read(bundle), buckets)
    if most is not None:
        reference = _few(reference, most)
    with tempfile.TemporaryDirectory() as folder:
        session = Remote(target, runner, bundle.signature, buckets, Path(folder))
        proof = prove(session, reference, tolerance, plan=_plan)
    return Parity(
        len(reference.probes),
        proof.max_abs,
        proof.cosine,
        proof.passed,
        proof.agreement,
        proof.decisions,
        proof.failure,
    )


def _plan(probes: Sequence[Probe], session: Session, max_length: int) -> Iterator[Trial]:
    """Each text as tightly as the file allows, and the first one in every other length it has.

    A device has no time for all that a proof tries.
    """
    yield from plan_tight(probes, session)
    for length in session.lengths or ():
        if length > fit(len(probes[0]), session.lengths):
            yield Trial("padding", (probes[0],), length)


def _fitting(reference: Reference, buckets: tuple[int, ...] | None) -> Reference:
    """The texts that a file takes: another tool's may be shorter than the bundle's."""
    if buckets is None:
        return reference
    probes = tuple(probe for probe in reference.probes if len(probe) <= max(buckets))
    if not probes:
        raise BundleError(
            f"the file takes {max(buckets)} tokens, the bundle's texts begin at "
            f"{min(map(len, reference.probes))}: export it for more"
        )
    return replace(reference, probes=probes)


def _few(reference: Reference, most: int) -> Reference:
    probes = sorted(reference.probes, key=len)
    short = [probe for probe in probes if len(probe) <= most] or probes[:1]
    places = np.linspace(0, len(short) - 1, min(FEW, len(short))).round().astype(int)
    return replace(reference, probes=tuple(short[place] for place in places))
