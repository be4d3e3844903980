"""One artifact as an app uses it: tokenize, infer in the smallest bucket, post-process.

>>> with open_app(bundle) as app:
...     app.answer("Who built it?", "It was built by Gustave Eiffel.")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError, EdgekitError, first_line
from edgekit.postprocess import TOP, Answer, Facts, answer
from edgekit.runtime.feeding import feed, fit
from edgekit.runtime.session import Feed, Session
from edgekit.tokens.encoded import Encoded, Prompt
from edgekit.tokens.encoding import Tokenizer

PYTORCH = "pytorch"
HOST = "host"
_BATCH = 32  # rows of an inference, where a file takes several
_BATCH_BYTES = 64 << 20  # of outputs: one text's fill-mask logits can be 60 MB


class App:
    """An opened artifact with its tokenizer. Leaving its context ends what it started.

    Args:
        bundle: that the artifact is in.
        artifact: the file; None is PyTorch's own model.
        session: the file, opened.
        device: what the session runs on.
        close: ends whatever the session needs, such as a process on a device.
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
        self.tokenizer = Tokenizer.of(bundle)
        self.facts = Facts.of(bundle, self.tokenizer.token)
        self._signature = bundle.signature
        self._close = close

    @property
    def file(self) -> str:
        """The artifact's name, or ``pytorch``."""
        return PYTORCH if self.artifact is None else self.artifact.path.name

    def use_prompt(self, name: str) -> None:
        """From now on gives every text that role, with the bundle's prompt for it.

        Raises:
            InputError: there is none of that name, which is not ``none`` either.
        """
        self.tokenizer = self.tokenizer.prompted(name)

    def tokenize(self, *texts: str) -> Prompt:
        """The rows of ids that the task asks the model about these texts.

        Raises:
            InputError: texts that the task cannot take.
        """
        return self.tokenizer.prompt(self.facts.task, *texts)

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
            length = fit(max(map(len, rows)), self.session.lengths)
            outputs = self._run(feed(rows, length, self._signature))
            for place, index in enumerate(batch):
                yield index, self._outputs(outputs, place, len(encodings[index]))

    def answer(self, *texts: str, top: int = TOP) -> Answer:
        """What the app shows for these texts.

        Raises:
            InputError: texts that the task cannot take.
            BundleError: the file gives NaN or infinity.
        """
        return self.read(self.tokenize(*texts), top)

    def read(self, prompt: Prompt, top: int = TOP) -> Answer:
        """The answer to a prompt of :meth:`tokenize`; raises as :meth:`answer`."""
        return answer(self.facts, prompt, self.infer(prompt.encodings), top)

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _run(self, inputs: Feed) -> dict[str, np.ndarray]:
        """One inference of arrays with a batch axis.

        A runtime's own error becomes a BundleError.
        """
        try:
            return self.session.run(inputs)
        except EdgekitError:
            raise
        except Exception as error:  # each runtime has errors of its own
            raise BundleError(
                f"{self.file} fails on this text, as where a token has an id that the model does "
                f"not know: {first_line(error)}"
            ) from error

    def _batches(self, encodings: Sequence[Encoded]) -> Iterator[list[int]]:
        """The rows in batches: lists of their places, the shortest rows first.

        As many rows are in a batch as the outputs leave room for.
        """
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
        """How many rows of ``length`` tokens fit into a batch, by the memory of its outputs."""
        if not self.session.batched:
            return 1
        size = sum(4 * int(np.prod(spec.at(1, length))) for spec in self._signature.outputs)
        return max(1, min(_BATCH, _BATCH_BYTES // size))

    def _outputs(
        self, outputs: dict[str, np.ndarray], place: int, length: int
    ) -> dict[str, np.ndarray]:
        """One row's outputs in float32, by name, without the batch axis and without padding.

        Args:
            outputs: of a whole batch.
            place: of the row in it.
            length: of the row, in tokens.

        Raises:
            BundleError: a number is NaN or infinity.
        """
        result = {}
        for spec in self._signature.outputs:
            value = np.asarray(outputs[spec.name][place], np.float32)
            value = value[:length] if "length" in spec.shape else value
            if not np.isfinite(value).all():
                raise BundleError(f"{self.file} gives NaN or infinity for this text: convert again")
            result[spec.name] = value
        return result
