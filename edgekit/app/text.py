"""A file that takes text, as an app without a tokenizer uses it: a string in, an answer out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from edgekit.app.inference import HOST, App
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import BundleError, UnsupportedError
from edgekit.postprocess import TOP, Answer, answer
from edgekit.runtime.text import TextSession
from edgekit.tokens.encoded import Prompt

TASKS = ("text-classification", "sentence-similarity", "fill-mask")  # answered without offsets


def open_text(bundle: Bundle, artifact: Artifact, target: str = HOST, threads: int = 0) -> App:
    """Opens a file that takes text instead of ids.

    Args:
        bundle: the bundle that it is in.
        artifact: one of its ``text_artifacts``.
        target: the device; only ``host`` has the operators.
        threads: how many onnxruntime uses; 0 leaves its own choice.

    Raises:
        UnsupportedError: the task's answers are made of offsets, which the file does not give, or
            the device is not this machine.
        MissingExtraError: the operators are not installed.
        BundleError: the file does not open.
    """
    name, task = artifact.path.name, bundle.manifest.task
    if task not in TASKS:
        raise UnsupportedError(
            f"{name} gives no offsets, of which the answers of {task} are made: take a file that "
            "takes ids"
        )
    if target != HOST:
        raise UnsupportedError(f"{target} has no operators for {name}, which takes text: use host")
    return TextApp(bundle, artifact, TextSession(artifact.path, threads))


class TextApp(App):
    """An opened file that takes text. Its answers are made of its own outputs and ids.

    The bundle's tokenizer checks the input, counts what is left out, and has to make the same ids
    as the file: every text that is run is a test of it.
    """

    def __init__(self, bundle: Bundle, artifact: Artifact, session: TextSession) -> None:
        super().__init__(bundle, artifact, session)
        self._file = session

    def read(self, prompt: Prompt, top: int = TOP) -> Answer:
        """The answer to a prompt of :meth:`tokenize`.

        Raises:
            InputError: texts that the task cannot take.
            BundleError: the file gives NaN or infinity, or other ids than the tokenizer.
        """
        return answer(self.facts, prompt, list(self._rows(prompt)), top)

    def _rows(self, prompt: Prompt) -> Iterator[Mapping[str, np.ndarray]]:
        """The file's outputs for each of a prompt's rows.

        Raises:
            BundleError: it made other ids of a text than the bundle's tokenizer.
        """
        together = len(prompt.encodings) == 1
        asked = [prompt.texts] if together else [(text,) for text in prompt.texts]
        for texts, encoded in zip(asked, prompt.encodings, strict=True):
            outputs = self._file.ask(*texts)
            if tuple(outputs["input_ids"][0].tolist()) != encoded.input_ids:
                raise BundleError(
                    f"{self.file} makes other ids of this text than the bundle's tokenizer: use a "
                    "file that takes ids, and report the text"
                )
            yield self._outputs(outputs, 0, len(encoded))
