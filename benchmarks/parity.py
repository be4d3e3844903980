"""A bundle's golden texts through a runner: what is fast and wrong is an error, not a result."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgekit.benchmarks.devices.protocol import Runner, Target
from edgekit.benchmarks.measurement import Parity
from edgekit.benchmarks.remote import Remote
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError
from edgekit.proof import golden
from edgekit.proof.probe import Probe
from edgekit.proof.prove import prove
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial, plan_tight
from edgekit.runtime.feeding import fit
from edgekit.runtime.session import Session
from edgekit.tolerance import PYTORCH

FEW = 4  # texts on an emulator, which takes seconds for one


def check(
    target: Target,
    runner: Runner,
    bundle: Bundle,
    artifact: Artifact | None,
    most: int | None = None,
) -> Parity:
    """Compares a file's answers on a device with PyTorch's, over the golden texts.

    Args:
        target: the device.
        runner: a runner there that has opened the file.
        bundle: the bundle, which has the texts and PyTorch's answers.
        artifact: the file; None is PyTorch's own model.
        most: for an emulator, which would take minutes for all texts: only those up to so many
            tokens are tried, and of these :data:`FEW`, from the shortest to the longest.

    Raises:
        RunnerError: the runner fails, or its device went away.
        BundleError: the file gives more or fewer values than its manifest says, or is too short
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
    """Which inferences a device makes: it has no time for all that a proof tries.

    Each text is padded as little as the file allows, and the first one to every other length, too.
    """
    yield from plan_tight(probes, session)
    for length in session.lengths or ():
        if length > fit(len(probes[0]), session.lengths):
            yield Trial("padding", (probes[0],), length)


def _fitting(reference: Reference, buckets: tuple[int, ...] | None) -> Reference:
    """The reference without texts that are too long for the file, such as another tool's.

    Raises:
        BundleError: it is too short for every text.
    """
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
    """The reference with :data:`FEW` texts of up to ``most`` tokens, short to long."""
    probes = sorted(reference.probes, key=len)
    short = [probe for probe in probes if len(probe) <= most] or probes[:1]
    places = np.linspace(0, len(short) - 1, min(FEW, len(short))).round().astype(int)
    return replace(reference, probes=tuple(short[place] for place in places))
