"""Which files of which bundles are measured in which runtime of a target."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.benchmarks import parity
from edgekit.benchmarks.devices.protocol import Target
from edgekit.benchmarks.measurement import Subject
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import MANIFEST, Artifact, Bundle
from edgekit.errors import PlanError
from edgekit.runtime.feeding import fit

TITLES = {
    "onnxruntime": "onnxruntime",
    "onnxruntime-web": "onnxruntime-web",
    "litert": "LiteRT",
    "tensorflow": "TensorFlow Lite",
    "executorch": "ExecuTorch",
    "coreml": "Core ML",
    "pytorch": "PyTorch eager",
}
PYTORCH = "pytorch"
_FLOAT_BYTES = 4


@dataclass(frozen=True)
class Entry:
    """One file of a bundle in one runtime; ``artifact`` None is PyTorch's own model.

    ``runtime`` is a key of :data:`TITLES`, None where the target cannot run the file.
    """

    bundle: Bundle
    name: str
    artifact: Artifact | None
    runtime: str | None

    @property
    def subject(self) -> Subject:
        """As it stands in a measurement."""
        manifest = self.bundle.manifest
        artifact = self.artifact
        parameters = manifest.source.parameters
        return Subject(
            model=self.name,
            bundle=str(self.bundle.path),
            bundle_id=hashlib.sha256((self.bundle.path / MANIFEST).read_bytes()).hexdigest(),
            file="" if artifact is None else artifact.path.name,
            format=PYTORCH if artifact is None else artifact.format,
            recipe="fp32" if artifact is None else artifact.recipe,
            runtime=TITLES[self.runtime] if self.runtime else "",
            size_bytes=parameters * _FLOAT_BYTES if artifact is None else artifact.size_bytes,
            parameters=parameters,
            random_weights=manifest.random_weights,
        )

    @property
    def path(self) -> Path:
        """What a runner opens: the file, or for PyTorch the bundle's folder."""
        return (self.bundle.path if self.artifact is None else self.artifact.path).absolute()

    def names(self) -> tuple[str, str]:
        """Inputs and outputs in the manifest's order, separated by commas."""
        signature = self.bundle.signature
        return (
            ",".join(spec.name for spec in signature.inputs),
            ",".join(spec.name for spec in signature.outputs),
        )

    def padded(self, length: int) -> int:
        """The length that a text of so many tokens runs in.

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

    def write_text(self, length: int, path: Path) -> None:
        """A text of so many tokens, made of golden texts' ids, padded as the file needs it."""
        ids = [token for case in self.bundle.golden().cases for token in case.input_ids]
        signature = self.bundle.signature
        padded = self.padded(length)
        feed = {spec.name: np.zeros((1, padded), np.int32) for spec in signature.inputs}
        feed["input_ids"][:] = signature.pad_id
        feed["input_ids"][0, :length] = np.resize(np.array(ids, np.int32), length)
        feed["attention_mask"][0, :length] = 1
        parity.write(feed, signature, path)


def of(bundle: Bundle, name: str | None, target: Target, suite: Suite) -> Iterator[Entry]:
    """Every file that the suite asks for in every runtime that the target has for it.

    Raises:
        PlanError: the suite asks for a runtime that edgekit does not know.
    """
    unknown = [row for row in suite.runtimes or () if row not in TITLES]
    if unknown:
        raise PlanError(f"unknown runtime '{unknown[0]}': choose from {', '.join(TITLES)}")
    name = name or bundle.name
    for artifact in bundle.artifacts:
        if suite.recipes is not None and not _wanted(artifact, suite.recipes):
            continue
        found = [row for row in target.runtimes(artifact.format) if _asked(row, suite)]
        for runtime in found:
            yield Entry(bundle, name, artifact, runtime)
        if not target.runtimes(artifact.format) and suite.runtimes is None:
            yield Entry(bundle, name, artifact, None)
    if PYTORCH in target.runtimes(PYTORCH) and _asked(PYTORCH, suite):
        yield Entry(bundle, name, None, PYTORCH)


def _wanted(artifact: Artifact, recipes: tuple[str, ...]) -> bool:
    from edgekit import formats

    asked = {formats.get(artifact.format).recipes.get(recipe) for recipe in recipes}
    return artifact.recipe in asked


def _asked(runtime: str, suite: Suite) -> bool:
    return suite.runtimes is None or runtime in suite.runtimes


def tokenizer_ms(bundle: Bundle, length: int, count: int) -> tuple[float, ...]:
    """Encoding a text of about that many tokens with the bundle's tokenizer; none without one.

    By the Rust library that Transformers' fast tokenizers use, on this machine.
    """
    import time

    from tokenizers import Tokenizer

    path = bundle.path / "tokenizer" / "tokenizer.json"
    texts = [case.text for case in bundle.golden().cases if case.text]
    if not path.is_file() or not texts:
        return ()
    tokenizer: Any = Tokenizer.from_file(str(path))
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
