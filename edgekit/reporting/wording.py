"""Numbers in words, the same in every rendering. Computes nothing but the choice of words."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.benchmarks.measurement import Conditions, Measurement, Operator, Subject
from edgekit.stats import Interval
from edgekit.words import count, megabytes

RANDOM = "random weights: right for size, speed and parity, meaningless for accuracy"
EMULATED = "instructions of one inference in an emulator: repeatable, and no latency"
ENERGY = "est. mJ"
ESTIMATE = "millijoules an inference, of the whole phone, estimated from its battery's counters"
PROFILED = "by the runtimes' own profilers: shares are right, milliseconds too many"
PARETO = "no other file is both smaller and faster"
METHOD = (
    "Intervals are of 95%: Student's over a file's processes, or a bootstrap of a single one; "
    "memory is the growth of the process over what it held before the file was opened"
)
NO_DIFFERENCE = "no difference"  # shown, that is: the interval of a ratio holds 1
NOT_MEASURED = "not measured"
NOTHING = "–"


def ms(value: float | None) -> str:
    """A time in milliseconds with three significant digits, as a whole number from 100 on."""
    if value is None:
        return NOTHING
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def ms_interval(value: Interval) -> str:
    """A time with its interval, like ``12.3 [12.1, 12.6]``."""
    digits = 0 if value.value >= 1000 else 1 if value.value >= 100 else 2
    return f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"


def per_second(value: float) -> str:
    """Inferences a second with three digits; whole ones from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def millijoules(energy_mj: float | None) -> str:
    """An estimate of energy with three digits."""
    return NOTHING if energy_mj is None else f"{energy_mj:.3g}"


def memory(row: Measurement) -> str:
    """The growth of memory at its peak, in MB, with the limit that the file ran within, if any."""
    grown = NOTHING if row.peak_memory_bytes is None else megabytes(row.peak_memory_bytes)
    limit = row.memory_limit_bytes
    return grown if limit is None else f"{grown} (within {limit / 2**20:.4g} MiB)"


def millions(count: int | float | None) -> str:
    """A count in millions, like ``42.1 M``."""
    return NOTHING if count is None else f"{count / 1e6:,.1f} M"


def times(value: Interval | float | None) -> str:
    """A ratio as people read it, like ``2.01x [1.97, 2.04]``.

    Where its interval holds 1 the words say that no difference is shown; None is :data:`NOTHING`.
    """
    if value is None:
        return NOTHING
    if isinstance(value, Interval):
        shown = NO_DIFFERENCE if value.holds(1) else f"{value.value:.2f}x"
        return f"{shown} {bounds(value)}"
    return f"{value:.2f}x"


def bounds(value: Interval) -> str:
    """Like ``[1.97, 2.04]``."""
    return f"[{value.low:.2f}, {value.high:.2f}]"


def inverse(value: Interval) -> Interval:
    """The ratio the other way round: how many times slower for how many times faster."""
    return Interval(1 / value.value, 1 / value.high, 1 / value.low)


def faster(value: Interval, base: str) -> str:
    """A lead in words, like ``2.01x [1.97, 2.04] faster than BERT fp32``."""
    if value.holds(1):
        return f"not shown to be faster or slower than {base} {bounds(value)}"
    ratio, word = speed(value)
    return f"{times(ratio)} {word} than {base}"


def speed(value: Interval) -> tuple[Interval, str]:
    """A ratio of latencies and its word, ``faster`` or, turned round, ``slower``.

    Its interval must not hold 1.
    """
    return (value, "faster") if value.value > 1 else (inverse(value), "slower")


def fewer(value: float) -> str:
    """Like ``2.00x fewer``."""
    return f"{times(value)} fewer" if value >= 1 else f"{times(1 / value)} more"


def smaller(value: float) -> str:
    """Like ``6.5x smaller``."""
    if 0.995 < value < 1.005:
        return "of equal size"
    return f"{value:.1f}x smaller" if value > 1 else f"{1 / value:.1f}x larger"


def conditions(where: Conditions) -> str:
    """A measurement's conditions without the machine: ``host, 1 thread, 128 tokens, batch 1``."""
    threads, tokens = count(where.threads, "thread"), count(where.length, "token")
    return f"{where.device}, {threads}, {tokens}, batch {where.batch}"


def subject(found: Subject) -> str:
    """Model and recipe, like ``DistilBERT int8``."""
    return f"{found.model} {found.recipe}"


def state(row: Measurement) -> str:
    """Why a row has no numbers, or the codes of its warnings."""
    if row.failure is not None:
        return f"failed: {row.failure}"
    if row.unmeasured is not None:
        return f"{NOT_MEASURED}: {row.unmeasured}"
    return ", ".join(row.warnings)


def environment(row: Measurement) -> list[tuple[str, str]]:
    """Facts about the machine of a measurement, each with its name for people."""
    return [
        (key.removesuffix("_bytes").replace("_", " "), _plain(key, value))
        for key, value in row.environment.items()
        if value not in (None, [], "", {}) and key not in ("runtime", "machine")
    ]


def _plain(key: str, value: object) -> str:
    """A fact about a machine as people read it; ``key`` tells its unit."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {version}" for name, version in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if key.endswith("bytes") and isinstance(value, (int, float)):
        return f"{value / 2**30:.1f} GiB"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def profile(operators: Sequence[Operator], most: int = 8) -> list[tuple[str, int, float, float]]:
    """The operators that cost most.

    Args:
        operators: of a profile.
        most: how many rows there may be; the others are one row more.

    Returns:
        Name, calls, milliseconds and share of each.
    """
    total = sum(row.time_ms for row in operators) or 1.0
    rows = [(row.name, row.calls, row.time_ms, row.time_ms / total) for row in operators[:most]]
    rest = operators[most:]
    if rest:
        spent = sum(row.time_ms for row in rest)
        rows.append((f"{len(rest)} others", sum(row.calls for row in rest), spent, spent / total))
    return rows
