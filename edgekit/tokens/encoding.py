"""Texts to ids and offsets with nothing but the files of a bundle, as an app has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import words
from edgekit.bundle import Bundle
from edgekit.contents import TOKENIZER
from edgekit.errors import BundleError, InputError
from edgekit.tokens.encoded import Encoded, Prompt

if TYPE_CHECKING:
    from tokenizers import Encoding

MAX_OVERLAP = 128  # tokens that two windows over a long context share, at most
NO_PREFIX = "none"
_QUERY_AND_DOCUMENT = ("query", "document")


@dataclass(frozen=True)
class Prefixes:
    """What is put before a text that becomes a vector: the manifest's ``prompts``.

    ``by_role`` has them by the text's role, such as ``query``; ``default`` is the name of the one
    for texts without a role, and None where those stay as they are. ``NO_PREFIX`` names none.
    """

    by_role: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None

    def of(self, role: str | None) -> str:
        """The prefix of a text with this role; empty where there is none."""
        return self.by_role.get(role or self.default or "", "")

    def only(self, name: str) -> Prefixes:
        """The prefix of that name before every text, whatever its role.

        Raises:
            InputError: there is none of that name.
        """
        if name not in (*self.by_role, NO_PREFIX):
            known = ", ".join((*self.by_role, NO_PREFIX))
            raise InputError(f"the bundle has no prompt '{name}': choose from {known}")
        text = self.by_role.get(name, "")
        return Prefixes(dict.fromkeys((*self.by_role, *_QUERY_AND_DOCUMENT), text), name)


class Tokenizer:
    """A bundle's ``tokenizer.json``. Texts are cut at ``max_length`` tokens, specials included.

    Raises:
        BundleError: there is no such file, or it cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        max_length: int,
        truncation_side: str = "right",
        prefixes: Prefixes | None = None,
    ) -> None:
        import tokenizers

        path = folder / "tokenizer.json"
        if not path.is_file():
            raise BundleError(
                f"{folder.parent} has no tokenizer: convert a checkpoint that brings one"
            )
        try:
            self._backend = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more specific
            raise BundleError(f"{path} cannot be read: {error}") from error
        self._max_length, self._side = max_length, truncation_side
        self._prefixes = prefixes or Prefixes()
        self._backend.no_padding()

    @classmethod
    def of(cls, bundle: Bundle) -> Tokenizer:
        """The tokenizer of an opened bundle."""
        manifest = bundle.manifest
        side = "right" if manifest.tokenizer is None else manifest.tokenizer.truncation_side
        prefixes = Prefixes(manifest.prompts, manifest.default_prompt_name)
        return cls(bundle.path / TOKENIZER, manifest.max_length, side, prefixes)

    def cut_at(self, max_length: int) -> Tokenizer:
        """The same tokenizer for texts of another length."""
        other = copy(self)
        other._max_length = max_length
        return other

    def prompted(self, name: str) -> Tokenizer:
        """The same tokenizer, putting the prompt of that name before every text.

        Raises:
            InputError: the bundle has none of that name, which is not ``none`` either.
        """
        other = copy(self)
        other._prefixes = self._prefixes.only(name)
        return other

    def prompt(self, task: str, *texts: str, roles: Sequence[str] = ()) -> Prompt:
        """The rows that ``task`` asks a model about these texts.

        Args:
            task: one of edgekit's.
            texts: as many as it takes.
            roles: of each text that becomes a vector, such as ``query``: what is put before it.
                Without them those of a pair for late interaction are ``query`` and ``document``,
                and all other texts have none.

        Raises:
            InputError: too many or too few texts, nothing in them, not Unicode, or a question that
                leaves no room for a context.
        """
        _check_count(task, len(texts))
        for text in texts:
            _check_unicode(text)
        if task in _EACH:
            texts = tuple(self._prefixed(task, texts, roles))
        found = _PROMPTS.get(task, Tokenizer._together)(self, *texts)
        if not all(encoded.input_ids for encoded in found.encodings):
            raise InputError("the text is empty: no token is left of it")
        return found

    def token(self, token_id: int) -> str:
        """The vocabulary's entry, as it stands there."""
        return str(self._backend.id_to_token(token_id))

    def entries(self, word: str) -> tuple[int, ...]:
        """The vocabulary's entries that are the whole word: after a space, or at a text's start."""
        self._backend.no_truncation()
        rows = (
            self._backend.encode(text, add_special_tokens=False).ids for text in (f" {word}", word)
        )
        known = self._backend.token_to_id(word)
        exact = () if known is None else (known,)
        return tuple(dict.fromkeys((*(row[0] for row in rows if len(row) == 1), *exact)))

    def _prefixed(self, task: str, texts: Sequence[str], roles: Sequence[str]) -> Iterator[str]:
        if task == "late-interaction" and len(texts) == 2:
            roles = roles or _QUERY_AND_DOCUMENT
        for text, role in zip_longest(texts, roles):
            yield self._prefixes.of(role) + text

    def _together(self, *texts: str) -> Prompt:
        self._backend.enable_truncation(
            self._max_length, strategy="longest_first", direction=self._side
        )
        found = self._backend.encode(texts[0], texts[1] if len(texts) > 1 else None)
        # each further row repeats the special tokens, which are not left out
        left_out = sum(row.special_tokens_mask.count(0) for row in found.overflowing)
        return Prompt(texts, (_encoded(found),), left_out)

    def _each(self, *texts: str) -> Prompt:
        parts = [self._together(text) for text in texts]
        rows = tuple(part.encodings[0] for part in parts)
        return Prompt(texts, rows, sum(part.left_out for part in parts))

    def _windows(self, question: str, context: str) -> Prompt:
        """Windows from the left, each sharing half of its tokens, at most 128, with the next."""
        self._backend.no_truncation()
        asked = len(self._backend.encode(question, add_special_tokens=False))
        if not asked:
            raise InputError("the question is empty: ask something")
        if not len(self._backend.encode(context, add_special_tokens=False)):
            raise InputError("the context is empty: give the text that holds the answer")
        room = self._max_length - asked - self._backend.num_special_tokens_to_add(True)
        if room < 1:
            raise InputError(
                f"the question has {asked} tokens and leaves no room for a context in "
                f"{self._max_length}: ask a shorter one"
            )
        self._backend.enable_truncation(
            self._max_length,
            stride=min(MAX_OVERLAP, room // 2),
            strategy="only_second",
            direction="right",
        )
        first = self._backend.encode(question, context)
        rows = (first, *first.overflowing)
        return Prompt((question, context), tuple(map(_encoded, rows)))


_EACH = ("sentence-similarity", "sparse-embedding", "late-interaction")
_PROMPTS: Mapping[str, Callable[..., Prompt]] = {
    "question-answering": Tokenizer._windows,
    **dict.fromkeys(_EACH, Tokenizer._each),
}
_COUNTS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "question-answering": ((2,), "a question and a context"),
    "text-classification": ((1, 2), "one text, or two for a pair"),
    "sentence-similarity": ((1, 2), "one text for its vector, two to compare"),
    "sparse-embedding": ((1, 2), "one text for its vector, two to compare"),
    "late-interaction": ((1, 2), "one text for its vectors, a query and a document to compare"),
}


def _check_count(task: str, count: int) -> None:
    counts, wanted = _COUNTS.get(task, ((1,), "one text"))
    if count not in counts:
        raise InputError(f"{task} takes {wanted}, not {words.count(count, 'text')}")


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"the text is not valid Unicode at character {error.start}") from error


def _encoded(row: Encoding) -> Encoded:
    return Encoded(
        tuple(row.ids),
        tuple(row.type_ids),
        tuple(row.offsets),
        tuple(row.sequence_ids),
        tuple(row.word_ids),
    )
