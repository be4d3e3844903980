"""The fenced examples of all pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *(ROOT / "android_demo" / "README.md", ROOT / "ios_demo" / "README.md"),
    *sorted((ROOT / "docs").glob("*.md")),
)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_BETWEEN = ("&&", "|", "<", ">")


@dataclass(frozen=True)
class Block:
    """A fenced example of a page.

    Attributes:
        page: The page, relative to the root.
        line: Where its fence is.
        language: What stands behind the fence.
        text: What is between the fences.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.page}:{self.line}"

    def commands(self) -> list[list[str]]:
        """The words of each command for a shell; none of another language."""
        if self.language == "console":
            return list(commands("\n".join(typed(self.text))))
        return list(commands(self.text)) if self.language == "sh" else []


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        for found in _FENCE.finditer(content):
            line = content.count("\n", 0, found.start()) + 1
            yield Block(str(page.relative_to(ROOT)), line, found[2], textwrap.dedent(found[3]))


BLOCKS = {block.place: block for block in _blocks()}


def typed(transcript: str) -> list[str]:
    """The lines of a transcript that somebody typed."""
    return [line for line in transcript.splitlines() if line.startswith("$ ")]


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command; what is given to it or taken from it is a command of its own."""
    pending = ""
    for line in text.splitlines():
        pending += line.removeprefix("$ ").removesuffix("\\") + "\n"
        if line.endswith("\\"):
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a text between quotes goes on
            continue
        pending = ""
        while words:
            end = next((at for at, word in enumerate(words) if word in _BETWEEN), len(words))
            yield words[:end]
            words = words[end + 1 :]
