"""``config.json`` of a Transformers checkpoint: its fields are checked as they are asked for.

Transformers gives each architecture fields of its own, so that a config is a mapping; the readers
below check the fields that edgekit itself looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgekit.documents import read_json
from edgekit.errors import SourceError

NAME = "config.json"
Config = Mapping[str, object]
_MOST = 2**31 - 1  # what sizes and ids are stored in


def read(path: Path) -> Config:
    """The content of a config.json.

    Raises:
        SourceError: it is missing or is not a JSON object.
    """
    if not path.is_file():
        raise SourceError(f"no config.json in {path.parent}: is it a Transformers checkpoint?")
    return read_json(path, dict[str, object], SourceError, "is it a Transformers config?")


def integer(config: Config, name: str, default: int) -> int:
    """A field of the config that is a size or an id; ``default`` where it has none or null.

    Raises:
        SourceError: it is no whole number from 0 to 2,147,483,647.
    """
    value = config.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise SourceError(f"{name} of {NAME} is {_shown(value)}: give a whole number from 0 up")
    return value


def text(config: Config, name: str) -> str | None:
    """A field of the config that is a word; None where it has none.

    Raises:
        SourceError: it is no text.
    """
    value = config.get(name)
    if value is not None and not isinstance(value, str):
        raise SourceError(f"{name} of {NAME} is {_shown(value)}: give a text")
    return value


def texts(config: Config, name: str) -> tuple[str, ...]:
    """A field of the config that lists words, such as ``architectures``; empty without it.

    Args:
        config: the parsed file.
        name: the field's.

    Raises:
        SourceError: it is no list of texts.
    """
    value = config.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SourceError(f"{name} of {NAME} is {_shown(value)}: give a list of texts")
    return tuple(value)


def table(config: Config, name: str) -> Mapping[str, object]:
    """A field of the config that is an object, such as ``id2label``; empty without it.

    Raises:
        SourceError: it is no object.
    """
    value = config.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SourceError(f"{name} of {NAME} is {_shown(value)}: give an object")
    return value


def label_count(config: Config) -> int:
    """How many labels a classifier's config names.

    Raises:
        SourceError: ``id2label`` does not number them from 0 without gaps: which output each of
            them names could not be told.
    """
    named = table(config, "id2label")
    if not named:
        return integer(config, "num_labels", 2)
    if set(named) != {str(index) for index in range(len(named))}:
        raise SourceError(
            f"id2label of {NAME} has {len(named)} labels, which are not numbered 0 to "
            f"{len(named) - 1}: number them in the order of the model's outputs"
        )
    return len(named)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}..."
