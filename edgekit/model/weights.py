"""Where a checkpoint's weights are: which files, in which form, and whether they can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.documents import read_json
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
# model-00002-of-00003.safetensors, or model.fp16-00002-of-00003.safetensors.
_SHARD = re.compile(r"(?:pytorch_)?model(?:\.\w+)?-(?P<number>\d{5})-of-(?P<count>\d{5})\.\w+")
_SAVED = f"save_pretrained() writes the {SAFETENSORS} that edgekit reads"
_ONCE = "load them once with Transformers 4"
_MADE_OF = "take the checkpoint that they were made of"
_STATES = (
    "a training loop's: load them into the Transformers model of config.json with "
    f"load_state_dict(), and {_SAVED}"
)
# Weights that Transformers 5 does not read, by patterns of their names, and what to do with them.
_FOREIGN: Mapping[str, str] = {
    "tf_model*.h5": f"TensorFlow's: {_ONCE}, from_tf=True, and {_SAVED}",
    "flax_model*.msgpack": f"Flax's: {_ONCE}, from_flax=True, and {_SAVED}",
    "*.ckpt.index": f"TensorFlow 1's: {_ONCE}, from_tf=True, and {_SAVED}",
    "*.ckpt": _STATES,
    "*.pt": _STATES,
    "*.pth": _STATES,
    "*/*.distcp": f"FSDP's: accelerate merge-weights makes {SAFETENSORS} of them",
    "*.safetensors": f"not Transformers': rename them to {SAFETENSORS} if they are the model's",
    "*.ot": f"rust-bert's: {_MADE_OF}",
    "*.npz": f"MLX's: {_MADE_OF}",
    "*.gguf": f"llama.cpp's: {_MADE_OF}",
    "*.pb": f"exported: {_MADE_OF}",
    "*.onnx": f"exported: {_MADE_OF}",
    "onnx/*.onnx": f"exported: {_MADE_OF}",
    "openvino_model.xml": f"exported: {_MADE_OF}",
    "*.tflite": f"exported: {_MADE_OF}",
    "*.mlpackage": f"exported: {_MADE_OF}",
}
# Files with such endings hold trained weights, unless their names say that they are something else.
_HOLDS_WEIGHTS = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".safetensors"})
_TRAINING = re.compile(
    r"training_args|optimizer|scheduler|scaler|rng_state|random_states|sampler|dl_state"
)
_NO_WEIGHTS = re.compile(
    rf"{_TRAINING.pattern}|openvino_"
    r"|(?:adapter_|pytorch_)?model[.-].*(?:bin|safetensors)"  # another form of what is read
)


_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class WeightFiles:
    """The files that hold a model's weights, all of one kind.

    ``variant`` is the middle of their names, like ``fp16`` in ``model.fp16.safetensors``.
    """

    paths: tuple[Path, ...]
    variant: str | None = None


@dataclass(frozen=True)
class _Index:
    """``*.index.json`` of a checkpoint in shards: the file of each weight, by the weight's name."""

    weight_map: Mapping[str, str]


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


def unread_files(folder: Path) -> list[str]:
    """Names of files in the folder that hold weights which no Transformers model reads.

    Such is SetFit's ``model_head.pkl``: the checkpoint's answers are made by that head.
    """
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix in _HOLDS_WEIGHTS and path.is_file() and not _NO_WEIGHTS.match(path.name)
    )


def _named(folder: Path, name: str) -> WeightFiles | None:
    """The weight files of a name like ``model.safetensors``: itself, shards or a variant.

    Returns:
        None where the folder has none of them.
    """
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
    """The names of variants, like ``fp16``, that the folder has files of.

    The one to read comes first.

    A variant differs from the others in its precision only: float32 comes first, bfloat16 last.

    Args:
        folder: of the checkpoint.
        suffix: of the files, such as ``safetensors``.
    """
    matches = (_VARIANT.fullmatch(path.name) for path in folder.iterdir() if suffix in path.name)
    found = {match["whole"] or match["index"] for match in matches if match}
    return sorted(found, key=lambda name: ("32" not in name, "bf" in name, name))


def _listed(folder: Path, name: str, index_name: str) -> tuple[Path, ...]:
    """The file of that name, or the shards that its index lists; empty if neither is there."""
    if (folder / name).is_file():
        return (folder / name,)
    index = folder / index_name
    return _shards(index) if index.is_file() else ()


def _shards(index: Path) -> tuple[Path, ...]:
    """The shards that an index lists, by name.

    Raises:
        SourceError: one is missing, or the numbers in their names have a gap.
    """
    shards = tuple(index.parent / name for name in sorted(set(_weight_map(index).values())))
    for shard in shards:
        if not shard.is_file():
            raise SourceError(f"{index} lists {shard.name}, which is missing: download it again")
    matches = [match for shard in shards if (match := _SHARD.fullmatch(shard.name))]
    absent = {n + 1 for match in matches for n in range(int(match["count"]))}
    absent -= {int(match["number"]) for match in matches}
    if absent:
        raise SourceError(
            f"{index} lists no shard {min(absent)} of {len(matches) + len(absent)}: download the "
            "index and that shard again"
        )
    return shards


def _weight_map(index: Path) -> Mapping[str, str]:
    """The file of each weight, as an index says it."""
    what = "download it again: it is to say which file each weight is in"
    return read_json(index, _Index, SourceError, what).weight_map


def _check(path: Path) -> None:
    """Raises SourceError if a safetensors file is truncated, empty, or a pointer of Git LFS."""
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as start:
            pointer = start.read(len(_POINTER)) == _POINTER
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    if pointer:
        raise SourceError(f"{path} is a pointer of Git LFS to the file: git lfs pull fetches it")
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
    """The message about pickled weights that the user has not allowed."""
    return (
        f"{path.parent} has only pickled weights ({path.name}), which can run code when loaded: "
        "save it as safetensors, or pass --allow-pickle if you trust it"
    )


def listed_in(folder: Path, key: str) -> str | None:
    """The shard of the folder that is to hold a weight; None where no index says so."""
    maps = map(_weight_map, sorted(folder.glob("*.index*.json")))
    return next((found[key] for found in maps if key in found), None)


def adapter_alone(folder: Path) -> str:
    """The message about a folder with a PEFT adapter, but without the model that it changes."""
    return (
        f"{folder} is a PEFT adapter without the model that it changes: load both with PEFT, then "
        "merge_and_unload() and save_pretrained() make a checkpoint of them"
    )


def _missing(folder: Path, remedy: str) -> str:
    """The message about a folder without weights that edgekit reads: what it has instead."""
    if (folder / ADAPTER_CONFIG).is_file():
        return adapter_alone(folder)
    shards = sorted(path.name for path in folder.iterdir() if _SHARD.fullmatch(path.name))
    if shards:
        suffix = shards[0].rpartition(".")[2]
        return (
            f"{folder} has shards ({shards[0]}) without the index that says which weights are in "
            f"each (*.{suffix}.index.json): download it too"
        )
    for pattern, whose in _FOREIGN.items():
        for path in folder.glob(pattern):
            if not _TRAINING.match(path.name):
                return f"the only weights in {folder} ({path.name}) are {whose}"
    return f"no weights in {folder} ({SAFETENSORS}): {remedy}"
