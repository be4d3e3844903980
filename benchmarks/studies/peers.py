"""Our files beside those of other tools: ``make bench-peers``, which writes docs/performance.md.

The same checkpoint, all-MiniLM-L6-v2 with its real weights, goes through every tool
(:mod:`~edgekit.benchmarks.studies.peer_files`). All files are measured in one run, in turns of a
random order, by what ``edgekit bench FILE --like BUNDLE`` measures with; a copy of each of our own
files shows how far apart equal files come out. Everything but the timing is kept, and is done
before: ``--prepare`` stops there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from edgekit import documents
from edgekit.benchmarks import session
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.benchmarks.studies import peer_files, peer_page
from edgekit.benchmarks.studies.peer_exports import LENGTHS
from edgekit.benchmarks.studies.peer_page import COPY, EDGEKIT, Contestant, Study, Verdicts
from edgekit.benchmarks.studies.peer_quality import Judge
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.files import file_sha256, write_text
from edgekit.model.finding import find
from edgekit.model.source import DEMO

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


@dataclass(frozen=True)
class TextShape:
    """What files are fed together: texts of one length, ``batch`` of them an inference."""

    length: int
    batch: int = 1

    def models(self, bundle: Bundle, contestants: Mapping[Contestant, Path]) -> Iterator[Model]:
        """What a suite measures: the bundle, and the files of others that take such texts best."""
        yield Model(bundle=bundle.path, name=EDGEKIT)
        for contestant, path in contestants.items():
            if contestant.maker != EDGEKIT and contestant.length in (None, self.padded):
                yield Model(bundle=path, like=bundle.path, name=contestant.name)

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Those that take such texts: of LiteRT's files each takes one at a time."""
        return ("onnxruntime",) if self.batch > 1 else ("onnxruntime", "litert", "litert-cached")

    @property
    def padded(self) -> int:
        """The length of the file that an app would have for such a text."""
        return min(length for length in LENGTHS if length >= self.length)


SHAPES = (TextShape(14), TextShape(32), TextShape(128), TextShape(32, batch=8))


def ours(folder: Path, force: bool) -> Bundle:
    """The bundle that is compared, converted into the study's folder once."""
    path = folder / "all-MiniLM-L6-v2.edgekit"
    if force or not path.exists():
        command = (*("edgekit", "convert", DEMO), "--to", "onnx,tflite", "-o", str(path), "--force")
        subprocess.run([sys.executable, "-m", *command], check=True)
    return Bundle.open(path)


def contestants(bundle: Bundle, folder: Path) -> dict[Contestant, Path]:
    """Every file that is compared: ours, copies of ours, and those of other tools."""
    found: dict[Contestant, Path] = {}
    for artifact in bundle.artifacts:
        kind = (artifact.format, artifact.recipe)
        copy = folder / f"copy-{artifact.path.name}"
        shutil.copyfile(artifact.path, copy)
        found[Contestant(EDGEKIT, *kind)] = artifact.path
        found[Contestant(COPY, *kind)] = copy
    for export, path in peer_files.made(find(DEMO).folder, click.echo).items():
        format_name = {".onnx": "onnx", ".tflite": "tflite"}[path.suffix]
        found[Contestant(export.title, format_name, export.recipe, export.length)] = path
    return found


def judged(bundle: Bundle, data: Path, files: Mapping[Contestant, Path], folder: Path) -> Verdicts:
    """The quality of every tool's files on labelled pairs; taken over if nothing has changed."""
    kept = folder / "quality.json"
    digest = "".join(file_sha256(path) for path in (data, *files.values()))
    if kept.exists():
        found = documents.read_json(kept, Verdicts, PlanError, f"remove {kept}")
        if found.digest == digest:
            return found
    judge, qualities = Judge(bundle, data), {}
    for key in dict.fromkeys(
        contestant.of_any_length for contestant in files if contestant.maker != COPY
    ):
        click.echo(f"ask {judge.texts} texts: {key.name}")
        paths = [path for contestant, path in files.items() if contestant.of_any_length == key]
        qualities[key.name] = judge.judge(paths)
    found = Verdicts(digest, judge.texts, judge.spearman, qualities)
    write_text(kept, documents.dump_json(found, kept.name, indent=1) + "\n")
    return found


def measured(
    bundle: Bundle, files: Mapping[Contestant, Path], folder: Path, seconds: float
) -> list[Measurement]:
    """Times every file at every length, now."""
    limits = Limits(seconds=seconds, max_samples=1000, precision=0.005, processes=5, cold=0)
    shutil.rmtree(folder, ignore_errors=True)
    rows: list[Measurement] = []
    for shape in SHAPES:
        suite = Suite(
            "peers",
            tuple(shape.models(bundle, files)),
            lengths=(shape.length,),
            batch=(shape.batch,),
            runtimes=shape.runtimes,
            limits=limits,
        )
        rows = session.run(
            suite, folder, texts=None, force=False, say=click.echo, tick=lambda text: None
        )
    return rows


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True), required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("peers.study"))
@click.option("--seconds", default=4.0, show_default=True, help="Of each file, at each length.")
@click.option("--prepare", is_flag=True, help="Make and judge the files, and time nothing.")
@click.option("--force", is_flag=True, help="Convert our own files anew.")
@click.option("--page", type=click.Path(path_type=Path), default=_PAGE, help="What is written.")
def main(
    data: Path | None, out: Path, seconds: float, prepare: bool, force: bool, page: Path
) -> None:
    """Measures our files beside those of other tools; DATA are pairs with scores."""
    out.mkdir(parents=True, exist_ok=True)
    bundle = ours(out, force)
    files = contestants(bundle, out)
    quality = judged(bundle, data, files, out) if data else None
    if prepare:
        return
    load = os.getloadavg()[0]
    rows = measured(bundle, files, out / "bench", seconds)
    sizes = {contestant: path.stat().st_size for contestant, path in files.items()}
    study = Study(rows, sizes, quality, load)
    page.write_text(peer_page.inserted(page.read_text(), peer_page.section(study)))
    click.echo(f"written: {page}")


if __name__ == "__main__":
    main()
