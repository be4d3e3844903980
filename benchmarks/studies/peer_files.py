"""The files of other tools, each made once in a pinned environment of its own.

An environment has the project's own pins (``constraints.txt``), and above them those of its tool.
It is made by pip in edgekit's cache, writes its files there, and is removed again.
"""

from __future__ import annotations

import re
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.benchmarks.studies.peer_exports import LENGTHS
from edgekit.files import file_sha256, files_sha256, tree
from edgekit.toolchains.setup import Part, Run, Say, Setup

_CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"
_SCRIPT = Path(__file__).with_name("peer_exports.py")
_ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Peer:
    """What makes files of its own of a checkpoint.

    Attributes:
        name: of its function in :mod:`~edgekit.benchmarks.studies.peer_exports`.
        title: what the page calls it.
        packages: what pip is asked for.
        pins: versions that differ from the project's own, by package.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    pins: Mapping[str, str]


@dataclass(frozen=True)
class PeerExport:
    """A file that a tool writes.

    Attributes:
        tool: its name.
        file: the file's.
        recipe: ``fp32`` or ``int8``.
        title: who made it, for the page.
        length: the one length in tokens that it takes; None takes any.
    """

    tool: str
    file: str
    recipe: str
    title: str
    length: int | None = None


PEERS: tuple[Peer, ...] = (
    Peer(
        "optimum",
        "optimum-onnx",
        ("optimum-onnx", "sentence-transformers", "onnx", "onnxruntime", "torch"),
        {
            "optimum-onnx": "0.1.0",
            "optimum": "2.1.0",
            "transformers": "4.57.6",
            "huggingface-hub": "0.36.2",
            "tokenizers": "0.22.2",
            "sentence-transformers": "5.7.0",
        },
    ),
    Peer("torch", "torch.onnx", ("torch", "transformers", "onnx", "onnxscript", "onnxruntime"), {}),
    Peer("litert", "litert-torch", ("litert-torch", "ai-edge-quantizer", "transformers"), {}),
)

EXPORTS: tuple[PeerExport, ...] = (
    PeerExport("optimum", "fp32.onnx", "fp32", "optimum-onnx"),
    PeerExport("torch", "fp32.onnx", "fp32", "torch.onnx"),
    PeerExport("optimum", "int8.onnx", "int8", "optimum-onnx, quantize_dynamic"),
    PeerExport("torch", "int8.onnx", "int8", "torch.onnx, quantize_dynamic"),
    *(PeerExport("litert", f"fp32-{n}.tflite", "fp32", "litert-torch", n) for n in LENGTHS),
    *(
        PeerExport("litert", f"int8-{n}.tflite", "int8", "litert-torch, ai-edge-quantizer", n)
        for n in LENGTHS
    ),
)


def made(checkpoint: Path, say: Say) -> dict[PeerExport, Path]:
    """Every file of every tool, made now if it is not there.

    Args:
        checkpoint: a folder of sentence-transformers.
        say: is told of each step.

    Raises:
        SetupError: an environment cannot be installed, or its tool fails.
    """
    folders = {peer.name: setup(peer, checkpoint).make(say) for peer in PEERS}
    return {export: folders[export.tool] / export.file for export in EXPORTS}


def setup(peer: Peer, checkpoint: Path) -> Setup:
    """How a tool's files of a checkpoint are made.

    They are made anew where the tool, what it is asked for beside itself, or the script has another
    version; not where any other line of ``constraints.txt`` changes.
    """
    pins = tuple(constraints(_CONSTRAINTS.read_text().splitlines(), peer.pins))
    wanted = {*peer.packages, *peer.pins}
    files = tuple(path for path in tree(checkpoint) if path.suffix in (".json", ".safetensors"))

    def stamp() -> Mapping[str, object]:
        return {
            "python": sys.version,
            "packages": [row for row in pins if _name(row) in wanted],
            "script": file_sha256(_SCRIPT),
            "checkpoint": files_sha256(checkpoint, *files),
        }

    def install(folder: Path, run: Run) -> None:
        (folder / "constraints.txt").write_text("\n".join(pins) + "\n")
        venv.create(folder / _ENVIRONMENT, with_pip=True)
        pinned = ("--constraint", str(folder / "constraints.txt"))
        run([_python(folder), "-m", "pip", "install", "--quiet", *pinned, *peer.packages], {})

    def export(folder: Path, run: Run) -> None:
        run([_python(folder), "-I", str(_SCRIPT), peer.name, str(checkpoint), str(folder)], {})

    parts = (
        Part(f"install {peer.title}", "check the network and pip's settings", install),
        Part(f"export by {peer.title}", "run benchmarks/studies/peer_exports.py by hand", export),
    )
    return Setup(f"peer-{peer.name}", parts, stamp, scratch=(_ENVIRONMENT,))


def constraints(own: Sequence[str], pins: Mapping[str, str]) -> Iterator[str]:
    """The project's pins, without those of packages that a tool pins itself, and the tool's.

    Args:
        own: lines of a constraints file.
        pins: versions by package.
    """
    for line in own:
        if _name(line) not in {"", *pins}:
            yield line
    yield from (f"{name}=={version}" for name, version in pins.items())


def _name(line: str) -> str:
    """The package that a line of a constraints file pins, as PyPI compares names (PEP 503)."""
    found = re.match(r"[\w.-]+", line)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _python(folder: Path) -> str:
    return str(folder / _ENVIRONMENT / "bin" / "python")
