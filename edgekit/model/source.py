"""A checkpoint that was found: what its files say of it, without importing torch.

:mod:`edgekit.model.finding` finds it, and :mod:`edgekit.model.checkpoint` loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edgekit.errors import SourceError, UnsupportedError
from edgekit.manifest.fields import Similarity
from edgekit.model import config as configs
from edgekit.model import (
    cross_encoder,
    hub,
    late_interaction,
    sentence,
    sentence_encoder,
    sentence_modules,
    task_choice,
    tasks,
)
from edgekit.model.config import Config
from edgekit.model.families import Family
from edgekit.model.head import Head
from edgekit.model.late_interaction import TextSettings
from edgekit.model.tasks import Task

DEMO = "demo"
SEED = 0  # of a bare config's random weights: equal bytes every time
_LIMIT = 512  # of most encoders: their tokenizers name it, whatever texts are like
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

    Attributes:
        name: of the model, for people.
        origin: what the user named.
        folder: the checkpoint's.
        encoder: the folder below it with the Transformers model and its tokenizer, most often the
            same.
        config: the content of ``config.json``.
        family: what its graph needs.
        weights: the model's files, with those of sentence-transformers' Dense modules and of a PEFT
            adapter; empty for a bare config, whose model gets random weights from ``SEED``.
        sha256: one hash over the names and contents of ``config.json`` and the weights.
        trust: what the user allows.
        card: licence and author, if a model card tells them.
        variant: the middle of the weights' names, like ``fp16``.
        adapter: whether there is a PEFT adapter.
        knows_modules: False for a hub's model whose sentence-transformers modules, if it has any,
            are not cached.
        notes: for the user: what is done that the files do not show.
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

    def library_length(self, task: Task) -> int:
        """The length, in tokens, at which the checkpoint's own library would cut a task's text."""
        if not task.has_head:
            return self.own_length
        return min(self.limit, self.text_settings(task).default_length)

    @property
    def own_length(self) -> int:
        """The length, in tokens, at which the tokenizer would cut a text without a role."""
        return min(self.limit, sentence_encoder.max_length(self.encoder) or self.limit)

    @property
    def names_length(self) -> bool:
        """Whether somebody chose a length for the model's texts, rather than for its architecture.

        sentence-transformers has a length of its own; a tokenizer's is a choice if it is shorter
        than what most models take.
        """
        if sentence.has_modules(self.folder) or cross_encoder.is_one(self.folder, self.config):
            return True
        length = sentence_encoder.max_length(self.encoder)
        return length is not None and length < _LIMIT

    def text_settings(self, task: Task) -> TextSettings:
        """What is done to the texts of a task of vectors, by their roles.

        Raises:
            EdgekitError: as :func:`edgekit.model.late_interaction.read`, and where queries are
                filled up of whose tokens one vector is made.
        """
        found = late_interaction.read(self.folder, self.encoder, self.own_length)
        if found.expansion is not None and task.name != "late-interaction":
            raise UnsupportedError(
                f"query_expansion of {self.encoder.name}'s Transformer module is for ColBERT's "
                f"token vectors, and a bundle for {task.name} does not fill queries up: remove it"
            )
        return found

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
            sentence_encoder.check(self.folder, self.encoder)
        problem = cross_encoder.problem_type(self.folder, self.config)
        return task_choice.fitted(named, self.config, problem)

    @property
    def kind(self) -> Literal["demo", "config", "folder", "hub"]:
        """What the user named: the demo, a bare config, a local folder, or a model of the hub."""
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
        return late_interaction.prompts(self.folder)

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
