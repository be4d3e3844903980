"""What a person sees while a conversion runs: a line for each step, with its time when it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.steps import Step

_VERBS = {
    "load": "load",
    "tables": "ask library",
    "trace": "trace",
    "reference": "ask PyTorch",
    "convert": "convert",
    "prove": "prove",
    "refuse": "refuse",
}


class Log:
    """Shows on standard error what a command does: lines, on a terminal with a spinner below."""

    def __init__(self, hidden: bool) -> None:
        from rich.console import Console

        self._console = Console(
            stderr=True, emoji=False, highlight=False, soft_wrap=True, quiet=hidden
        )
        self._status = self._console.status("starting")

    def __enter__(self) -> Log:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, markup=False)
        self.tick(text.strip())

    def tick(self, text: str) -> None:
        """Shows a text beside the spinner, in the place of the one before."""
        from rich.markup import escape

        self._status.update(escape(text))


class Steps:
    """Is called with each step as it begins and ends: shows it, and keeps the ended ones."""

    def __init__(self, log: Log) -> None:
        self.finished: list[Step] = []
        self._log = log
        self._running: dict[tuple[str, str, str], Step] = {}
        self._lock = threading.Lock()  # formats are converted side by side

    def __call__(self, step: Step) -> None:
        """Shows a step that began (without ``seconds``) or ended.

        May be called by several threads.
        """
        with self._lock:
            key = (step.stage, step.action, step.detail)
            if step.seconds is None:
                self._running[key] = step
            else:
                self._running.pop(key, None)
                self.finished.append(step)
                self._log.say(f"  {_text(step):<68} {step.seconds:6.1f} s")
            self._log.tick(" | ".join(_text(each) for each in self._running.values()))


def _text(step: Step) -> str:
    """A step as a line of the terminal, its columns aligned."""
    detail = step.detail.replace(" in edgekit ", " in ")  # so that lines fit 80 columns
    return f"{step.stage:<7} {_VERBS[step.action]:<12} {detail}"


@contextmanager
def shown(plan: ExportPlan, hidden: bool) -> Iterator[Steps]:
    """What a conversion tells its steps to while the context is open.

    Args:
        plan: whose title is shown first.
        hidden: keep the steps, and print nothing.
    """
    with Log(hidden) as log:
        log.say(f"{plan.source.name}: {plan.task.name} -> {plan.out}")
        yield Steps(log)
