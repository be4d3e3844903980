"""Where a checkpoint's weights are: which files, in which form, and whether they can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import SourceError

SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER = "adapter_model.safetensors"
PICKLED_ADAPTER = "adapter_model.bin"

# model.fp16.safetensors and model.safetensors.index.fp16.json: weights saved with variant="fp16".
_VARIANT = re.compile(
    r"(?:model|pytorch_model)"
    r"(?:\.(?P<whole>\w+)\.(?:safetensors|bin)"
    r"|\.(?:safetensors|bin)\.index\.(?P<index>\w+)\.json)"
)
# Weights that Transformers 5 does not read, and what makes readable ones of them.
_FOREIGN: Mapping[str, str] = {
    "tf_model.h5": "TensorFlow's: load them once with Transformers 4, from_tf=True",
    "flax_model.msgpack": "Flax's: load them once with Transformers 4, from_flax=True",
    "model.ckpt.index": "TensorFlow 1's: convert them with Transformers 4",
    "rust_model.ot": "rust-bert's: take the checkpoint that they were made of",
}
# Files with such endings hold trained weights, unless their names say that they are something else.
_HOLDS_WEIGHTS = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".safetensors"})
_NO_WEIGHTS = re.compile(
    r"training_args|optimizer|scheduler|scaler|rng_state|openvino_"
    r"|(?:adapter_|pytorch_)?model[.-].*(?:bin|safetensors)"  # another form of what is read
)


@dataclass(frozen=True)
class WeightFiles:
    """The files that hold a model's weights, all of one kind.

    ``variant`` is the middle of their names, like ``fp16`` in ``model.fp16.safetensors``.
    """

    paths: tuple[Path, ...]
    variant: str | None = None


def find(folder: Path, allow_pickle: bool, remedy: str) -> WeightFiles:
    """A folder's safetensors, whole or in shards, plain or a variant; else its pickles.

    Args:
        folder: of a checkpoint or of a sentence-transformers module.
        allow_pickle: whether pickled weights are taken where there are no others.
        remedy: what to do where the folder has none at all; ends the message.

    Raises:
        SourceError: there are none, they are damaged, or of a form that is not read.
    """
    found = _named(folder, SAFETENSORS)
    if found is not None:
        for path in found.paths:
            _check(path)
        return found
    pickles = _named(folder, PICKLE)
    if pickles is None:
        raise SourceError(_missing(folder, remedy))
    if not allow_pickle:
        raise SourceError(_untrusted(pickles.paths[0]))
    return pickles


def find_adapter(folder: Path, allow_pickle: bool) -> tuple[Path, ...]:
    """The config and the weights of a PEFT adapter in the folder; none where there is no adapter.

    Raises:
        SourceError: its weights are missing, damaged, or pickled and not trusted.
    """
    config = folder / ADAPTER_CONFIG
    if not config.is_file():
        return ()
    safe, pickled = folder / ADAPTER, folder / PICKLED_ADAPTER
    if safe.is_file():
        _check(safe)
        return config, safe
    if not pickled.is_file():
        raise SourceError(f"{config} has no {ADAPTER} beside it: download the checkpoint again")
    if not allow_pickle:
        raise SourceError(_untrusted(pickled))
    return config, pickled


def unread(folder: Path) -> list[str]:
    """Names of files in the folder that hold weights which no Transformers model reads.

    Such is SetFit's ``model_head.pkl``: the checkpoint's answers are made by that head.
    """
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix in _HOLDS_WEIGHTS and path.is_file() and not _NO_WEIGHTS.match(path.name)
    )


def _named(folder: Path, name: str) -> WeightFiles | None:
    """The file of that name, the shards that its index lists, or a variant of either."""
    paths = _listed(folder, name, f"{name}.index.json")
    if paths:
        return WeightFiles(paths)
    stem, suffix = name.rsplit(".", 1)
    for variant in _variants(folder, suffix):
        paths = _listed(folder, f"{stem}.{variant}.{suffix}", f"{name}.index.{variant}.json")
        if paths:
            return WeightFiles(paths, variant)
    return None


def _variants(folder: Path, suffix: str) -> list[str]:
    """The names of variants that have files of that kind, in order; of several the first is read.

    A variant differs from the others in its precision only.
    """
    matches = (_VARIANT.fullmatch(path.name) for path in folder.iterdir() if suffix in path.name)
    return sorted({match["whole"] or match["index"] for match in matches if match})


def _listed(folder: Path, name: str, index_name: str) -> tuple[Path, ...]:
    if (folder / name).is_file():
        return (folder / name,)
    index = folder / index_name
    return _shards(index) if index.is_file() else ()


def _shards(index: Path) -> tuple[Path, ...]:
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        shards = tuple(index.parent / name for name in names)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"{index} does not say which file each weight is in (weight_map): download it again"
        ) from error
    for shard in shards:
        if not shard.is_file():
            raise SourceError(f"{index} lists {shard.name}, which is missing: download it again")
    return shards


def _check(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            empty = not list(file.keys())
    except (SafetensorError, OSError) as error:
        raise SourceError(
            f"{path} is truncated or corrupted ({error}): download it again"
        ) from error
    if empty:
        raise SourceError(f"{path} holds no tensors: download it again")


def _untrusted(path: Path) -> str:
    return (
        f"{path.parent} has only pickled weights ({path.name}), which can run code when loaded: "
        "save it as safetensors, or pass --allow-pickle if you trust it"
    )


def _missing(folder: Path, remedy: str) -> str:
    for name, whose in _FOREIGN.items():
        if (folder / name).is_file():
            return (
                f"the only weights in {folder} ({name}) are {whose}, and save_pretrained() writes "
                f"the {SAFETENSORS} that edgekit reads"
            )
    return f"no weights in {folder} ({SAFETENSORS}): {remedy}"
