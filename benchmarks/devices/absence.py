"""A device that went away: waited for once, and after that it has to be there at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from edgekit.benchmarks.devices.protocol import LostError

BACK_SECONDS = 60.0  # for which a phone that went away is waited for


class Absence:
    """Waits for a device that went away.

    Args:
        lost: says why the device cannot be reached now, or None if it can.
        say: is told that there is a wait, and why.
        seconds: how long to wait.
        reconnect: is tried again and again meanwhile.
    """

    def __init__(
        self,
        lost: Callable[[], LostError | None],
        say: Callable[[str], None],
        seconds: float = BACK_SECONDS,
        reconnect: Callable[[], object] = lambda: None,
    ) -> None:
        self._lost, self._say, self._seconds, self._reconnect = lost, say, seconds, reconnect
        self._gone = False

    def wait(self) -> bool:
        """Waits until the device can be reached; the first time long, after that not at all.

        Returns:
            Whether it had been away.

        Raises:
            LostError: it does not come back.
        """
        error = self._lost()
        if error is None:
            self._gone = False
            return False
        if not self._gone:
            self._say(f"    {error}; waiting {self._seconds:.0f} s for it")
        deadline = time.monotonic() + (0 if self._gone else self._seconds)
        while error and time.monotonic() < deadline:
            self._reconnect()
            time.sleep(1)
            error = self._lost()
        self._gone = error is not None
        if error:
            raise error
        return True
