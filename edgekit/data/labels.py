"""Labels of data as indices of the model's labels: by name, by index, or by name in any case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from edgekit.errors import DataError, PlanError

Reading = Callable[[str], int | None]


def readings(names: Sequence[str]) -> dict[str, Reading]:
    """The ways in which a text may name one of the model's labels: by name, by index, in any case.

    Args:
        names: the model's labels, in the order of its logits.

    Returns:
        By what the way is called, a function from a text to the label's index, or None. The first
        way that fits all labels of a file is the one that counts.
    """
    exact = {name: index for index, name in reversed(list(enumerate(names)))}
    folded = {name.casefold(): index for name, index in exact.items()}

    def by_index(text: str) -> int | None:
        whole = text.removesuffix(".0")
        return int(whole) if whole.isdecimal() and int(whole) < len(names) else None

    return {
        "name": exact.get,
        "index": by_index,
        "name in any case": lambda text: folded.get(text.casefold()),
    }


def plain(value: object) -> str:
    """A cell, which may be a number or a text, as the text of a label."""
    return str(int(value)) if isinstance(value, bool) else str(value).strip()


def check(names: Sequence[str], renamed: Mapping[str, str]) -> None:
    """Checks that every label that is renamed becomes one of the model's.

    Args:
        names: the model's labels.
        renamed: names of the model, by those of the data.

    Raises:
        PlanError: one becomes something else.
    """
    fits = is_label(names, {})
    unknown = [f"{old}={new}" for old, new in renamed.items() if not fits(new)]
    if unknown:
        has = f"({_listed(names)})" if names else "and no others"
        raise PlanError(f"--labels {unknown[0]}: the model has no such label {has}")


def is_label(names: Sequence[str], renamed: Mapping[str, str]) -> Callable[[object], bool]:
    """A function that tells whether a cell may be a label of the model.

    Args:
        names: the model's labels.
        renamed: names of the model, by those of the data.
    """
    ways = readings(names).values()

    def fits(value: object) -> bool:
        text = renamed.get(plain(value), plain(value))
        return any(way(text) is not None for way in ways)

    return fits


def read(
    values: Sequence[tuple[str, object]], names: Sequence[str], renamed: Mapping[str, str]
) -> tuple[list[int], str]:
    """The index of each label, and in which way they were read.

    Args:
        values: where each label stands, for messages, and the label.
        names: the model's labels, in the order of its logits.
        renamed: names of the model for those of the data, where they differ.

    Raises:
        DataError: a label is none of the model's, or one that is renamed is in no row.
    """
    given = {plain(value) for _, value in values}
    unknown = [f"{old}={new}" for old, new in renamed.items() if old not in given]
    if unknown:
        raise DataError(
            f"--labels {unknown[0]}: no row has that label ({_listed(sorted(given))}): correct it, "
            "or leave it out"
        )
    texts = [renamed.get(plain(value), plain(value)) for _, value in values]
    fits = {way: [read(text) for text in texts] for way, read in readings(names).items()}
    way = max(fits, key=lambda name: sum(index is not None for index in fits[name]))
    found = fits[way]
    if None in found:
        place, value = values[found.index(None)]
        header = ", say --columns if this line has the columns' names"
        raise DataError(
            f"{place}: '{plain(value)}' is no label of the model ({_listed(names)}): correct it"
            f"{header if place.endswith(', line 1') else ''}, or say which it is with "
            f"--labels '{plain(value)}=LABEL'"
        )
    return [index for index in found if index is not None], way


def _listed(names: Sequence[str], most: int = 12) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
