"""The files that sentence-transformers saves beside a Transformers model, as typed objects.

``modules.json`` lists what runs in order, each module's folder holds its ``config.json`` and its
weights, and ``config_sentence_transformers.json`` has what belongs to the whole model. The settings
of the first module are those of :mod:`edgekit.model.sentence_encoder`. Files of all releases are
read; what a bundle cannot do is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, cast, get_args

from msgspec import Meta

from edgekit.documents import read_json
from edgekit.errors import SourceError, UnsupportedError
from edgekit.manifest.fields import Similarity

MODULES = "modules.json"
CONFIG = "config_sentence_transformers.json"
REMEDY = "download the checkpoint again"
_OWN = "sentence_transformers."
ENCODERS = ("Transformer", "MLMTransformer")
PYLATE = "ColBERT"  # as PyLate names its models up to its release 3
_PYLATE_DENSE = "pylate.models.Dense.Dense"
_LATE = "MultiVectorEncoder"
_CROSS = "CrossEncoder"
_ROLES = ("query", "document")  # which every model has, mostly with nothing to put before them
_ROUTES = "save the modules of one of its routes, and convert those"
_FIRST = {  # modules that a checkpoint may begin with, and what to do instead
    "StaticEmbedding": "an app reads its table of vectors without a model",
    "Router": _ROUTES,
    "Asym": _ROUTES,
}

Size = Annotated[int, Meta(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class SentenceModule:
    """One row of ``modules.json``: the class and its folder below the checkpoint's."""

    type: str
    path: str = ""

    @property
    def kind(self) -> str:
        """The name of one of the library's own classes; the whole dotted path of any other.

        The library imports what begins with its name from itself, from whichever of its packages
        the class was in when the checkpoint was saved; all else is somebody's own code.
        """
        own = self.type.startswith(_OWN) or self.type == _PYLATE_DENSE
        return self.type.rsplit(".", 1)[-1] if own else self.type


@dataclass(frozen=True)
class SentenceConfig:
    """What ``config_sentence_transformers.json`` says of the whole model.

    ``prompts`` are texts to put before a text, by a name like ``query``.
    """

    model_type: str | None = None
    prompts: Mapping[str, str | None] = field(default_factory=dict)
    default_prompt_name: str | None = None
    query_prefix: str | None = None
    similarity_fn_name: str | None = None
    truncate_dim: Size | None = None
    activation_fn: str | None = None


def has_modules(folder: Path) -> bool:
    """Whether the folder is a sentence-transformers checkpoint."""
    return (folder / MODULES).is_file()


def modules(folder: Path) -> tuple[SentenceModule, ...]:
    """The rows of ``modules.json``, in the order in which they run.

    Empty where the folder is no sentence-transformers checkpoint.

    Raises:
        SourceError: ``modules.json`` is not a list of modules in folders of the checkpoint.
    """
    if not has_modules(folder):
        return ()
    rows = read_json(folder / MODULES, tuple[SentenceModule, ...], SourceError, REMEDY)
    for row in rows:
        if Path(row.path).is_absolute() or ".." in Path(row.path).parts or "\0" in row.path:
            raise SourceError(
                f"{folder / MODULES} names {row.path!r}, which is no folder of the checkpoint: "
                f"{REMEDY}"
            )
    return rows


def encoder_folder(folder: Path) -> Path:
    """The folder of the Transformers model: the checkpoint's own, or one below it.

    sentence-transformers before release 2 made one of its own for it.

    Raises:
        UnsupportedError: the first module is none, such as StaticEmbedding's table of vectors.
    """
    first = next(iter(modules(folder)), None)
    if first is None:
        return folder
    if first.kind not in ENCODERS:
        remedy = _FIRST.get(first.kind, "name a checkpoint that has one")
        raise UnsupportedError(
            f"the checkpoint begins with {first.kind}, which is no Transformers encoder, and "
            f"edgekit exports those: {remedy}"
        )
    return folder / first.path


def weight_folders(folder: Path) -> list[Path]:
    """The folders of modules that have weights of their own."""
    return [folder / row.path for row in modules(folder) if row.kind in ("Dense", "LayerNorm")]


def task(folder: Path) -> str | None:
    """The task of the vectors that the modules make; None where they make none.

    Args:
        folder: of a checkpoint, of sentence-transformers or not.
    """
    kinds = [row.kind for row in modules(folder)]
    if "SpladePooling" in kinds:
        return "sparse-embedding"
    if "Pooling" in kinds:
        return "sentence-similarity"
    late = config(folder).model_type == _LATE or is_pylate(folder)
    return "late-interaction" if late else None


def is_pylate(folder: Path) -> bool:
    """Whether a PyLate up to its release 3 has saved the modules: they do not tell how to score."""
    stored, rows = config(folder), modules(folder)
    if not rows or stored.model_type not in (None, "SentenceTransformer", PYLATE):
        return False
    own = any(row.type == _PYLATE_DENSE for row in rows)
    return own or stored.model_type == PYLATE or stored.query_prefix is not None


def check_alone(folder: Path) -> None:
    """Refuses modules after the Transformers model that are not known to make an embedding.

    Raises:
        UnsupportedError: naming the first of them.
    """
    rows = modules(folder)[1:]
    if rows:
        raise UnsupportedError(
            f"sentence-transformers module {rows[0].kind} is not supported here: without it the "
            "answers would be others. To export the Transformers model alone, name its task with "
            "--task"
        )


def config(folder: Path) -> SentenceConfig:
    """What the checkpoint says of the whole model.

    Raises:
        SourceError: the file is not what sentence-transformers writes.
    """
    path = folder / CONFIG
    if not path.is_file():
        return SentenceConfig()
    return read_json(path, SentenceConfig, SourceError, REMEDY)


def prompts(folder: Path) -> dict[str, str]:
    """What an app puts before a text, by the text's role, like ``query`` and ``document``.

    Roles without a prompt are left out.
    """
    return {name: text for name, text in config(folder).prompts.items() if text}


def default_prompt_name(folder: Path) -> str | None:
    """Which of the :func:`prompts` stands before a text of which no role is known; None: none.

    Raises:
        SourceError: the checkpoint has none of that name.
    """
    stored = config(folder)
    name = stored.default_prompt_name
    if name is not None and name not in (*stored.prompts, *_ROLES):
        raise SourceError(
            f"default_prompt_name of {folder / CONFIG} is '{name}', which is none of its "
            f"prompts: {REMEDY}"
        )
    return name if name in prompts(folder) else None


def similarity(folder: Path, default: Similarity) -> Similarity:
    """How two vectors of the checkpoint are compared.

    Args:
        folder: the checkpoint's.
        default: for one that does not say.

    Raises:
        UnsupportedError: in a way that post-processing does not have.
    """
    named = config(folder).similarity_fn_name or default
    for known in get_args(Similarity):
        if named == known:
            return cast("Similarity", known)
    raise UnsupportedError(
        f"similarity_fn_name '{named}' of {CONFIG} is not supported: edgekit has "
        f"{', '.join(get_args(Similarity))}"
    )


def is_cross_encoder(folder: Path) -> bool:
    """Whether the checkpoint says that it scores pairs."""
    return config(folder).model_type == _CROSS


def activation(dotted: str, known: Sequence[str], whose: str) -> str:
    """The name of a class of torch.nn, from its dotted path.

    Args:
        dotted: the path, as a config has it.
        known: the names that are supported.
        whose: what has the activation, for the message.

    Raises:
        UnsupportedError: it is none of the ``known``.
    """
    name = dotted.rsplit(".", 1)[-1]
    if not dotted.startswith("torch.nn.") or name not in known:
        raise UnsupportedError(
            f"activation '{dotted}' of {whose} is not supported: edgekit has torch.nn's "
            f"{', '.join(known)}"
        )
    return name
