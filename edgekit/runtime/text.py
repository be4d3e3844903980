"""Files that take text: onnxruntime with the operators of onnxruntime-extensions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np

from edgekit import extras
from edgekit.errors import BundleError
from edgekit.runtime.onnx_session import open_session
from edgekit.runtime.session import Feed

PACKAGE = "onnxruntime-extensions"


class TextSession:
    """An opened file that takes text: a session with one input, ``text``.

    It is a :class:`edgekit.runtime.session.Session`.

    Args:
        path: the file.
        threads: how many onnxruntime may use; 0 is its own choice.

    Raises:
        BundleError: the runtime refuses the file.
        MissingExtraError: the operators are not installed.
    """

    lengths: tuple[int, ...] | None = None
    batched = False

    def __init__(self, path: Path, threads: int = 0) -> None:
        extras.require("embed")
        import onnxruntime

        self.runtime = f"onnxruntime {onnxruntime.__version__} with {operators()}"
        try:
            self._session = open_session(path, threads, operators=_library())
        except Exception as error:  # the runtime's errors share no other class
            raise BundleError(f"{path.name} cannot be opened: {error}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def ask(self, *texts: str, **more: np.ndarray) -> dict[str, np.ndarray]:
        """One text, or the two of a pair: each output with a batch axis of 1."""
        return self.run({"text": np.array(texts, dtype=object), **more})

    def run(self, feed: Feed) -> dict[str, np.ndarray]:
        """As :meth:`ask`, from the feed ``text``: an array of one text, or of the two of a pair."""
        return dict(zip(self._outputs, self._session.run(None, dict(feed)), strict=True))

    def layers(self, feed: Feed) -> list[np.ndarray]:
        """Always empty: the ordinary file, which has the same model, shows its layers."""
        return []


def _library() -> str:
    """Loads the operators' shared library, and returns its path."""
    with _bound_to_itself():
        import onnxruntime_extensions
    return str(onnxruntime_extensions.get_library_path())


@contextmanager
def _bound_to_itself() -> Iterator[None]:
    """Lets a library that Linux loads meanwhile use its own parts, not another's of the same name.

    TensorFlow, which coremltools brings in, exports some of those that the operators export; where
    it was loaded first, its parts answered, and words became other ids.
    """
    if not hasattr(os, "RTLD_DEEPBIND"):
        yield
        return
    before = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND)
    try:
        yield
    finally:
        sys.setdlopenflags(before)


def operators() -> str:
    """The package whose operators turn text into ids inside a file, and its installed version."""
    return f"{PACKAGE} {version(PACKAGE)}"
