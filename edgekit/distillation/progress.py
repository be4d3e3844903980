"""What a person sees of a training: losses, tokens a second, the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from accelerate import Accelerator

_TOLD_S = 15.0  # between lines that stay
Say = Callable[[str], None]


class Shown(Protocol):
    """A step of a training, as far as progress shows it."""

    @property
    def step(self) -> int:
        """Which step it was, from 0."""
        ...

    @property
    def parts(self) -> Mapping[str, float]:
        """The losses by name, before they are weighted."""
        ...

    @property
    def learning_rate(self) -> float:
        """The rate that the optimizer used in this step."""
        ...

    @property
    def loss(self) -> float:
        """What was minimised: the sum of the parts, each times its weight."""
        ...

    @property
    def tokens(self) -> int:
        """How many tokens the step has seen, padding not counted."""
        ...


@dataclass
class Progress:
    """Tells people how a training goes.

    Attributes:
        say: gets lines that stay.
        tick: gets what is true until the next call.
        accelerator: which TensorBoard is written through; None writes none.
        clock: seconds, from any start.
    """

    say: Say
    tick: Say
    accelerator: Accelerator | None = None
    clock: Callable[[], float] = time.monotonic
    _began: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)
    _first: int = field(default=0, init=False)
    _last: int = field(default=0, init=False)
    _tokens: int = field(default=0, init=False)
    _name: str = field(default="", init=False)

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second since the training began or was resumed."""
        return self._tokens / max(1e-9, self.clock() - self._began)

    def begin(self, name: str, first: int, last: int) -> None:
        """A training begins, or goes on.

        Args:
            name: ``student``, or which control.
            first: the step that comes next, from 0.
            last: how many steps there are.
        """
        self._name, self._first, self._last, self._tokens = name, first, last, 0
        self._began = self._told = self.clock()
        resumed = f", from step {first}" if first else ""
        self.say(f"{name}: {last} steps{resumed}")

    def advance(self, record: Shown) -> None:
        """Tells of one more step: ``tick`` of each, ``say`` once in so many seconds."""
        self._tokens += record.tokens
        done = record.step + 1
        now = self.clock()
        left_s = (now - self._began) / (done - self._first) * (self._last - done)
        parts = "  ".join(f"{name} {value:.4f}" for name, value in record.parts.items())
        text = (
            f"{self._name}: step {done} of {self._last}  {parts}  "
            f"{self.tokens_per_s:,.0f} tokens/s  {_time(left_s)} left"
        )
        self.tick(text)
        if now - self._told >= _TOLD_S or done == self._last:
            self._told = now
            self.say(f"  {text}")

    def track(self, name: str, record: Shown) -> None:
        """Writes a step to TensorBoard, where that was asked for."""
        if self.accelerator is not None:
            values = {**record.parts, "loss": record.loss, "lr": record.learning_rate}
            self.accelerator.log(
                {f"{name}/{key}": value for key, value in values.items()}, step=record.step
            )


def _time(seconds: float) -> str:
    """A time that is left, as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
