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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

import edgekit
from edgekit import documents
from edgekit.benchmarks import session
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.benchmarks.studies import peer_files, peer_page
from edgekit.benchmarks.studies.peer_page import COPY, EDGEKIT, Entrant, Judged, Study
from edgekit.benchmarks.studies.peer_quality import Judge
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.files import file_sha256, write_text
from edgekit.model.finding import find
from edgekit.model.source import DEMO

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


@dataclass(frozen=True)
class Run:
    """Files that are measured together: texts of one length, ``batch`` of them an inference."""

    length: int
    batch: int = 1

    def models(self, bundle: Bundle, entrants: Mapping[Entrant, Path]) -> Iterator[Model]:
        """What a suite measures: the bundle, and the files of others that take such texts best."""
        yield Model(bundle=bundle.path, name=EDGEKIT)
        for entrant, path in entrants.items():
            if entrant.maker != EDGEKIT and entrant.length in (None, self.padded):
                yield Model(bundle=path, like=bundle.path, name=entrant.name)

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Those that take such texts: of LiteRT's files each takes one at a time."""
        return ("onnxruntime",) if self.batch > 1 else ("onnxruntime", "litert", "litert-cached")

    @property
    def padded(self) -> int:
        """The length of the file that an app would have for such a text."""
        return min(length for length in peer_files.LENGTHS if length >= self.length)


RUNS = (Run(14), Run(32), Run(128), Run(32, batch=8))


def ours(folder: Path, force: bool) -> Bundle:
    """The bundle that is compared, converted into the study's folder once."""
    path = folder / "all-MiniLM-L6-v2.edgekit"
    if force or not path.exists():
        edgekit.convert(DEMO, to=("onnx", "tflite"), out=path, force=True, progress=click.echo)
    return Bundle.open(path)


def entrants(bundle: Bundle, folder: Path) -> dict[Entrant, Path]:
    """Every file that is compared: ours, copies of ours, and those of other tools."""
    found: dict[Entrant, Path] = {}
    for artifact in bundle.artifacts:
        kind = (artifact.format, artifact.recipe)
        copy = folder / f"copy-{artifact.path.name}"
        shutil.copyfile(artifact.path, copy)
        found[Entrant(EDGEKIT, *kind)] = artifact.path
        found[Entrant(COPY, *kind)] = copy
    for export, path in peer_files.made(find(DEMO).folder, click.echo).items():
        format_name = {".onnx": "onnx", ".tflite": "tflite"}[path.suffix]
        found[Entrant(export.title, format_name, export.recipe, export.length)] = path
    return found


def judged(bundle: Bundle, data: Path, files: Mapping[Entrant, Path], folder: Path) -> Judged:
    """The quality of every tool's files on labelled pairs; taken over if nothing has changed."""
    kept = folder / "quality.json"
    digest = "".join(file_sha256(path) for path in (data, *files.values()))
    if kept.exists():
        found = documents.read_json(kept, Judged, PlanError, f"remove {kept}")
        if found.digest == digest:
            return found
    judge, qualities = Judge(bundle, data), {}
    for key in dict.fromkeys(entrant.of_any_length for entrant in files if entrant.maker != COPY):
        click.echo(f"ask {judge.texts} texts: {key.name}")
        paths = [path for entrant, path in files.items() if entrant.of_any_length == key]
        qualities[key.name] = judge.judge(paths)
    found = Judged(digest, judge.texts, judge.pytorch, qualities)
    write_text(kept, documents.dump_json(found, kept.name, indent=1) + "\n")
    return found


def measured(
    bundle: Bundle, files: Mapping[Entrant, Path], folder: Path, seconds: float
) -> list[Measurement]:
    """Times every file at every length, now."""
    limits = Limits(seconds=seconds, max_samples=1000, precision=0.005, loads=2, cold=0)
    shutil.rmtree(folder, ignore_errors=True)
    rows: list[Measurement] = []
    for run in RUNS:
        suite = Suite(
            "peers",
            tuple(run.models(bundle, files)),
            lengths=(run.length,),
            batch=(run.batch,),
            runtimes=run.runtimes,
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
    files = entrants(bundle, out)
    quality = judged(bundle, data, files, out) if data else None
    if prepare:
        return
    load = os.getloadavg()[0]
    rows = measured(bundle, files, out / "bench", seconds)
    sizes = {entrant: path.stat().st_size for entrant, path in files.items()}
    study = Study(rows, sizes, quality, load)
    page.write_text(peer_page.inserted(page.read_text(), peer_page.section(study)))
    click.echo(f"written: {page}")


if __name__ == "__main__":
    main()
