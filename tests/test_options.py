"""What no command accepts: empty texts, numbers that are none, pipes in place of files."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from edgekit.benchmarks.devices import targets
from edgekit.cli.main import cli
from edgekit.errors import UnsupportedError

REFUSED = {
    "convert": (
        [
            "",
            "demo --out=",
            "demo --to=",
            "demo --to=onnx,,tflite",
            "demo --recipe=,",
            "demo --task=",
        ],
        ["demo --max-length=0", "demo --buckets=0", "demo --buckets=8,x", "demo --jobs=0"],
    ),
    "inspect": ([""],),
    "verify": ([""],),
    "run": (["", "b --artifact=", "b --device=", "b --top=0"],),
    "bench": (
        ["", "b --against=", "b --suite=", "b --device=", "b --threads=0", "b --lengths=-3"],
        ["b --texts=", "b --recipe=", "b --runtime=", "b --memory=0", "b --memory=nan", "b --via="],
        ["b --seconds=inf", "b --seconds=nan", "b --seconds=0", "b --cool=nan", "b --cool=-1"],
        ["b --out="],
    ),
    "report": (["", "r --against=", "r --out="],),
    "eval": (
        ["", "b --data=", "b --data=d --task=", "b --data=d --artifact=", "b --data=d --device="],
        [
            "b --data=d --limit=0",
            "b --data=d --columns=",
            "b --data=d --columns=a=",
            "b --data=d --out=",
        ],
        ["b --data=d --labels=a=b,a=c", "b --data=d --null-threshold=nan", "b --data=d --top=0"],
        ["b --data=d --null-threshold=-inf"],
    ),
    "check": (["", "b --budget=", "b --budget=d --baseline=", "b --budget=d --junit="],),
    "devices": (["setup", "clean"],),
}
CASES = [
    [command, *words.split(" ")] if command != "devices" else [command, words, ""]
    for command, groups in REFUSED.items()
    for group in groups
    for words in group
]


@pytest.mark.parametrize("arguments", CASES, ids=" ".join)
def test_what_cannot_be_meant_is_refused_before_anything_runs(arguments: list[str]) -> None:
    with pytest.raises(click.BadParameter) as caught:
        cli.main(arguments, standalone_mode=False)
    assert "\n" not in caught.value.format_message()


PATHS = (
    ["inspect", "{}"],
    ["verify", "{}"],
    ["run", "{}", "text"],
    ["bench", "{}"],
    ["bench", "b", "--texts={}"],
    ["report", "{}"],
    ["eval", "b", "--data={}"],
    ["check", "b", "--budget={}"],
    ["convert", "demo", "--out={}"],
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
@pytest.mark.parametrize("arguments", PATHS, ids=" ".join)
def test_a_pipe_without_a_writer_is_not_waited_for(arguments: list[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(click.BadParameter, match="is a pipe or a device"):
        cli.main([word.format(tmp_path / "pipe") for word in arguments], standalone_mode=False)


def test_a_name_that_no_file_system_takes() -> None:
    with pytest.raises(click.BadParameter, match="File name too long"):
        cli.main(["inspect", "a" * 300], standalone_mode=False)


def test_a_colon_without_a_device_behind_it() -> None:
    with pytest.raises(UnsupportedError, match="leave the colon out"):
        targets.make("arm64:")
