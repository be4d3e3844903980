"""One artefact as an app uses it: tokenise, infer in the smallest bucket, post-process.

>>> with open_app(bundle) as app:
...     app.answer("Who built it?", "It was built by Gustave Eiffel.")
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from edgekit import formats, runs, runtime
from edgekit.bundle import Artifact, Bundle
from edgekit.encoding import Encoded, Prompt, Tokeniser
from edgekit.errors import BundleError, UnsupportedError
from edgekit.interpreters import Session
from edgekit.postprocess import TOP, Answer, Facts, answer
from edgekit.runtime import Runtime

PYTORCH = "pytorch"
HOST = "host"
_BATCH = 32
_BATCH_BYTES = 64 << 20  # of outputs: one text's fill-mask logits can be 60 MB


class App:
    """An opened artefact with its tokenizer. Leaving its context ends what it started.

    ``artifact`` is None for PyTorch's own model; ``device`` is what the session runs on.
    """

    def __init__(
        self,
        bundle: Bundle,
        artifact: Artifact | None,
        session: Session,
        device: str = HOST,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.bundle, self.artifact, self.session, self.device = bundle, artifact, session, device
        self.tokeniser = Tokeniser.of(bundle)
        self.facts = Facts.of(bundle, self.tokeniser)
        self._signature = bundle.signature
        self._close = close

    @property
    def file(self) -> str:
        """The artefact's name, or ``pytorch``."""
        return PYTORCH if self.artifact is None else self.artifact.path.name

    def tokenise(self, *texts: str) -> Prompt:
        """The rows of ids that the task asks the model about these texts.

        Raises:
            InputError: texts that the task cannot take.
        """
        return self.tokeniser.prompt(self.facts.task, *texts)

    def infer(self, encodings: Sequence[Encoded]) -> list[dict[str, np.ndarray]]:
        """Each row's outputs, without padding and without a batch axis, in the rows' order.

        Rows of like length share a batch where the session takes batches; otherwise each is padded
        to the smallest length that the file has for it.

        Raises:
            BundleError: the file gives NaN or infinity.
        """
        found: list[dict[str, np.ndarray]] = [{} for _ in encodings]
        for index, outputs in self.each(encodings):
            found[index] = outputs
        return found

    def each(self, encodings: Sequence[Encoded]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Each row's place and outputs, as soon as they are there: one batch is in memory.

        Raises:
            BundleError: the file gives NaN or infinity.
        """
        for batch in self._batches(encodings):
            rows = [encodings[index] for index in batch]
            length = runs.fit(max(map(len, rows)), self.session.lengths)
            outputs = self.session.run(runs.feed(rows, length, self._signature))
            for place, index in enumerate(batch):
                yield index, self._outputs(outputs, place, len(encodings[index]))

    def answer(self, *texts: str, top: int = TOP) -> Answer:
        """What the app shows for these texts.

        Raises:
            InputError: texts that the task cannot take.
            BundleError: the file gives NaN or infinity.
        """
        return self.read(self.tokenise(*texts), top)

    def read(self, prompt: Prompt, top: int = TOP) -> Answer:
        """The answer to a prompt of :meth:`tokenise`; raises as :meth:`answer`."""
        return answer(self.facts, prompt, self.infer(prompt.encodings), top)

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _batches(self, encodings: Sequence[Encoded]) -> Iterator[list[int]]:
        """Indices of rows, the shortest first, as many at a time as the outputs leave room for."""
        order = sorted(range(len(encodings)), key=lambda index: len(encodings[index]))
        batch: list[int] = []
        for index in order:
            most = self._most_rows(len(encodings[index]))
            if len(batch) >= most:
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def _most_rows(self, length: int) -> int:
        if not self.session.batched:
            return 1
        size = sum(4 * int(np.prod(spec.at(1, length))) for spec in self._signature.outputs)
        return max(1, min(_BATCH, _BATCH_BYTES // size))

    def _outputs(
        self, outputs: dict[str, np.ndarray], place: int, length: int
    ) -> dict[str, np.ndarray]:
        result = {}
        for spec in self._signature.outputs:
            value = np.asarray(outputs[spec.name][place], np.float32)
            value = value[:length] if "length" in spec.shape else value
            if not np.isfinite(value).all():
                raise BundleError(f"{self.file} gives NaN or infinity for this text: convert again")
            result[spec.name] = value
        return result


def open_app(
    bundle: Bundle, artifact: Artifact | None, target: str = HOST, threads: int = 0
) -> App:
    """An artefact, or with None PyTorch's own model, opened on a device.

    Args:
        bundle: an opened bundle.
        artifact: one of its artefacts, those that take text included.
        target: ``host``, or a device of ``edgekit devices``, like ``arm64``.
        threads: 0 is the runtime's own choice.

    Raises:
        EdgekitError: the device cannot run it, a package is missing, the file does not open, or
            the bundle has no tokenizer.
    """
    if artifact is not None and artifact.takes_text:
        from edgekit.text_app import open_text

        return open_text(bundle, artifact, target, threads)
    if target != HOST:
        return _remote(bundle, artifact, target, threads or 1)
    if artifact is None:
        from edgekit.eager import Eager

        return App(bundle, None, Eager(bundle.path, threads))
    session = runtime.open_in(_runtime(artifact), artifact.path, threads)
    return App(bundle, artifact, session)


def choose(bundle: Bundle, name: str | None, target: str = HOST) -> Artifact | None:
    """The artefact of that file name, None for ``pytorch``; without a name the first that runs.

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
            f"{bundle.path} has no artefact '{name}': choose from {', '.join(named)}, {PYTORCH}"
        )
    return named[name]


def runnable(bundle: Bundle, target: str = HOST) -> list[Artifact]:
    """The artefacts that the device runs, in the manifest's order."""
    if target == HOST:
        return [row for row in bundle.artifacts if _runtimes(row)]
    from edgekit.benchmarks import targets

    device = targets.make(target)
    return [row for row in bundle.artifacts if device.runtimes(row.format)]


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


def _remote(bundle: Bundle, artifact: Artifact | None, target: str, threads: int) -> App:
    """Through a benchmark's runner: the same process on the device, fed with one text a time."""
    from edgekit.benchmarks import targets
    from edgekit.benchmarks.parity import Remote

    if artifact is None:
        raise UnsupportedError(f"{target} has no PyTorch: name one of the bundle's files")
    device, signature = targets.make(target), bundle.signature
    names = device.runtimes(artifact.format)
    if not names:
        raise UnsupportedError(f"{target} has no runtime for {artifact.path.name}")
    inputs, outputs = (
        ",".join(spec.name for spec in specs) for specs in (signature.inputs, signature.outputs)
    )
    buckets = artifact.row["buckets"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = device.put(artifact.path)
        runner = stack.enter_context(device.start(names[0], place, threads, inputs, outputs))
        session = Remote(device, runner, signature, buckets and tuple(buckets), folder)
        return App(bundle, artifact, session, target, stack.pop_all().close)
