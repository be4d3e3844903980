"""Every error edgekit raises on purpose.

::

    EdgekitError                  exit code 2: the input, the machine or the request is at fault
    ├── SourceError               the model cannot be found, read or trusted
    ├── UnsupportedError          an architecture, task, format or recipe that edgekit does not have
    ├── PlanError                 arguments that contradict the model or each other
    ├── MissingExtraError         optional packages are not installed
    ├── InputError                a text that the model or its task cannot take
    ├── DataError                 labelled data that cannot be read or do not fit the task
    ├── BundleError               a bundle or manifest that is damaged, forged or too new
    ├── OutputError               the result cannot be written
    ├── ConversionError           exit code 1: a library could not convert the model
    │   └── ProofError            exit code 1: an artifact does not compute what PyTorch computes
    └── TrainingError             exit code 1: a training ran out of memory or into NaN

Each message is one line that says what was wrong and what to do about it.
"""

from __future__ import annotations


class EdgekitError(Exception):
    """The root. ``exit_code`` is what the command line returns."""

    exit_code = 2


class SourceError(EdgekitError):
    """The model cannot be found, read or trusted."""


class UnsupportedError(EdgekitError):
    """An architecture, task, format or recipe that edgekit does not have."""


class PlanError(EdgekitError):
    """Arguments that contradict the model or each other."""


class MissingExtraError(EdgekitError):
    """Optional packages are not installed."""


class InputError(EdgekitError):
    """A text that the model or its task cannot take."""


class DataError(EdgekitError):
    """Labelled data that cannot be read or do not fit the task."""


class BundleError(EdgekitError):
    """A bundle or manifest that is damaged, forged or too new."""


class OutputError(EdgekitError):
    """The result cannot be written."""


class ConversionError(EdgekitError):
    """A library could not convert the model."""

    exit_code = 1


class ProofError(ConversionError):
    """An artifact does not compute what PyTorch computes."""


class TrainingError(EdgekitError):
    """A training ran out of memory or into NaN."""

    exit_code = 1


def first_line(error: BaseException) -> str:
    """What a library's error says first, for a message that is one line."""
    return (str(error).strip() or repr(error)).splitlines()[0]
