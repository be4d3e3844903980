"""What single formats are asked for: a format with arguments of its own has a type of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from edgekit.errors import PlanError
from edgekit.manifest.texts import TokenizerFacts
from edgekit.recipe import Recipe


@dataclass(frozen=True)
class FormatOptions:
    """What a format is asked for; this type is that of formats which can be asked for nothing.

    A subclass has a field for each argument, with a default, that :func:`edgekit.convert` has under
    the same name. ``metadata={"choices": ...}`` of a field lists what it may be.
    """

    @classmethod
    def arguments(cls) -> set[str]:
        """The names of the fields."""
        return {each.name for each in fields(cls)}

    @classmethod
    def of(cls, given: Mapping[str, object]) -> FormatOptions:
        """The options among the arguments that a user has given.

        Raises:
            PlanError: one has a value that it cannot have.
        """
        own = {each: given[each.name] for each in fields(cls) if each.name in given}
        for field, value in own.items():
            choices: Collection[object] = field.metadata.get("choices", (value,))
            if value not in choices:
                names = ", ".join(map(str, choices))
                raise PlanError(f"{flag(field.name)} {value}: choose from {names}")
        return cls(**{field.name: value for field, value in own.items()})

    def adapted(self, recipe: Recipe) -> Recipe:
        """The recipe that the files follow: the one asked for, as these options change it."""
        return recipe

    def with_tokenizer(self, out: Path, facts: TokenizerFacts) -> FormatOptions:
        """The options with the bundle's tokenizer, for a format that builds it into its files.

        Args:
            out: the bundle's folder, in which the tokenizer is.
            facts: what the manifest says of it.
        """
        return self

    @property
    def rounding_known(self) -> bool:
        """Whether runtimes round activations as :mod:`edgekit.proof.recipe_reference` has it."""
        return True


NONE = FormatOptions()


def flag(name: str) -> str:
    """An argument's name as an option of the command line: ``--minimum-ios``."""
    return f"--{name.replace('_', '-')}"
