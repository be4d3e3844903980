"""Inputs, one or a line each, through an opened artifact: every one gets an answer or an error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edgekit.app.inference import App
from edgekit.errors import BundleError, InputError
from edgekit.postprocess import Answer


@dataclass(frozen=True)
class Asked:
    """One input, before it is known to be text.

    Attributes:
        content: its texts, or the bytes of a line, in which texts are separated by TAB.
        line: its number in the file, from 1; None where it is not from a file.
    """

    content: tuple[str, ...] | bytes
    line: int | None = None

    def texts(self) -> tuple[str, ...]:
        """The input's texts; the bytes of a line are decoded and split at TAB.

        Raises:
            InputError: the line is not UTF-8.
        """
        if isinstance(self.content, tuple):
            return self.content
        try:
            text = self.content.decode("utf-8-sig" if self.line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"byte {error.start + 1} is not UTF-8: convert the file") from error
        return tuple(text.removesuffix("\n").removesuffix("\r").split("\t"))


@dataclass(frozen=True)
class Answered:
    """What came of one input: an answer, or the ``error`` that says why there is none.

    ``left_out`` counts the tokens that did not fit into the model.
    """

    asked: Asked
    texts: tuple[str, ...] = ()
    answer: Answer | None = None
    left_out: int = 0
    error: str | None = None


def lines(source: Iterable[bytes]) -> Iterator[Asked]:
    """The inputs of a binary file, one a line.

    Only a newline ends a line: texts may hold the other characters that Python splits lines at.
    """
    return (Asked(line, number) for number, line in enumerate(source, 1))


def each(app: App, inputs: Iterable[Asked], top: int, *, debug: bool) -> Iterator[Answered]:
    """Answers inputs in order, each as soon as it is there. A bad one does not end the others.

    Args:
        app: an opened file.
        inputs: texts, or lines of a file.
        top: how many labels, fillers or spans an answer has at most.
        debug: show what runtimes print by themselves.
    """
    for asked in inputs:
        try:
            texts = asked.texts()
            prompt = app.tokenize(*texts)
            with silenced(debug):
                found = app.read(prompt, top)
        except (InputError, BundleError) as error:
            yield Answered(asked, error=str(error))
        else:
            yield Answered(asked, texts, found, prompt.left_out)


@contextlib.contextmanager
def silenced(debug: bool) -> Iterator[None]:
    """Keeps from standard error what runtimes write there by themselves, unless ``debug``."""
    if debug:
        yield
        return
    sys.stderr.flush()
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)
