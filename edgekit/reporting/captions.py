"""The parts of a report in words, the same in every rendering: settings, groups, texts and claims.

Their numbers are those of :mod:`edgekit.reporting.wording`.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgekit.reporting import comparison
from edgekit.reporting.comparison import Comparison
from edgekit.reporting.groups import Group, Result, Setting
from edgekit.reporting.paper import Claim
from edgekit.reporting.texts import TextsRow
from edgekit.reporting.wording import NOT_MEASURED, NOTHING, times
from edgekit.stats import Interval
from edgekit.words import count, megabytes


def machine(setting: Setting) -> str:
    """A setting's device and hardware in one line."""
    return f"{setting.device}: {setting.machine}, {count(setting.threads, 'thread')}"


def has_energy(rows: Iterable[Result]) -> bool:
    """Whether any of the results has an estimate of energy, which only phones tell."""
    return any(row.measurement.energy_mj is not None for row in rows)


def ratio(found: Comparison | None) -> str:
    """A comparison as a cell: how many times faster, or on an emulated device fewer instructions.

    :data:`NOTHING` where there is none.
    """
    return times((found.faster or found.fewer_instructions) if found else None)


def base(group: Group, kind: str) -> str:
    """The heading of a column of ratios: what they are against."""
    return {
        comparison.SAME_RECIPE: f"{group.against}, same recipe",
        comparison.FULL_PRECISION: f"{group.against or 'own'} fp32",
        comparison.EAGER: "PyTorch eager",
    }[kind]


def kinds(group: Group) -> list[str]:
    """The kinds of comparison that some result of the group has, in the order of columns.

    Without a base model those against its file of the same recipe are left out.
    """
    asked = [comparison.FULL_PRECISION, comparison.SAME_RECIPE, comparison.EAGER]
    if group.against is None:
        asked.remove(comparison.SAME_RECIPE)
    return [
        kind for kind in asked if any(ratio(row.against(kind)) != NOTHING for row in group.rows)
    ]


def texts_title(first: TextsRow) -> str:
    """Like ``reviews.txt: 120 texts, 80 of them in 32 and 40 in 64 tokens``."""
    lengths = ", ".join(f"{number} in {length}" for length, number in first.histogram.items())
    cut = f"; {first.cut} cut to the maximum" if first.cut else ""
    return f"{first.file}: {count(first.count, 'text')} ({lengths} tokens{cut})"


def claim(value: float | Interval, unit: str) -> str:
    """A number of a paper, or ours beside it, in the words of its unit.

    Args:
        value: of ``unit``.
        unit: ``parameters``, ``bytes`` or ``times``.
    """
    plain = value.value if isinstance(value, Interval) else value
    return {
        "parameters": lambda: f"{plain / 1e6:.1f} M parameters",
        "bytes": lambda: megabytes(plain),
        "times": lambda: times(value),
    }[unit]()


def ours(found: Claim) -> list[tuple[str, str]]:
    """Our numbers beside a claim, each with the file it is of."""
    rows = [(claim(each.value, found.unit), each.what) for each in found.ours]
    return rows or [(NOT_MEASURED, "nothing here can stand beside it")]
