"""coremltools as edgekit imports it: fast, and without its harmless chatter."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from edgekit import extras

# coremltools tries to import each of these only to see whether it is there: 20 s for nothing.
_UNUSED = (
    "executorch",
    "libsvm",
    "sklearn",
    "tensorflow",
    "torchao",
    "torchaudio",
    "torchvision",
    "transformers",
    "xgboost",
)
_CHATTER = (
    "Failed to load _ML",  # the bridge to Core ML itself, which exists on macOS only
    "is the most recent version that has been tested",
    "does not support any inputs besides the weights and indices",  # padding_idx: for training
)


@cache
def coremltools() -> ModuleType:
    """Imports coremltools without the frameworks it looks for.

    Raises:
        MissingExtraError: coremltools is not installed.
    """
    extras.require("coreml")
    logging.getLogger("coremltools").addFilter(_is_news)
    with _hidden(_UNUSED), _no_progress_bars():
        return importlib.import_module("coremltools")


@cache
def protobuf(module: str) -> ModuleType:
    """The classes of ``Model_pb2`` or ``MIL_pb2``, without coremltools itself.

    They are one self-contained package of generated code, opened here under a name of its own
    because importing its parent costs seconds; protobuf hands out the same classes either way.

    Raises:
        MissingExtraError: coremltools is not installed.
    """
    parent = f"{__package__}._proto"
    if parent not in sys.modules:
        extras.require("coreml")
        found = importlib.util.find_spec("coremltools")
        assert found is not None
        assert found.submodule_search_locations is not None
        folder = Path(found.submodule_search_locations[0]) / "proto"
        package = ModuleType(parent)
        package.__path__ = [str(folder)]
        sys.modules[parent] = package
    return importlib.import_module(f"{parent}.{module}")


@contextlib.contextmanager
def no_overflow_warnings() -> Iterator[None]:
    """Hides numpy's warning about casting "no bound" (3.4e38) to float16, where it means inf."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "overflow encountered in cast", RuntimeWarning)
        yield


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a message of coremltools tells a person anything."""
    return not any(text in record.getMessage() for text in _CHATTER)


@contextlib.contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Makes modules that are not imported yet look as if they were not installed."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keeps coremltools from drawing progress bars: tqdm reads its switch while it is imported."""
    before = os.environ.get("TQDM_DISABLE")
    os.environ["TQDM_DISABLE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TQDM_DISABLE"]
        else:
            os.environ["TQDM_DISABLE"] = before
