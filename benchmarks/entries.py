"""Which files of which bundles are measured in which runtime of a target."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit import formats
from edgekit.benchmarks import remote
from edgekit.benchmarks.devices import runtimes
from edgekit.benchmarks.devices.protocol import Launch, Target
from edgekit.benchmarks.devices.runtimes import NAMES, PYTORCH, DeviceRuntime
from edgekit.benchmarks.foreign import Foreign
from edgekit.benchmarks.measurement import Subject
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import PlanError
from edgekit.runtime.feeding import fit

_FLOAT_BYTES = 4  # of a parameter of PyTorch's own model, which is no file here


@dataclass(frozen=True)
class Entry:
    """One file of a bundle in one runtime.

    Attributes:
        bundle: the bundle.
        name: what results call the model.
        artifact: the file; None is PyTorch's own model behind the bundle.
        runtime: what opens it, or None where the target cannot run the file.
    """

    bundle: Bundle
    name: str
    artifact: Artifact | None
    runtime: DeviceRuntime | None

    @property
    def subject(self) -> Subject:
        """The file and its runtime as a measurement names them."""
        manifest = self.bundle.manifest
        artifact = self.artifact
        parameters = manifest.source.parameters
        return Subject(
            model=self.name,
            bundle=str(self.bundle.path),
            bundle_id=self.bundle.id,
            file="" if artifact is None else artifact.path.name,
            format=PYTORCH if artifact is None else artifact.format,
            recipe="fp32" if artifact is None else artifact.recipe,
            runtime=self.runtime.title if self.runtime else "",
            size_bytes=parameters * _FLOAT_BYTES if artifact is None else artifact.total_bytes,
            parameters=parameters,
            random_weights=manifest.random_weights,
        )

    @property
    def path(self) -> Path:
        """What a runner opens: the file, or for PyTorch the bundle's folder."""
        return (self.bundle.path if self.artifact is None else self.artifact.path).absolute()

    @property
    def bound_to_host(self) -> str | None:
        """Why only a runner in Python, on this machine, takes the file; None where any does."""
        if self.artifact is None:
            return None
        if self.artifact.data is not None:
            return "its weights are in a second file, and a device is given one"
        if any(spec.dtype == "int64" for spec in self.artifact.inputs):
            return "its inputs are int64, and a device feeds int32"
        return None

    def launch(self, threads: int, *, evict: bool = False) -> Launch:
        """What a runner is started with to open this file in its runtime.

        Args:
            threads: how many threads the runtime may use.
            evict: whether the file is dropped from the page cache first.
        """
        assert self.runtime is not None
        signature = self.bundle.signature
        names = self.bundle.names if isinstance(self.bundle, Foreign) else {}
        return Launch(
            self.runtime.launched_as,
            self.path,
            threads,
            tuple(names.get(spec.name, spec.name) for spec in signature.inputs),
            tuple(names.get(spec.name, spec.name) for spec in signature.outputs),
            evict,
            self.runtime.weight_cache,
        )

    def padded(self, length: int) -> int:
        """The length in tokens that a text of ``length`` tokens is padded to.

        Raises:
            PlanError: the file takes no text that long.
        """
        buckets = None if self.artifact is None else self.artifact.buckets
        most = max(buckets or [self.bundle.manifest.max_length])
        if length > most:
            raise PlanError(
                f"{self.bundle.path} takes at most {most} tokens, not {length}: measure shorter "
                "texts (--lengths, or length in a budget) or convert it with longer --buckets"
            )
        return fit(length, buckets)

    def write_texts(self, length: int, batch: int, path: Path) -> None:
        """Writes the inputs of texts, made of golden texts' ids and padded as the file needs it.

        Args:
            length: how many tokens each text has.
            batch: how many texts there are.
            path: the file that a runner reads (see :func:`edgekit.benchmarks.remote.write`).
        """
        ids = [token for case in self.bundle.golden().cases for token in case.input_ids]
        signature = self.bundle.signature
        padded = self.padded(length)
        feed = {spec.name: np.zeros((batch, padded), np.int32) for spec in signature.inputs}
        feed["input_ids"][:] = signature.pad_id
        feed["input_ids"][:, :length] = np.resize(np.array(ids, np.int32), (batch, length))
        feed["attention_mask"][:, :length] = 1
        remote.write(feed, signature, path)


def of(bundle: Bundle, name: str | None, target: Target, suite: Suite) -> Iterator[Entry]:
    """The entries that a suite asks for: each file in each runtime that the target has for it.

    Args:
        bundle: the bundle.
        name: what results call the model; None is the bundle's own name.
        target: the device.
        suite: says which recipes and runtimes are asked for.

    Raises:
        PlanError: the suite asks for a runtime that edgekit does not know.
    """
    unknown = [row for row in suite.runtimes or () if row not in NAMES]
    if unknown:
        raise PlanError(f"unknown runtime '{unknown[0]}': choose from {', '.join(NAMES)}")
    name = name or bundle.name
    for artifact in bundle.artifacts:
        if suite.recipes is not None and not _wanted(artifact, suite.recipes):
            continue
        for runtime in runtimes.asked(target.runtimes, artifact.format, suite.runtimes):
            yield Entry(bundle, name, artifact, runtime)
        here = runtimes.opening(target.runtimes, artifact.format)
        if not here and runtimes.asked(runtimes.RUNTIMES, artifact.format, suite.runtimes):
            yield Entry(bundle, name, artifact, None)
    for runtime in runtimes.asked(target.runtimes, PYTORCH, suite.runtimes or ()):
        yield Entry(bundle, name, None, runtime)


def _wanted(artifact: Artifact, recipes: tuple[str, ...]) -> bool:
    """Whether the recipes of a suite mean a file.

    ``fp32`` also means the full precision of a format that has another one.
    """
    full = formats.get(artifact.format).full_precision
    return artifact.recipe in recipes or ("fp32" in recipes and artifact.recipe == full)


def tokenizer_ms(bundle: Bundle, length: int, count: int) -> tuple[float, ...]:
    """Times the bundle's tokenizer on this machine, in the library of Transformers' fast ones.

    Args:
        bundle: the bundle.
        length: how many tokens the text has, about.
        count: how often it is encoded.

    Returns:
        Milliseconds of each encoding but the first; none where the bundle has no tokenizer.
    """
    from tokenizers import Tokenizer

    path = bundle.path / "tokenizer" / "tokenizer.json"
    texts = [case.text for case in bundle.golden().cases if case.text]
    if not path.is_file() or not texts:
        return ()
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(length)
    tokenizer.no_padding()
    words = " ".join(text[0] for text in texts if text[0].isascii()).split()
    text = " ".join((words * (length // max(len(words), 1) + 1))[:length])
    samples = []
    for _ in range(count):
        started = time.perf_counter()
        tokenizer.encode(text)
        samples.append(1000 * (time.perf_counter() - started))
    return tuple(samples[1:])
