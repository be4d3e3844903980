"""What an app is called, in every kind of file that holds its name."""

from __future__ import annotations

import re

from edgekit.errors import PlanError
from edgekit.mobile.choice import Chosen

_FORBIDDEN = r"\x00-\x1f\"'\\$/<>&@?=#"  # each means something in a file that holds it
_NAME = re.compile(f"[^{_FORBIDDEN}]{{1,50}}")


def check(name: str | None) -> None:
    """Checks the name that somebody chose for an app; None is no choice.

    Raises:
        PlanError: it is too long, or has characters that mean something in the project's files.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise PlanError(
            f"'{name}' is no name for an app: give 1 to 50 characters without quotes, slashes and "
            "the like"
        )


def model_name(chosen: Chosen) -> str:
    """The model's own name without its owner, like ``all-MiniLM-L6-v2``."""
    return chosen.bundle.name.rpartition("/")[2]


def made_of(chosen: Chosen) -> str:
    """The name of an app that is given none: made of its model's name."""
    return re.sub(f"[{_FORBIDDEN}]", " ", model_name(chosen))[:50]
