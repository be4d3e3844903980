"""Which file of a bundle an app opens, and where: on this machine or through a device's runner."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from edgekit import formats
from edgekit.app.inference import HOST, PYTORCH, App
from edgekit.app.text import open_text
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError, UnsupportedError
from edgekit.runtime import table as runtime
from edgekit.runtime.table import Runtime


def open_app(
    bundle: Bundle, artifact: Artifact | None, target: str = HOST, threads: int = 0
) -> App:
    """An artifact, or with None PyTorch's own model, opened on a device.

    Args:
        bundle: an opened bundle.
        artifact: one of its artifacts, those that take text included.
        target: ``host``, or a device of ``edgekit devices``, like ``arm64``.
        threads: 0 is the runtime's own choice.

    Raises:
        EdgekitError: the device cannot run it, a package is missing, the file does not open, or
            the bundle has no tokenizer.
    """
    if artifact is not None and artifact.takes_text:
        return open_text(bundle, artifact, target, threads)
    if target != HOST:
        return _apart(bundle, artifact, target, threads or 1)
    if artifact is None:
        from edgekit.runtime.eager import Eager

        return App(bundle, None, Eager(bundle.path, threads))
    row = _runtime(artifact)
    if row.aborts:
        return _apart(bundle, artifact, target, threads or os.cpu_count() or 1)
    return App(bundle, artifact, runtime.open_in(row, artifact.path, threads))


def choose(bundle: Bundle, name: str | None, target: str = HOST) -> Artifact | None:
    """The file of a bundle that is opened where the user names one, or none.

    Args:
        bundle: an opened bundle.
        name: a file name, ``pytorch``, or None for the first that the device runs.
        target: ``host``, or a device of ``edgekit devices``.

    Returns:
        The artifact; None for ``pytorch``.

    Raises:
        BundleError: the bundle has none of that name.
        UnsupportedError: none of its files runs on the device.
    """
    if name == PYTORCH:
        return None
    if name is None:
        return _first(bundle, target)
    everything = (*bundle.artifacts, *bundle.text_artifacts)
    named = {artifact.path.name: artifact for artifact in everything}
    if name not in named:
        raise BundleError(
            f"{bundle.path} has no artifact '{name}': choose from {', '.join(named)}, {PYTORCH}"
        )
    return named[name]


def runnable(bundle: Bundle, target: str = HOST) -> list[Artifact]:
    """The artifacts that the device runs, in the manifest's order."""
    if target == HOST:
        return [row for row in bundle.artifacts if _runtimes(row)]
    from edgekit.benchmarks.devices import targets

    formats_there = {runtime.format for runtime in targets.make(target).runtimes}
    return [row for row in bundle.artifacts if row.format in formats_there]


def _first(bundle: Bundle, target: str) -> Artifact:
    """In the manifest's order; what a runtime made for speed opens comes before the evaluator."""
    found = runnable(bundle, target)
    if target == HOST:
        found.sort(key=lambda row: not _runtimes(row)[0].measures)
    if not found:
        raise UnsupportedError(f"{target} runs none of the files of {bundle.path}")
    return found[0]


def _runtimes(artifact: Artifact) -> list[Runtime]:
    return [row for row in runtime.RUNTIMES if row.format == artifact.format and row.available()]


def _runtime(artifact: Artifact) -> Runtime:
    formats.get(artifact.format).require()
    found = _runtimes(artifact)
    if not found:
        raise UnsupportedError(f"this machine has no runtime for {artifact.path.name}")
    return found[0]


def _apart(bundle: Bundle, artifact: Artifact | None, target: str, threads: int) -> App:
    """Through a benchmark's runner: the same process on the device, fed with one text a time. If
    the file takes it down, this process lives.
    """
    from edgekit.benchmarks.devices import runtimes, targets
    from edgekit.benchmarks.devices.protocol import RunnerError
    from edgekit.benchmarks.entries import Entry
    from edgekit.benchmarks.parity import Remote

    if artifact is None:
        raise UnsupportedError(f"{target} has no PyTorch: name one of the bundle's files")
    device, signature = targets.make(target), bundle.signature
    found = runtimes.opening(device.runtimes, artifact.format)
    if not found:
        raise UnsupportedError(f"{target} has no runtime for {artifact.path.name}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        launch = Entry(bundle, bundle.name, artifact, found[0]).launch(threads)
        try:
            runner = stack.enter_context(device.start(launch))
        except RunnerError as error:
            raise BundleError(f"{artifact.path.name} cannot be opened: {error}") from error
        session = Remote(device, runner, signature, artifact.buckets, folder)
        return App(bundle, artifact, session, target, stack.pop_all().close)
