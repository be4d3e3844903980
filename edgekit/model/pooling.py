"""How token vectors become one sentence vector: sentence-transformers' module files, as data.

Source: the ``modules.json``, ``1_Pooling/config.json`` and ``2_Dense`` that sentence-transformers
saves; both the flags of its older releases and the ``pooling_mode`` of newer ones are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError, UnsupportedError
from edgekit.manifest import PoolingFacts
from edgekit.model.dense import Dense

MODES = ("mean", "cls", "max")
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_MODULES = ("Transformer", "Pooling", "Dense", "Normalize")  # and their order


@dataclass(frozen=True)
class Pooling:
    """``mode`` is one of :data:`MODES`; ``normalize`` scales the last vector to length 1."""

    mode: str = "mean"
    normalize: bool = True
    dense: tuple[Dense, ...] = ()

    def width(self, hidden: int) -> int:
        """How many values the sentence vector of a model has whose token vectors have ``hidden``.

        Raises:
            SourceError: a layer does not take what comes before it.
        """
        for layer in self.dense:
            if layer.in_features != hidden:
                raise SourceError(
                    f"{layer.folder} takes {layer.in_features} values where {hidden} come: "
                    "download the checkpoint again"
                )
            hidden = layer.out_features
        return hidden

    def facts(self) -> PoolingFacts:
        """What the manifest says of it."""
        layers = tuple(layer.facts() for layer in self.dense)
        return PoolingFacts(mode=self.mode, normalize=self.normalize, dense=layers)


def has_modules(folder: Path) -> bool:
    """Whether the folder is a sentence-transformers checkpoint."""
    return (folder / "modules.json").is_file()


def makes_vectors(folder: Path) -> bool:
    """Whether sentence-transformers adds to the model, which a CrossEncoder's modules do not."""
    return [kind for kind, _ in _modules(folder)] not in ([], ["Transformer"])


def encoder_folder(folder: Path) -> Path:
    """Where the Transformers model of a checkpoint is: releases before 2 made a folder for it."""
    paths = dict(_modules(folder))
    return folder / paths.get("Transformer", "")


def dense_folders(folder: Path) -> list[Path]:
    """The folders of a checkpoint's Dense modules, which have weights of their own."""
    return [folder / path for kind, path in _modules(folder) if kind == "Dense"]


def read(folder: Path) -> Pooling:
    """The pooling of a checkpoint; mean and L2 norm where it has no sentence-transformers files.

    Raises:
        SourceError: a module's file is missing or is not JSON, or a Dense module's weights are
            missing, damaged or not finite.
        UnsupportedError: a module, pooling mode or activation that edgekit does not have, no
            pooling at all, or a prompt before every text.
    """
    if not has_modules(folder):
        return Pooling()
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    unknown = [kind for kind in kinds if kind not in _MODULES]
    if unknown:
        raise UnsupportedError(
            f"sentence-transformers module {unknown[0]} is not supported: edgekit has "
            f"{', '.join(_MODULES)}"
        )
    once = [kind for kind in kinds if kind != "Dense"]
    if kinds != sorted(kinds, key=_MODULES.index) or len(once) > len(set(once)):
        raise UnsupportedError(
            f"sentence-transformers modules in the order {', '.join(kinds)} are not supported: "
            f"edgekit has {', '.join(_MODULES)}, where only Dense may come twice"
        )
    paths = dict(modules)
    if "Pooling" not in paths:
        raise UnsupportedError(
            "modules.json has no Pooling, so there is no sentence vector: name the checkpoint's "
            "own task with --task"
        )
    _check_prompt(folder)
    mode = _mode(_json(folder / paths["Pooling"] / "config.json"))
    if mode not in MODES:
        raise UnsupportedError(f"pooling '{mode}' is not supported: edgekit has {', '.join(MODES)}")
    layers = tuple(Dense.read(path, _json(path / "config.json")) for path in dense_folders(folder))
    return Pooling(mode, "Normalize" in paths, layers)


def max_length(folder: Path) -> int | None:
    """The length at which the checkpoint's own library truncates, where it says one.

    sentence-transformers saved it in its own file, and since its release 6 in that of the
    tokenizer, where Transformers has always looked for it.
    """
    tokenizer = folder / "tokenizer_config.json"
    stored = _json(tokenizer).get("model_max_length") if tokenizer.is_file() else None
    found = _encoder(folder).get("max_seq_length") or stored
    return None if found is None else int(found)


def lowercases(folder: Path) -> bool:
    """Whether sentence-transformers lowercases texts, whatever the tokenizer does."""
    return bool(_encoder(folder).get("do_lower_case"))


def _encoder(folder: Path) -> Mapping[str, Any]:
    """The file of the Transformer module, which older releases named after the architecture."""
    paths = sorted(folder.glob("sentence_*_config.json"))
    return dict(_json(paths[0])) if paths else {}


def _check_prompt(folder: Path) -> None:
    path = folder / "config_sentence_transformers.json"
    config = _json(path) if path.is_file() else {}
    name = config.get("default_prompt_name")
    if name and (prompt := (config.get("prompts") or {}).get(name)):
        raise UnsupportedError(
            f"the checkpoint puts the prompt {prompt!r} before every text, which a bundle does "
            f"not: remove default_prompt_name from {path.name}, and put it there yourself"
        )


def _modules(folder: Path) -> list[tuple[str, str]]:
    """Each module's class and folder, in the order in which they run."""
    if not has_modules(folder):
        return []
    rows = _json(folder / "modules.json")
    try:
        return [(_kind(row["type"]), row["path"]) for row in rows]
    except (TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"{folder / 'modules.json'} is not a list of modules") from error


def _kind(dotted: str) -> str:
    """The name of one of the library's own classes; another's stays dotted, as no module is named.

    The library imports what begins with its name from itself, in whichever of its packages the
    class was when the checkpoint was saved, and anything else from the checkpoint or the machine.
    """
    return dotted.rsplit(".", 1)[-1] if dotted.startswith("sentence_transformers.") else dotted


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
