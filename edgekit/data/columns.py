"""Which column is the text and which the label: named by the user, or guessed and said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.data.rows import Table, plain
from edgekit.errors import DataError, PlanError

_LOOKED_AT = 50  # rows that are looked at to tell labels from texts


@dataclass(frozen=True)
class Role:
    """What a column is for; ``guesses`` are names it is known by, the likeliest first."""

    name: str
    guesses: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True)
class Columns:
    """The column of each role that has one.

    Attributes:
        names: of columns, by the role's name.
        guess: a sentence about what the user did not say and was guessed; None: nothing was.
    """

    names: Mapping[str, str]
    guess: str | None


def known(roles: Sequence[Role], given: Mapping[str, str]) -> set[str]:
    """The names by which the first line of a file is recognised as a header.

    Args:
        roles: whose names and usual other names count.
        given: columns named by the user, by role; mere numbers are not names.
    """
    guesses = {name for role in roles for name in (role.name, *role.guesses)}
    return guesses | {plain(name) for name in given.values() if not name.isdecimal()}


def choose(
    table: Table,
    roles: Sequence[Role],
    given: Mapping[str, str],
    is_label: Callable[[object], bool],
) -> Columns:
    """A column for each role.

    Args:
        table: the data.
        roles: of the task, in the order in which columns without names are taken.
        given: columns named by the user, by role.
        is_label: tells a label's cell from a text, where columns have no names.

    Raises:
        DataError: a required role has no column, or a named column does not exist.
        PlanError: ``given`` has a role that the task does not have.
    """
    _check(table, roles, given)
    rest = [name for name in table.columns if name not in given.values()]
    missing = [role for role in roles if role.name not in given]
    found = _by_name(missing, rest) if table.header else _by_place(table, missing, rest, is_label)
    for role in missing:
        if role.required and role.name not in found:
            raise _missing(table, role)
    guess = ", ".join(f"{role} is {_column(name)}" for role, name in found.items())
    return Columns({**given, **found}, guess or None)


def fits(table: Table, roles: Sequence[Role], given: Mapping[str, str]) -> bool:
    """Whether the columns' names alone say what each required role's is."""
    missing = [role for role in roles if role.name not in given]
    found = _by_name(missing, [name for name in table.columns if name not in given.values()])
    return all(role.name in found for role in missing if role.required)


def _check(table: Table, roles: Sequence[Role], given: Mapping[str, str]) -> None:
    """Refuses a role that the task does not have, and a column that the file does not have."""
    names = [role.name for role in roles]
    for role, column in given.items():
        if role not in names:
            raise PlanError(f"--columns has no '{role}' here: it takes {', '.join(names)}")
        if column not in table.columns:
            raise DataError(
                f"{table.path} has no column '{column}': choose from {_listed(table.columns)}"
            )


def _missing(table: Table, role: Role) -> DataError:
    """The error of a required role without a column."""
    if len(table.columns) == 1:
        return DataError(
            f"{table.path} has one column, and none for the {role.name}: separate columns by "
            "commas in .csv and by tabs in .tsv"
        )
    return DataError(
        f"{table.path} has no column for the {role.name}; its columns are "
        f"{_listed(table.columns)}: say --columns {role.name}=NAME"
    )


def _by_name(roles: Sequence[Role], columns: Sequence[str]) -> dict[str, str]:
    """The column of each role that has one of its names, by role; a column serves one role."""
    free = {plain(name): name for name in reversed(columns)}
    found = {}
    for role in roles:
        name = next((name for name in (role.name, *role.guesses) if name in free), None)
        if name is not None:
            found[role.name] = free.pop(name)
    return found


def _by_place(
    table: Table, roles: Sequence[Role], columns: Sequence[str], is_label: Callable[[object], bool]
) -> dict[str, str]:
    """The column of each role, where columns have no names.

    The label is where most cells are labels; the other roles are taken in order.

    Raises:
        DataError: there are more columns of texts than roles for them.
    """
    rows = table.rows[:_LOOKED_AT]
    rest, found = list(columns), {}
    if any(role.name == LABEL for role in roles):
        fitting = {name: sum(is_label(row.cells[name]) for row in rows) for name in reversed(rest)}
        likeliest = max(fitting, key=lambda name: fitting[name])
        if fitting[likeliest] > len(rows) / 2 and len(rest) > 1:
            found[LABEL] = likeliest
            rest.remove(likeliest)
    others = [role.name for role in roles if role.name != LABEL]
    texts = [name for name in rest if not all(_is_number(row.cells[name]) for row in rows)]
    if len(texts) > len(others) and isinstance(rows[0].cells[texts[0]], str):
        raise DataError(
            f"{table.path} has {len(table.columns)} columns without names, and it cannot be told "
            f"which is which: say --columns {','.join(f'{role.name}=NUMBER' for role in roles)}"
        )
    return {**dict(zip(others, texts, strict=False)), **found}


def _is_number(cell: Any) -> bool:
    """Whether a cell can be read as a number."""
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _column(name: str) -> str:
    return f"column {name}" if name.isdecimal() else f"'{name}'"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


LABEL = "label"
_PAIR = ("text2", "sentence2", "sentence_2", "hypothesis", "question2", "premise2", "s2")
_FIRST = ("sentence1", "sentence_1", "text1", "premise", "question1", "s1")
_SCORES = ("score", "similarity_score", "similarity", "relatedness_score", "target", "gold")
_LABELS = ("labels", "target", "class", "category", "gold_label", "sentiment", "intent", "stars")
_TEXTS = ("review", "content", "comment", "tweet", "utterance", "question", "sentence")

CLASSIFICATION = (
    Role("text", (*_FIRST, *_TEXTS)),
    Role("pair", (*_PAIR, "sentence"), required=False),
    Role(LABEL, (*_LABELS, "score")),
)
SIMILARITY = (
    Role("text", (*_FIRST, "sentence", "question")),
    Role("pair", _PAIR),
    Role(LABEL, (*_SCORES, *_LABELS)),
)
RETRIEVAL = (
    Role("query", ("question", "anchor")),
    Role("document", ("passage", "positive", "context", "doc", "text", "answer")),
    Role(LABEL, ("relevance", "score", "labels"), required=False),
)
READING = (
    Role("question", ("query",)),
    Role("context", ("passage", "paragraph", "text")),
    Role("answers", ("answer", "answer_text")),
)
TAGGING = (
    Role("text", ("tokens", "words")),
    Role(LABEL, ("ner_tags", "tags", "labels", "pos_tags", "ner")),
)
MASKS = (
    Role("text", ("sentence", "content", "masked")),
    Role(LABEL, ("labels", "target", "token", "answer", "word"), required=False),
)
