"""What comes back from a process that runs one function: results, errors, crashes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.conversion.worker import RemoteError, Worker
from edgekit.errors import ConversionError, OutputError, PlanError


def add(a: int, b: int, *, say: Callable[[Any], None]) -> int:
    print("a library that prints must not end up between the answers")
    say("half way")
    return a + b


def fail(*, say: Callable[[Any], None]) -> None:
    raise PlanError("too long")


def crash(*, say: Callable[[Any], None]) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def fill_the_disk(*, say: Callable[[Any], None]) -> None:
    try:
        Path("/dev/full").write_bytes(bytes(1 << 20))
    except OSError as error:  # as safetensors and ONNX hide it
        raise RuntimeError(f"cannot serialize: {error.strerror} (os error 28)") from None


def run(function: Callable[..., Any], folder: Path, *args: Any) -> tuple[Any, list[Any]]:
    said: list[Any] = []
    return Worker(function, args, folder / "log", threads=1).result(said.append), said


def test_a_result_comes_back_whatever_is_printed(tmp_path: Path) -> None:
    assert run(add, tmp_path, 2, 3) == (5, ["half way"])


def test_an_error_of_ours_comes_back_as_it_is_with_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"^too long$") as caught:
        run(fail, tmp_path)
    assert isinstance(caught.value.__cause__, RemoteError)
    assert "in fail" in str(caught.value.__cause__)


def test_a_crash_in_native_code_is_an_error_and_not_ours(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="'crash' died by signal SIGSEGV"):
        run(crash, tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_named_whatever_the_library_says(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the disk is full at .*: free some space"):
        run(fill_the_disk, tmp_path)
