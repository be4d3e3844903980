"""The setup of the emulated phone: once, whole or not at all, and what goes wrong on the way."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from command import edgekit_process

from edgekit.benchmarks.devices.arm64.parts import SETUP as ARM64
from edgekit.toolchains.setup import READY, SetupError


class Tools:
    """apt, dpkg, pip and the compiler, as far as the setup sees; ``stop`` fails at a tool."""

    def __init__(self, stop: str = "", error: BaseException | None = None) -> None:
        self.calls: list[str] = []
        self._stop, self._error = stop, error

    def __call__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        line = " ".join(arguments)
        self.calls.append(line)
        if self._error and self._stop in line:
            raise self._error
        if "--target" in arguments:
            Path(arguments[arguments.index("--target") + 1]).mkdir()
        if "apt-get download" in line:
            Path(arguments[3], "package.deb").touch()
        if arguments[0] == "dpkg" and "-x" in arguments:
            for file in ("usr/bin/qemu-aarch64", "lib/ld-linux-x.so.2", "lib/x86_64-linux-gnu/c"):
                path = Path(arguments[-1]) / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return "amd64\n"


def test_setup_happens_once_and_an_older_one_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    first = Tools()
    said: list[str] = []
    assert ARM64.make(said.append, first, target) == target
    assert [line.split()[0] for line in said] == [f"[{part}/5]" for part in range(1, 6)]
    assert ARM64.missing(target) is None
    assert not (target / "compiler").exists()
    second = Tools()
    ARM64.make(run=second, target=target)
    assert second.calls == []
    (target / READY).write_text("{}")
    assert ARM64.missing(target) == "set up for another edgekit or other versions"
    (target / "old").touch()
    ARM64.make(run=second, target=target)
    assert len(second.calls) == len(first.calls)
    assert not (target / "old").exists()


KILLED = """
import sys, time
from pathlib import Path
from edgekit.benchmarks.devices.arm64.parts import SETUP as ARM64

def hang(arguments, environment):
    print("fetching", flush=True)
    time.sleep(60)

ARM64.make(run=hang, target=Path(sys.argv[1]))
"""


def test_a_setup_killed_in_the_middle_is_not_used_and_mended_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(target)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"fetching\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = tmp_path.glob("arm64-unfinished-*")
    assert any(left.rglob("sources.list"))
    assert ARM64.missing(target) == "not set up"
    ARM64.make(run=Tools(), target=target)
    assert ARM64.missing(target) is None
    assert not left.exists()


def test_of_two_setups_at_once_one_works_and_the_other_waits(tmp_path: Path) -> None:
    target = tmp_path / "arm64"
    fetching, waiting = threading.Event(), threading.Event()
    first, second = Tools(), Tools()

    def slow(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        fetching.set()
        waiting.wait(timeout=30)
        return first(arguments, environment)

    def say(text: str) -> None:
        said.append(text)
        waiting.set()

    said: list[str] = []
    other = threading.Thread(target=ARM64.make, kwargs={"run": slow, "target": target})
    other.start()
    assert fetching.wait(timeout=30)
    ARM64.make(say, second, target)
    other.join(timeout=30)
    assert said == ["another process is setting it up: waiting for it"]
    assert first.calls
    assert second.calls == []


@pytest.mark.parametrize(
    ("tool", "error", "message"),
    [
        ("apt-get", FileNotFoundError(), "C libraries, 3 MB: apt-get is not installed; this needs"),
        (
            "onnxruntime",
            subprocess.CalledProcessError(1, "pip", stderr="WARNING: Retrying\nERROR: no network"),
            "for arm64, 30 MB: ERROR: no network; check the network and pip's settings",
        ),
        (
            "ziglang cc",
            subprocess.CalledProcessError(1, "cc", stderr="runner.c:1: error: oh\n1 error"),
            "cannot build the runner: runner.c:1: error: oh; ",
        ),
    ],
)
def test_a_failed_step_says_which_and_why_and_leaves_nothing(
    tool: str, error: BaseException, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SetupError) as caught:
        ARM64.make(run=Tools(tool, error), target=tmp_path / "arm64")
    assert message in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["arm64.lock"])


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is not installed")
def test_without_a_network_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    started = time.monotonic()
    result = edgekit_process(
        *("devices", "setup", "arm64"),
        cwd=tmp_path,
        EDGEKIT_CACHE=str(tmp_path / "cache"),
        http_proxy=nowhere,
        https_proxy=nowhere,
    )
    assert result.returncode == 2
    (line,) = [row for row in result.stderr.splitlines() if row.startswith("error: ")]
    assert "cannot fetch arm64 C libraries" in line
    assert "this needs the network" in line
    assert "Traceback" not in result.stderr
    assert time.monotonic() - started < 60
