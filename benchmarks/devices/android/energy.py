"""What an inference takes from a phone's battery: an estimate, of the whole phone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from edgekit.benchmarks.devices.cooling import PhoneState

PIECES, PIECE_MS = 4, 3000.0  # batteries report every second or so
_COULOMBS_PER_UAH = 3600e-6


def energy_mj(
    ask: Callable[[], PhoneState], run: Callable[[int], Sequence[float]], latency_ms: float
) -> float | None:
    """Estimates the energy of one inference, by running inferences for about 12 s.

    The charge that left the battery counts; where its counter is too coarse for that, the current
    between pieces of work does.

    Args:
        ask: asks the phone for its state now.
        run: runs so many inferences and returns the latency of each in milliseconds.
        latency_ms: how long one takes, about.

    Returns:
        Millijoules; None on a charger, or where the phone does not tell enough.
    """
    before = ask()
    if before.plugged is not False or not before.battery_volts:
        return None
    count, elapsed_ms, states = math.ceil(PIECE_MS / latency_ms), 0.0, [before]
    for _ in range(PIECES):
        elapsed_ms += sum(run(count))
        states.append(ask())
    coulombs = _coulombs(states, elapsed_ms)
    if coulombs is None:
        return None
    volts = sum(each.battery_volts or before.battery_volts for each in states) / len(states)
    return 1000 * coulombs * volts / (PIECES * count)


def _coulombs(states: Sequence[PhoneState], elapsed_ms: float) -> float | None:
    """The charge that left the battery in ``elapsed_ms``.

    None where the phone's states do not tell it.
    """
    charges = [each.charge_uah for each in states if each.charge_uah is not None]
    if len(charges) > 1 and charges[0] > charges[-1]:
        return _COULOMBS_PER_UAH * (charges[0] - charges[-1])
    amperes = [1e-6 * abs(each.current_ua) for each in states[1:] if each.current_ua]
    return sum(amperes) / len(amperes) * elapsed_ms / 1000 if amperes else None
