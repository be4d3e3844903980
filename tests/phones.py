"""The phone libraries on this machine, each as a program that answers lines of JSON.

``{"do": "open", "bundle": DIR}`` opens a bundle, and what follows is asked of it: ``verify``,
``encode``, ``postprocess``, ``selftest`` and ``run``. An error is an answer; the program goes on.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kotlin_phone
import swift_phone
import web_phone


@dataclass(frozen=True)
class Library:
    """A library.

    Attributes:
        name: Of its language.
        command_line: What starts its program; it raises SetupError without its toolchain.
        environment: The program's variables.
        formats: That its program here has a runtime for.
    """

    name: str
    command_line: Callable[[], Sequence[str]]
    environment: Callable[[], Mapping[str, str]]
    formats: tuple[str, ...]


LIBRARIES = (
    Library(
        "kotlin", kotlin_phone.command_line, kotlin_phone.environment, formats=("onnx", "tflite")
    ),
    Library("swift", swift_phone.command_line, swift_phone.environment, formats=("onnx",)),
    Library("web", web_phone.command_line, web_phone.environment, formats=("onnx",)),
)


class PhoneError(Exception):
    """A refusal, by the name of the library's error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


class Phone:
    """A running program. Leaving its context ends it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._process = subprocess.Popen(
            library.command_line(),
            env=library.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @property
    def process_id(self) -> int:
        """Of the program."""
        return self._process.pid

    def ask(self, do: str, **fields: Any) -> Any:
        """The answer to one command.

        Raises:
            PhoneError: the program refuses it.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise PhoneError(**answer["error"])
        return answer

    def open(self, bundle: Path) -> None:
        """Opens a bundle."""
        self.ask("open", bundle=str(bundle))

    def encode(
        self,
        *texts: str,
        max_length: int = 512,
        strategy: str = "longest_first",
        side: str = "right",
    ) -> dict[str, Any]:
        """One row of ids, as the bundle's tokenizer makes it."""
        asked = {"texts": texts, "max_length": max_length, "strategy": strategy, "side": side}
        answer: dict[str, Any] = self.ask("encode", **asked)
        return answer

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
