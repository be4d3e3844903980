"""The role of a text, such as ``query``: what stands before it, and what its row of ids is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edgekit.errors import InputError
from edgekit.manifest.roles import RoleFacts
from edgekit.tokens.encoded import Encoded

NONE = "none"  # the role of a text without one, and the name of no prompt
QUERY, DOCUMENT = "query", "document"
_AS_IT_IS = RoleFacts()


@dataclass(frozen=True)
class Roles:
    """A model's roles, as its manifest has them.

    Attributes:
        prompts: what stands before a text, by its role.
        default_prompt: the name of the one for texts without a role; None: these stay as they are.
        facts: how the row of a text is made, by its role, ``NONE`` for texts without one.
        only: the role that every text has, whatever it was given; None: each its own.
    """

    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    facts: Mapping[str, RoleFacts] = field(default_factory=dict)
    only: str | None = None

    def prompt(self, role: str | None) -> str:
        """What stands before a text of this role; empty where nothing does."""
        return self.prompts.get(self.only or role or self.default_prompt or "", "")

    def of(self, role: str | None) -> RoleFacts:
        """How the row of a text of this role is made."""
        none = self.facts.get(NONE, _AS_IT_IS)
        return self.facts.get(self.only or role or NONE, none)

    def chosen(self, name: str) -> Roles:
        """The same roles, where every text has the one of that name.

        Raises:
            InputError: there is none of that name, which is not ``none`` either.
        """
        known = [*dict.fromkeys((*self.prompts, *sorted({*self.facts} - {NONE}))), NONE]
        if name not in known:
            raise InputError(f"the bundle has no prompt '{name}': choose from {', '.join(known)}")
        return replace(self, only=name)


def shaped(row: Encoded, facts: RoleFacts) -> Encoded:
    """A text's row as its role wants it.

    Args:
        row: unpadded.
        facts: of the role.

    Returns:
        The row, filled up if it is short, with the places whose vectors do not count.
    """
    expansion = facts.expansion
    missing = 0 if expansion is None else max(0, expansion.length - len(row))
    ids, mask = row.input_ids, row.attention_mask
    if expansion is not None and missing:
        ids += (expansion.token_id,) * missing
        mask = () if expansion.attended else (1,) * len(row) + (0,) * missing
    nowhere = (None,) * missing
    return Encoded(
        ids,
        row.token_type_ids + (0,) * missing,
        row.offsets + ((0, 0),) * missing,
        row.sequence_ids + nowhere,
        row.word_ids + nowhere,
        mask,
        tuple(place for place, token in enumerate(ids) if token in facts.skip_ids),
    )
