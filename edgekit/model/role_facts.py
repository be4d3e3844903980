"""What a checkpoint says of roles in words, in the ids of its tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.errors import SourceError, UnsupportedError
from edgekit.manifest.roles import Expansion, RoleFacts
from edgekit.model.late_interaction import TextSettings
from edgekit.model.sentence import REMEDY
from edgekit.model.sentence_encoder import QueryExpansion
from edgekit.tokens.roles import DOCUMENT, NONE, QUERY

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def mark(tokenizer: PreTrainedTokenizerFast, found: Mapping[str, str]) -> None:
    """Adds a checkpoint's markers to its tokenizer, so that one in a text becomes one token.

    Older libraries put the marker's id there themselves; in a text most tokenizers would take it
    apart.

    Args:
        tokenizer: it is changed.
        found: the markers, by role; those that the tokenizer has no id for are passed over.
    """
    from transformers import AddedToken

    known = tokenizer.get_vocab()
    for marker in found.values():
        names = (marker, *marker.split(maxsplit=1)[:1])
        name = next((each for each in names if each in known), None)
        if name is not None and tokenizer.tokenize(name) != [name]:
            tokenizer.add_tokens([AddedToken(name, normalized=False, special=True)], True)


def roles(
    settings: TextSettings, tokenizer: PreTrainedTokenizerFast, max_length: int
) -> dict[str, RoleFacts]:
    """The manifest's ``roles``; empty where every text is cut at ``max_length``, and that is all.

    Args:
        settings: of the checkpoint.
        tokenizer: says which ids the words are.
        max_length: of the bundle.

    Raises:
        SourceError: the tokenizer has none of the token that fills queries up.
        UnsupportedError: it pads on the left.
    """
    if max_length > settings.default_length:  # asked for: no role that names a length has more
        settings = replace(settings, own_length=max_length)
    skipped = _ids(settings.skip_words, tokenizer)
    expansion = _expansion(settings.expansion, tokenizer)
    found = {}
    for role in (QUERY, DOCUMENT, NONE):
        length = settings.own_length if role == NONE else settings.length(role)
        skips = (DOCUMENT if role == NONE else role) in settings.skip_roles
        found[role] = RoleFacts(
            max_length=length if length < max_length else None,
            expansion=expansion if role == QUERY else None,
            skip_ids=skipped if skips else (),
        )
    return found if any(facts != RoleFacts() for facts in found.values()) else {}


def _expansion(
    stored: QueryExpansion | None, tokenizer: PreTrainedTokenizerFast
) -> Expansion | None:
    """How queries are filled up, with the id of the token that does it; None if they are not.

    Raises:
        SourceError: the tokenizer lacks that token.
        UnsupportedError: it pads on the left.
    """
    if stored is None:
        return None
    if tokenizer.padding_side == "left":
        raise UnsupportedError(
            "the tokenizer pads on the left, and so puts what fills a query up before it, which a "
            "bundle does not: set padding_side to right where the model was trained so"
        )
    if stored.token is not None:
        found = _ids((stored.token,), tokenizer)
        token_id = found[0] if found else None
    else:
        token_id = tokenizer.mask_token_id
        token_id = tokenizer.eos_token_id if token_id is None else token_id
    if token_id is None:
        raise SourceError(
            f"queries are filled up with {stored.token or 'the mask token'}, which the tokenizer "
            f"does not have: {REMEDY}"
        )
    return Expansion(token_id=token_id, length=stored.length, attended=stored.attend)


def _ids(words: tuple[str, ...], tokenizer: PreTrainedTokenizerFast) -> tuple[int, ...]:
    """The ids of those words that are one token each.

    The others, and unknown ones, are left out.
    """
    found = {word: tokenizer.convert_tokens_to_ids(word) for word in words}
    unknown = (None, tokenizer.unk_token_id)
    own = (id_ for word, id_ in found.items() if id_ not in unknown or word == tokenizer.unk_token)
    return tuple(sorted(set(own)))
