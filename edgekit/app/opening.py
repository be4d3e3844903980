"""Which file of a bundle an app opens, and where: on this machine or through a device's runner."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from edgekit import extras
from edgekit.app.inference import HOST, PYTORCH, App
from edgekit.app.text import open_text
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError, UnsupportedError
from edgekit.runtime import table


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
        extras.require("pytorch")
        from edgekit.runtime.eager import Eager

        return App(bundle, None, Eager(bundle.path, threads))
    row = table.opening(artifact.format)[0]
    if row.aborts:
        return _apart(bundle, artifact, target, threads or os.cpu_count() or 1)
    return App(bundle, artifact, table.open_in(row, artifact.path, threads))


def choose(bundle: Bundle, name: str | None, target: str = HOST) -> Artifact | None:
    """The file of a bundle that is opened where the user names one, or none.

    Args:
        bundle: an opened bundle.
        name: a file, a format or a recipe (see :meth:`edgekit.bundle.Bundle.select`), ``pytorch``,
            or None for the first that the device runs.
        target: ``host``, or a device of ``edgekit devices``.

    Returns:
        The artifact; None for ``pytorch``.

    Raises:
        BundleError: the bundle has none of that name.
        UnsupportedError: the device runs none of them.
        MissingExtraError: what this machine could run them with is not installed.
    """
    if name == PYTORCH:
        return None
    return _first(bundle.artifacts if name is None else bundle.select(name), bundle, target)


def runnable(artifacts: Sequence[Artifact], target: str = HOST) -> list[Artifact]:
    """The files that a device runs, in their order.

    Of this machine, also those whose runtime exists for it but is not installed.

    Args:
        artifacts: of a bundle.
        target: ``host``, or a device of ``edgekit devices``.
    """
    if target == HOST:
        formats = {row.format for row in table.RUNTIMES if row.exists()}
    else:
        from edgekit.benchmarks.devices import targets

        formats = {row.format for row in targets.make(target).runtimes}
    return [row for row in artifacts if row.format in formats]


def _first(artifacts: Sequence[Artifact], bundle: Bundle, target: str) -> Artifact:
    """The file that an app opens where none was named.

    It is the first in their order, but for this machine first one of a runtime made for speed, and
    only then one for edgekit's own evaluator of Core ML.

    Raises:
        UnsupportedError: there is none.
    """
    found = runnable(artifacts, target)
    if not found:
        raise UnsupportedError(f"{target} runs none of the files of {bundle.path}")
    if target != HOST:
        return found[0]
    measures = {row.format: row.measures for row in reversed(table.RUNTIMES) if row.available}
    ready = [row for row in found if row.format in measures]
    if not ready:
        table.opening(found[0].format)  # says what is not installed
    return min(ready, key=lambda row: not measures[row.format])


def _apart(bundle: Bundle, artifact: Artifact | None, target: str, threads: int) -> App:
    """Opens a file in a process of its own on the device: the runner that benchmarks use.

    It is fed with one text at a time. If the file takes that process down, this one lives on.
    """
    from edgekit.benchmarks.devices import runtimes, targets
    from edgekit.benchmarks.devices.protocol import RunnerError
    from edgekit.benchmarks.entries import Entry
    from edgekit.benchmarks.remote import Remote

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
