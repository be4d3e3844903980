"""How token vectors become one sentence vector: sentence-transformers' module files, as data.

Source: the ``modules.json`` and ``1_Pooling/config.json`` that sentence-transformers saves; both
the flags of its older releases and the ``pooling_mode`` of newer ones are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError, UnsupportedError

MODES = ("mean", "cls", "max")
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class Pooling:
    """``mode`` is one of :data:`MODES`; ``normalize`` scales the vector to length 1."""

    mode: str = "mean"
    normalize: bool = True


def has_modules(folder: Path) -> bool:
    """Whether the folder is a sentence-transformers checkpoint."""
    return (folder / "modules.json").is_file()


def read(folder: Path) -> Pooling:
    """The pooling of a checkpoint; mean and L2 norm where it has no sentence-transformers files.

    Raises:
        SourceError: a module's file is missing or is not JSON.
        UnsupportedError: a module or a pooling mode that edgekit does not have.
    """
    if not has_modules(folder):
        return Pooling()
    modules = [
        (row["type"].rsplit(".", 1)[-1], row["path"]) for row in _json(folder / "modules.json")
    ]
    unknown = [kind for kind, _ in modules if kind not in _MODULES]
    if unknown:
        raise UnsupportedError(
            f"sentence-transformers module {unknown[0]} is not supported: edgekit has "
            f"{', '.join(_MODULES)}"
        )
    paths = dict(modules)
    mode = _mode(_json(folder / paths["Pooling"] / "config.json")) if "Pooling" in paths else "mean"
    if mode not in MODES:
        raise UnsupportedError(f"pooling '{mode}' is not supported: edgekit has {', '.join(MODES)}")
    return Pooling(mode, "Normalize" in paths)


def max_length(folder: Path) -> int | None:
    """The length at which sentence-transformers truncates, where the checkpoint says one."""
    path = folder / "sentence_bert_config.json"
    return _json(path).get("max_seq_length") if path.is_file() else None


def _mode(config: Mapping[str, Any]) -> str:
    named = config.get("pooling_mode")
    modes = [named] if isinstance(named, str) else list(named or [])
    modes = modes or [mode for flag, mode in _FLAGS.items() if config.get(flag)]
    return "+".join(modes) or "mean"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
