"""What a file answered, an example a line, on disk as soon as it is known.

A run that was cut off goes on where it stopped: its last line may be half written and is then asked
again. The file's name has a hash of what the predictions depend on, so that those of another file,
other data or another runtime are never taken for these.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edgekit.errors import OutputError

_PAUSE_S = 1.0  # between writes: so much work is lost at most


@dataclass(frozen=True)
class Prediction:
    """What is kept of one answer of a model.

    ``left_out`` counts the tokens that did not fit into the model.
    """

    record: Any
    left_out: int


class Predictions:
    """The predictions in one file, by the index of what was asked.

    Args:
        folder: in which the file is, or will be.
        name: the beginning of its name.
        facts: what the predictions depend on, as plain data.
        fresh: do not take over what is there.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(
        self, folder: Path, name: str, facts: Mapping[str, object], *, fresh: bool = False
    ) -> None:
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        self.path = folder / f"{name}.{digest[:12]}.jsonl"
        self.found: dict[int, Prediction] = {}
        self._new: list[str] = []
        self._written = time.monotonic()
        try:
            with self.path.open("ab+") as file:
                file.truncate(0 if fresh else self._take_over(file))
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}") from error

    def add(self, index: int, prediction: Prediction) -> None:
        """Keeps one more prediction; every few seconds what is new is written.

        Raises:
            OutputError: it cannot be written.
        """
        self.found[index] = prediction
        self._new.append(_line(index, prediction))
        if time.monotonic() - self._written > _PAUSE_S:
            self.flush()

    def flush(self) -> None:
        """Writes what is new.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(self._new)
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror}") from error
        self._new, self._written = [], time.monotonic()

    def _take_over(self, file: IO[bytes]) -> int:
        """Reads an earlier run's predictions, up to the first line that is not whole.

        Returns:
            How many bytes of the file that is: what comes after is overwritten.
        """
        file.seek(0)
        size = 0
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                break  # cut off by a kill
            self.found[row["index"]] = Prediction(row["record"], row["left_out"])
            size += len(line)
        return size


def _line(index: int, prediction: Prediction) -> str:
    row = {"index": index, "left_out": prediction.left_out, "record": prediction.record}
    return json.dumps(row, ensure_ascii=False) + "\n"
