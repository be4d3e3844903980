"""How long the phone libraries take to read a tokenizer of 250,002 rows, on this machine::

    python tests/phone_times.py BUNDLE

``BUNDLE`` is any bundle with a tokenizer. Each time is of a fresh program that has started: from
opening the bundle to the first row of ids, by the clock and in CPU time, then the same text again;
medians of five. Java has 64 MB of heap and Node.js 64 MB of old space; memory is what the whole
program takes. The machine has to be idle.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from phones import LIBRARIES, Library, Phone, PhoneError
from test_phone_size import LIMITED, bpe, unigram, with_tokenizer

from edgekit.bundle import Bundle
from edgekit.toolchains.setup import SetupError

_TEXT = "wörld of words, 世界 " * 20
_ROUNDS = 5
_KINDS: dict[str, Callable[[Path], dict[str, Any]]] = {"Unigram": unigram, "BPE": bpe}


@dataclass(frozen=True)
class Times:
    """Of one program: to its first row of ids, and to its second."""

    first_s: float
    cpu_s: float
    again_s: float
    memory_bytes: float


def measure(library: Library, bundle: Path) -> Times:
    """Times of a program that opens a bundle and makes one row of ids, twice.

    Raises:
        SetupError: its toolchain is not there.
    """
    with Phone(library) as phone:
        with suppress(PhoneError):
            phone.ask("verify")  # of no bundle: it answers once it has started
        process = psutil.Process(phone.process_id)
        cpu_s, start = sum(process.cpu_times()[:2]), time.perf_counter()
        phone.open(bundle)
        phone.encode(_TEXT)
        first_s, cpu_s = time.perf_counter() - start, sum(process.cpu_times()[:2]) - cpu_s
        start = time.perf_counter()
        phone.encode(_TEXT)
        again_s = time.perf_counter() - start
        return Times(first_s, cpu_s, again_s, process.memory_info().rss)


def medians(library: Library, bundle: Path) -> Times:
    """Of :data:`_ROUNDS` programs, after one that does not count."""
    found = [measure(library, bundle) for _ in range(_ROUNDS + 1)][1:]
    columns = zip(*map(astuple, found), strict=True)
    return Times(*map(statistics.median, columns))


def main() -> None:
    source = Bundle.open(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, make in _KINDS.items():
            bundle = with_tokenizer(source, make(folder), folder / kind)
            for row in LIBRARIES:
                limited = replace(row, command_line=LIMITED.get(row.name, row.command_line))
                try:
                    found = medians(limited, bundle)
                except SetupError as error:
                    print(f"{row.name}: {error}")
                    continue
                print(
                    f"{row.name:7}{kind:8} first {found.first_s:.2f} s, CPU {found.cpu_s:.2f} s, "
                    f"again {found.again_s * 1000:.1f} ms, {found.memory_bytes / 1e6:.0f} MB"
                )


if __name__ == "__main__":
    main()
