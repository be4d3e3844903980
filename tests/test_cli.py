"""The command line from outside, as a person or a script meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import edgekit_cli, edgekit_process

from edgekit.bundle import Bundle

HEAVY = ("torch", "transformers", "onnx", "onnxruntime", "coremltools", "tensorflow", "numpy")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom edgekit.cli.main import main\n"
        "try: main(['convert', '--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "--minimum-ios" in result.stdout
    assert result.stdout.endswith("[]\n")


def test_dry_run_says_what_would_be_built_and_writes_nothing(
    bare_config: Path, tmp_path: Path
) -> None:
    result = edgekit_cli("convert", bare_config, "--dry-run", "--json", cwd=tmp_path)
    plan = json.loads(result.stdout)
    assert plan["random_weights"] is True
    assert [row["file"] for row in plan["artifacts"]] == [
        "model-fp32.onnx",
        "model-int8.onnx",
        "model-fp32.tflite",
        "model-int8.tflite",
        "model-fp16.mlpackage",
        "model-int8.mlpackage",
    ]
    assert plan["buckets"] == [32, 64]
    assert list(tmp_path.iterdir()) == []


def test_json_of_a_conversion_is_the_manifest(reader: Path, tmp_path: Path) -> None:
    result = edgekit_process("convert", reader, "--to", "onnx", "-o", "out", "--json", cwd=tmp_path)
    printed = json.loads(result.stdout)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {key: printed[key] for key in manifest} == manifest
    assert {"convert", "prove"} <= {step["action"] for step in printed["timings"]}
    again = edgekit_cli("inspect", "out", cwd=tmp_path)
    assert again.returncode == 0
    assert "model-int8.onnx" in again.stdout


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*.onnx", "opset"), ("*.tflite", "seq_16"), ("*.mlpackage", "iOS 18")],
)
def test_inspect_reads_a_file_by_itself(pattern: str, expected: str, bundle: Bundle) -> None:
    for path in bundle.path.glob(pattern):
        result = edgekit_cli("inspect", path, cwd=bundle.path)
        assert result.returncode == 0, result.stderr
        assert expected in result.stdout
        assert "attention_mask" in result.stdout


def _hear_signals() -> None:
    """Undoes what a shell's background job hands down: it ignores what Ctrl+C sends."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize(
    "blow",
    [
        signal.SIGINT,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGHUP, signal.SIGKILL)),
    ],
)
def test_a_run_that_is_ended_leaves_no_bundle_and_the_next_one_works(
    blow: signal.Signals, bare_config: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "edgekit", "convert", str(bare_config), "--to", "onnx"]
    run = subprocess.Popen(
        [*command, "-o", "out"], cwd=tmp_path, stderr=subprocess.PIPE, preexec_fn=_hear_signals
    )
    assert run.stderr is not None
    while b"load" not in (line := run.stderr.readline()):
        assert line, "the run ended before it was hit"
    os.kill(run.pid, blow)
    message = run.stderr.read()
    run.wait()
    left = [path.name for path in tmp_path.iterdir()]
    assert "out" not in left
    if blow != signal.SIGKILL:
        assert run.returncode == 2
        assert b"interrupted" in message
        assert left == []
        return
    time.sleep(1)  # the orphans of a SIGKILL notice that their parent is gone
    again = edgekit_process("convert", bare_config, "--to", "onnx", "-o", "out", cwd=tmp_path)
    assert again.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
