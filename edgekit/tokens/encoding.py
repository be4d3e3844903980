"""Texts to ids and offsets with nothing but the files of a bundle, as an app has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from edgekit import words
from edgekit.bundle import Bundle
from edgekit.contents import TOKENIZER
from edgekit.errors import BundleError, InputError
from edgekit.tokens.encoded import Encoded, Prompt
from edgekit.tokens.roles import DOCUMENT, QUERY, Roles, shaped

MAX_OVERLAP = 128  # tokens that two windows over a long context share, at most


class Tokenizer:
    """A bundle's ``tokenizer.json``, which makes ids as the checkpoint's own tokenizer does.

    Args:
        folder: the bundle's.
        max_length: where texts are cut, in tokens, special ones included.
        truncation_side: the end at which they lose tokens: ``right`` or ``left``.
        roles: what a text's role decides; None: nothing.

    Raises:
        BundleError: there is no such file, or it cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        max_length: int,
        truncation_side: str = "right",
        roles: Roles | None = None,
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
        self._roles = roles or Roles()
        self._backend.no_padding()

    @classmethod
    def of(cls, bundle: Bundle) -> Tokenizer:
        """The tokenizer of an opened bundle."""
        manifest = bundle.manifest
        side = "right" if manifest.tokenizer is None else manifest.tokenizer.truncation_side
        roles = Roles(manifest.prompts, manifest.default_prompt_name, manifest.roles)
        return cls(bundle.path / TOKENIZER, manifest.max_length, side, roles)

    def cut_at(self, max_length: int) -> Tokenizer:
        """The same tokenizer for texts of another length."""
        other = copy(self)
        other._max_length = max_length
        return other

    def prompted(self, name: str) -> Tokenizer:
        """The same tokenizer, for which every text has the role of that name.

        Raises:
            InputError: the bundle has none of that name, which is not ``none`` either.
        """
        other = copy(self)
        other._roles = self._roles.chosen(name)
        return other

    def prompt(self, task: str, *texts: str, roles: Sequence[str] = ()) -> Prompt:
        """The rows that ``task`` asks a model about these texts.

        Args:
            task: one of edgekit's.
            texts: as many as it takes.
            roles: of each text that becomes a vector, such as ``query``. Without them those of a
                pair for late interaction are ``query`` and ``document``, and all other texts have
                none.

        Raises:
            InputError: too many or too few texts, nothing in them, not Unicode, or a question that
                leaves no room for a context.
        """
        _check_count(task, len(texts))
        for text in texts:
            _check_unicode(text)
        if task in _EACH:
            found = self._each(texts, roles or _roles(task, len(texts)))
        elif task == "question-answering":
            found = self._windows(*texts)
        else:
            found = self._together(*texts)
        if not all(len(encoded) > len(encoded.skipped) for encoded in found.encodings):
            raise InputError("the text is empty: no token is left of it")
        return found

    def token(self, token_id: int) -> str:
        """The vocabulary's entry of an id, as it stands there, like ``##ing``."""
        return str(self._backend.id_to_token(token_id))

    def entries(self, word: str) -> tuple[int, ...]:
        """The ids of the vocabulary's entries that are a whole word.

        It may stand after a space, or at a text's start.
        """
        self._backend.no_truncation()
        rows = (
            self._backend.encode(text, add_special_tokens=False).ids for text in (f" {word}", word)
        )
        known = self._backend.token_to_id(word)
        exact = () if known is None else (known,)
        return tuple(dict.fromkeys((*(row[0] for row in rows if len(row) == 1), *exact)))

    def _together(self, *texts: str) -> Prompt:
        """One row of a text, or of the two of a pair."""
        self._backend.enable_truncation(
            self._max_length, strategy="longest_first", direction=self._side
        )
        found = self._backend.encode(texts[0], texts[1] if len(texts) > 1 else None)
        # each further row repeats the special tokens, which are not left out
        left_out = sum(row.special_tokens_mask.count(0) for row in found.overflowing)
        return Prompt(texts, (Encoded.of(found),), left_out)

    def _each(self, texts: Sequence[str], roles: Sequence[str]) -> Prompt:
        """A row for each text, with its role's prompt and length."""
        parts = [self._alone(*pair) for pair in zip_longest(texts, roles)]
        return Prompt(
            tuple(part.texts[0] for part in parts),
            tuple(part.encodings[0] for part in parts),
            sum(part.left_out for part in parts),
        )

    def _alone(self, text: str, role: str | None) -> Prompt:
        """One row of a text as its role has it: with a prompt, cut, and maybe filled up."""
        facts = self._roles.of(role)
        length = min(self._max_length, facts.max_length or self._max_length)
        part = self.cut_at(length)._together(self._roles.prompt(role) + text)
        return replace(part, encodings=(shaped(part.encodings[0], facts),))

    def _windows(self, question: str, context: str) -> Prompt:
        """A row for each window of a context, with the question before it, from the left.

        Each shares half of its tokens, at most 128, with the next.
        """
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
        return Prompt((question, context), tuple(map(Encoded.of, rows)))


_EACH = ("sentence-similarity", "sparse-embedding", "late-interaction")
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


def _roles(task: str, count: int) -> tuple[str, ...]:
    """The roles of texts that are given none: those of a pair for late interaction, else none."""
    return (QUERY, DOCUMENT) if task == "late-interaction" and count == 2 else ()


def _check_unicode(text: str) -> None:
    """Raises InputError for a text with half of a surrogate pair, which UTF-8 cannot write."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"the text is not valid Unicode at character {error.start}") from error
