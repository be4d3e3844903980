"""Hostile input through the command line: one line and exit code 2, never a traceback."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import onnx
import pytest
from command import edgekit_process

from edgekit.bundle import Bundle
from edgekit.cli.main import main
from edgekit.contents import MANIFEST, entry

NOISE = random.Random(7).randbytes(5000)
FILES = {
    "noise.onnx": NOISE,
    "noise.tflite": NOISE,
    "noise.pte": NOISE,  # ExecuTorch's own reader aborts the process
    "empty.onnx": b"",
    "empty.tflite": b"",
    "empty.pte": b"",
    "no-nodes.onnx": onnx.helper.make_model(
        onnx.helper.make_graph([], "nothing", [], [])
    ).SerializeToString(),
    "names.mlpackage": b"a file where a folder has to be",
}


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line with which the command ends."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    assert caught.value.code == 2, told.err
    assert told.err.startswith("error: "), told.err
    assert told.err.count("\n") == 1, told.err
    assert "unexpected" not in told.err, told.err
    return told.err


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    assert name in refused(capsys, "inspect", tmp_path / name)


def forged(bundle: Bundle, folder: Path, name: str, format_name: str) -> Path:
    """A bundle whose one model is noise, and whose manifest says so."""
    copy = Path(shutil.copytree(bundle.path, folder / "forged"))
    model = copy / name
    model.write_bytes(NOISE)
    manifest = json.loads((copy / MANIFEST).read_text())
    listed = msgspec.to_builtins(entry(copy, model))
    manifest["artifacts"] = [{**manifest["artifacts"][0], **listed, "format": format_name}]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    return copy


@pytest.mark.parametrize(
    ("name", "format_name", "runtime"),
    [
        ("noise.tflite", "tflite", "litert"),
        pytest.param("noise.pte", "executorch", "executorch", marks=pytest.mark.slow),
    ],
)
def test_noise_with_the_right_hash_takes_no_command_down(
    name: str,
    format_name: str,
    runtime: str,
    small: Callable[[str], Bundle],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """ExecuTorch's reader ends the process in which it reads. Core AI's has a test beside it."""
    copy = forged(small("text-classification"), tmp_path, name, format_name)
    (tmp_path / "data.tsv").write_text("text\tlabel\nfine\t1\nbad\t0\n")
    for command in (
        ("run", copy, "a text"),
        ("verify", copy),
        ("eval", copy, "--data", tmp_path / "data.tsv", "-o", tmp_path / "eval"),
        ("bench", copy, "-o", tmp_path / "bench", "--lengths", "16", "--runtime", runtime),
    ):
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in command])
        told = capsys.readouterr()
        assert caught.value.code in (1, 2), (command, told)
        assert name in told.out + told.err, (command, told)
        assert "unexpected" not in told.err, (command, told)


def test_a_package_whose_weights_are_gone(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = Path(shutil.copytree(bundle.path / "model-int8.mlpackage", tmp_path / "a.mlpackage"))
    next(package.rglob("weight.bin")).unlink()
    assert "weight.bin is not a file" in refused(capsys, "inspect", package)


VALUES: tuple[object, ...] = (
    None, True, -1, 1e400, 10**30, "", "\x00", "a" * 300, "../..", [], {}, [[[]]], {"": {}},
)  # fmt: skip


def broken(manifest: dict[str, object], draw: random.Random) -> dict[str, object]:
    """The same with one value, somewhere, that is of another kind."""
    copy = json.loads(json.dumps(manifest))
    place = copy
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw.choice(keys)
        child = place[key]
        if not isinstance(child, (dict, list)) or not child or draw.random() < 0.3:
            place[key] = draw.choice(VALUES)
            return dict(copy)
        place = child


@pytest.mark.parametrize("seed", range(60))
def test_a_manifest_with_any_value_of_another_kind(
    seed: int,
    small: Callable[[str], Bundle],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is refused in a line, or read: not every field matters to inspect."""
    source = small("text-classification").path
    folder = Path(shutil.copytree(source, tmp_path / "copy"))
    manifest = broken(json.loads((source / MANIFEST).read_text()), random.Random(seed))
    (folder / MANIFEST).write_text(json.dumps(manifest))
    capsys.readouterr()  # what making the bundle told
    with pytest.raises(SystemExit) as caught:
        main(["inspect", str(folder)])
    told = capsys.readouterr()
    assert caught.value.code in (0, 2), told.err
    assert "unexpected" not in told.err
    assert told.err.count("\n") == (1 if caught.value.code else 0), told.err


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5000, NOISE, b"1", b"null"]
)
@pytest.mark.parametrize(
    "command",
    [
        ("inspect", MANIFEST),
        ("convert", "config.json", "--dry-run"),
        ("report", "results.jsonl"),
        ("check", "budget.toml", "--budget", "FILE"),
        ("bench", "suite.toml", "--suite", "FILE"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_file_of_any_content_where_text_is_read(
    command: tuple[str, ...], content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, file, *options = command
    (tmp_path / file).write_bytes(content)
    options = [str(tmp_path / file) if option == "FILE" else option for option in options]
    subject = [] if name == "bench" else [tmp_path]
    refused(capsys, name, *subject, *options)


def test_a_pipe_and_a_name_that_is_too_long_through_a_process(tmp_path: Path) -> None:
    for name in ("a" * 300, "\udcff"):
        result = edgekit_process("inspect", name, cwd=tmp_path)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr
