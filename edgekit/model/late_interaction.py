"""ColBERT models in the four forms they are saved in: what is done to queries and to documents.

sentence-transformers reads all of them as a MultiVectorEncoder: its own, those of PyLate up to its
release 3 (``config_sentence_transformers.json`` has it all), and those of Stanford's ColBERT
(``artifact.metadata``, and the projection among the encoder's weights).
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from msgspec import UNSET, UnsetType

from edgekit.documents import read_json
from edgekit.errors import SourceError, UnsupportedError
from edgekit.model import config as configs
from edgekit.model import sentence, sentence_encoder, weights
from edgekit.model.head import Dense
from edgekit.model.sentence import REMEDY, Size
from edgekit.model.sentence_encoder import QueryExpansion
from edgekit.tokens.roles import DOCUMENT, QUERY

PROJECTION = "linear.weight"  # of Stanford's checkpoints, beside the encoder's own weights
STANFORD = "HF_ColBERT"
METADATA = "artifact.metadata"
_USUAL_LENGTH = 32  # of an expanded query, where a checkpoint does not say


@dataclass(frozen=True)
class TextSettings:
    """What the checkpoint's library does to texts by their role, told without a tokenizer.

    Attributes:
        own_length: where texts without a role are cut, in tokens.
        lengths: where texts of a role are cut.
        expansion: how queries are filled up; None: they are not.
        skip_words: words whose tokens are left out of the scores.
        skip_roles: the roles whose texts leave them out; a text without a role is a document.
    """

    own_length: int
    lengths: Mapping[str, int] = field(default_factory=dict)
    expansion: QueryExpansion | None = None
    skip_words: tuple[str, ...] = ()
    skip_roles: tuple[str, ...] = (DOCUMENT,)

    def length(self, role: str) -> int:
        """Where a text of the role is cut, in tokens.

        It is no less than what queries are filled up to.
        """
        own = self.lengths.get(role, self.own_length)
        if role != QUERY or self.expansion is None:
            return own
        least = self.expansion.length
        return least if self.expansion.strategy == "fixed" else max(least, own)

    @property
    def default_length(self) -> int:
        """Where a text is cut that may be a query or a document: the longer of the two lengths."""
        return max(map(self.length, (QUERY, DOCUMENT)))


@dataclass(frozen=True)
class _PyLate:
    """What PyLate keeps of a model in ``config_sentence_transformers.json``."""

    query_prefix: str | None = None
    document_prefix: str | None = None
    query_length: Size | None = None
    document_length: Size | None = None
    query_expansion: QueryExpansion | UnsetType | None = UNSET
    do_query_expansion: bool | None = None
    attend_to_expansion_tokens: bool | None = None
    attend_to_mask_tokens: bool | None = None
    skiplist_words: tuple[str, ...] | None = None

    def expansion(self) -> QueryExpansion | None:
        """How queries are filled up; None if they are not.

        PyLate fills them up to ``query_length`` unless its file says otherwise or has no setting of
        its own at all.
        """
        if self.query_expansion is not UNSET:
            return self.query_expansion
        if self == _PyLate() or self.do_query_expansion is False:
            return None
        attend = self.attend_to_expansion_tokens
        attend = bool(self.attend_to_mask_tokens if attend is None else attend)
        return QueryExpansion("fixed", self.query_length or _USUAL_LENGTH, attend)


@dataclass(frozen=True)
class _Stanford:
    """What Stanford's ColBERT keeps of a model in ``artifact.metadata``."""

    query_token_id: str | None = None
    doc_token_id: str | None = None
    query_maxlen: Size | None = None
    doc_maxlen: Size | None = None
    attend_to_mask_tokens: bool | None = None
    mask_punctuation: bool = True


@dataclass(frozen=True)
class _ScoringMask:
    """What a module that leaves tokens out of the scores keeps in its config."""

    skiplist_words: tuple[str, ...] | None = None
    skiplist_tasks: str | tuple[str, ...] | None = None
    keep_only_token_ids: tuple[int, ...] | None = None


def read(folder: Path, encoder: Path, own_length: int) -> TextSettings:
    """What a checkpoint says of queries and documents.

    Args:
        folder: the checkpoint's.
        encoder: the one below it with the Transformers model.
        own_length: where its tokenizer cuts, in tokens.

    Raises:
        SourceError: a file is damaged, or says what contradicts itself.
        UnsupportedError: it says what a bundle does not have.
    """
    if is_stanford(folder):
        return _stanford(folder, own_length)
    stored, pylate = sentence_encoder.settings(encoder), _pylate(folder)
    expansion = stored.query_expansion or pylate.expansion()
    by_role = {
        QUERY: stored.query_length or pylate.query_length,
        DOCUMENT: stored.document_length or pylate.document_length,
    }
    words, roles = _skipped(folder, pylate)
    found = TextSettings(
        own_length,
        {role: length for role, length in by_role.items() if length},
        expansion,
        words,
        roles,
    )
    _check(folder, encoder, found)
    return found


def is_stanford(folder: Path) -> bool:
    """Whether Stanford's ColBERT has saved the checkpoint, and nothing else since."""
    path = folder / configs.NAME
    if sentence.has_modules(folder) or not path.is_file():
        return False
    return STANFORD in configs.texts(configs.read(path), "architectures")


def markers(folder: Path) -> dict[str, str]:
    """The word that ColBERT puts before a text, as one token of its own, by the text's role.

    Empty where the checkpoint has none: newer libraries use prompts.
    """
    if is_stanford(folder):
        stored = _metadata(folder)
        return {
            QUERY: f"{stored.query_token_id or '[unused0]'} ",
            DOCUMENT: f"{stored.doc_token_id or '[unused1]'} ",
        }
    pylate = _pylate(folder)
    found = {QUERY: pylate.query_prefix, DOCUMENT: pylate.document_prefix}
    return {role: marker for role, marker in found.items() if marker}


def prompts(folder: Path) -> dict[str, str]:
    """The text that an app puts before a text, by its role: a marker first, then a prompt."""
    found = sentence.prompts(folder)
    for role, marker in markers(folder).items():
        found[role] = marker + found.get(role, "").removeprefix(marker)
    return found


def projection(folder: Path) -> Dense:
    """The linear layer of one of Stanford's checkpoints, which lies among the encoder's weights.

    :mod:`edgekit.model.source` has refused untrusted pickles.

    Raises:
        SourceError: it is not there, or the weights cannot be read.
    """
    import torch
    from safetensors.torch import load_file

    weight = None
    for path in weights.find(folder, allow_pickle=True, remedy=REMEDY).paths:
        try:
            safe = path.suffix == ".safetensors"
            found = load_file(path) if safe else torch.load(path, weights_only=True)
        except Exception as error:  # of safetensors or of torch
            reason = " ".join(repr(error).split())[:200]
            raise SourceError(f"{path} cannot be loaded: {reason}") from error
        weight = found.get(PROJECTION, weight)
    if weight is None:
        raise SourceError(f"{folder} has no {PROJECTION}, ColBERT's own layer: {REMEDY}")
    array = weight.float().numpy()
    return Dense(PROJECTION, array, np.zeros(len(array), np.float32), "Identity")


def _pylate(folder: Path) -> _PyLate:
    """The folder's settings of PyLate; defaults where it has none."""
    path = folder / sentence.CONFIG
    return read_json(path, _PyLate, SourceError, REMEDY) if path.is_file() else _PyLate()


def _metadata(folder: Path) -> _Stanford:
    """The folder's settings of Stanford's ColBERT."""
    path = folder / METADATA
    return read_json(path, _Stanford, SourceError, REMEDY) if path.is_file() else _Stanford()


def _stanford(folder: Path, own_length: int) -> TextSettings:
    """The settings of one of Stanford's checkpoints, in edgekit's words."""
    stored = _metadata(folder)
    length, attend = stored.query_maxlen or _USUAL_LENGTH, bool(stored.attend_to_mask_tokens)
    return TextSettings(
        own_length,
        {DOCUMENT: stored.doc_maxlen} if stored.doc_maxlen else {},
        QueryExpansion("fixed", length, attend),
        tuple(string.punctuation) if stored.mask_punctuation else (),
    )


def _skipped(folder: Path, pylate: _PyLate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words whose tokens do not count in the scores, and the roles in which they do not.

    Raises:
        UnsupportedError: the checkpoint leaves other tokens out than those of words.
    """
    for row in sentence.modules(folder):
        if row.kind == "MultiVectorMask":
            path = folder / row.path / configs.NAME
            stored = read_json(path, _ScoringMask, SourceError, REMEDY)
            if stored.keep_only_token_ids:
                raise UnsupportedError(
                    f"keep_only_token_ids of {path} leaves all other tokens of a document out of "
                    "its scores, which a bundle does not: empty it where your search is as good "
                    "without"
                )
            tasks = stored.skiplist_tasks
            tasks = (tasks,) if isinstance(tasks, str) else tasks
            return stored.skiplist_words or (), (DOCUMENT,) if tasks is None else tasks
    if not sentence.is_pylate(folder):
        return (), (DOCUMENT,)
    words = pylate.skiplist_words
    return tuple(string.punctuation) if words is None else words, (DOCUMENT,)


def _check(folder: Path, encoder: Path, found: TextSettings) -> None:
    """Refuses settings that contradict each other, and a score that a bundle does not give."""
    if sentence.config(folder).similarity_fn_name == "meanmaxsim":
        raise UnsupportedError(
            f"similarity_fn_name 'meanmaxsim' of {sentence.CONFIG} divides by a query's count of "
            "vectors, and a bundle gives the sum: remove it, and divide it yourself"
        )
    expansion, given = found.expansion, found.lengths.get(QUERY)
    if expansion is not None and given is not None and given < expansion.length:
        raise SourceError(
            f"query_length of {encoder.name}'s Transformer module is {given}, and query_expansion "
            f"fills queries up to {expansion.length}: make one of them fit the other"
        )
