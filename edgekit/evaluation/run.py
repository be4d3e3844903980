"""Every artifact of a bundle, and PyTorch, over the same examples: asked, kept, judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from edgekit import extras
from edgekit.app import answers, inference, opening
from edgekit.app.inference import HOST, App
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import (
    BundleError,
    DataError,
    EdgekitError,
    MissingExtraError,
    OutputError,
    PlanError,
)
from edgekit.evaluation import judging, ways
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.evaluation.predictions import Prediction, Predictions
from edgekit.evaluation.result import BundleEvaluation, DataFacts, Evaluation
from edgekit.evaluation.ways import Prepared
from edgekit.files import file_sha256, output_folder
from edgekit.postprocess import Outputs
from edgekit.tokens.encoded import Prompt
from edgekit.version import VERSION
from edgekit.words import command

_CHUNK = 1024  # texts that are tokenized and sorted by length together
Say = Callable[[str], None]


@dataclass(frozen=True)
class EvaluationRequest:
    """What is evaluated on which data.

    ``artifact`` None are all files that the device runs; ``limit`` counts examples from the first
    on; ``shown`` is how many differing examples are kept of each file. Without ``baseline`` PyTorch
    is not asked, and there are no drops. ``prompt`` is the role of every text, with the bundles'
    prompt for it; None leaves it to the model.
    """

    bundles: tuple[Path, ...]
    data: Path
    task: str | None = None
    artifact: tuple[str, ...] | None = None
    device: str = HOST
    limit: int | None = None
    shown: int = 5
    options: EvaluationOptions = field(default_factory=EvaluationOptions)
    baseline: bool = True
    prompt: str | None = None

    @property
    def command(self) -> str:
        """The command line of ``edgekit eval`` that evaluates the same again."""
        given = {
            "data": self.data,
            "task": self.task,
            "artifact": self.artifact,
            "device": self.device if self.device != HOST else None,
            "limit": self.limit,
            "prompt": self.prompt,
            **asdict(self.options),
        }
        unset = asdict(EvaluationOptions())
        asked = {name: value for name, value in given.items() if value != unset.get(name)}
        return command("eval", self.bundles, asked)


def default_folder(data: Path) -> Path:
    """The folder of an evaluation that is given none: named after the data, here."""
    return Path(f"{data.stem}.eval")


def run(
    request: EvaluationRequest,
    folder: Path,
    *,
    force: bool = False,
    debug: bool = False,
    say: Say = lambda text: None,
    tick: Say = lambda text: None,
) -> Evaluation:
    """Evaluates and stores: predictions as they come, ``eval.json`` at the end.

    Args:
        request: what is evaluated.
        folder: what is stored goes there; predictions of an earlier run are taken over.
        force: do not take them over.
        debug: show what runtimes write to standard error.
        say: is told what was guessed and finished.
        tick: is told what happens now.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    extras.require("eval")
    for path in request.bundles:
        say(f"{path}: every file's hash")
    opened = [Bundle.open(path) for path in request.bundles]
    if not request.data.is_file():
        raise DataError(f"{request.data} is no file: give labelled data with --data")
    digest = file_sha256(request.data)
    data = DataFacts(request.data.name, digest, request.limit)
    with output_folder(folder):
        work = _EvaluationRun(request, digest, folder, force, debug, say, tick)
        found = tuple(work.bundle(bundle) for bundle in opened)
        report = Evaluation(data, found, command=request.command)
        report.save(folder)
    return report


@dataclass(frozen=True)
class _EvaluationRun:
    """One evaluation while it runs."""

    request: EvaluationRequest
    data_sha256: str
    folder: Path
    force: bool
    debug: bool
    say: Say
    tick: Say

    def bundle(self, bundle: Bundle) -> BundleEvaluation:
        """Asks PyTorch and every file of one bundle, and judges their answers."""
        asked, model = self.request, ModelFacts.of(bundle)
        if asked.prompt is not None:
            model.tokenizer.prompted(asked.prompt)  # its name is checked before anything is asked
        prepared = ways.prepare(asked.data, model, asked.task, asked.options, asked.limit)
        self.say(f"{bundle.name}: {len(prepared.kind.examples)} examples")
        for note in prepared.notes:
            self.say(f"  {note}")
        artifacts = list(self._artifacts(bundle))  # names are checked before anything is asked
        baseline = (
            self._attempt(bundle, None, prepared, HOST)
            if asked.baseline
            else judging.Outcome(None, HOST, "", (), 0, "PyTorch was not asked")
        )
        files = [self._attempt(bundle, each, prepared, device) for each, device in artifacts]
        return judging.report(bundle, prepared, baseline, files, asked.shown)

    def _artifacts(self, bundle: Bundle) -> Iterator[tuple[Artifact, str]]:
        """The bundle's files that are evaluated, each with its device.

        Raises:
            PlanError: one is named that takes text.
        """
        names, device = self.request.artifact, self.request.device
        if names is None:
            chosen = opening.runnable(bundle.artifacts, device)
        else:
            chosen = list(bundle.select(*names))
            if texts := [artifact.path.name for artifact in chosen if artifact.takes_text]:
                raise PlanError(
                    f"{texts[0]} takes text, and is the model of the file without -text in its "
                    "name: evaluate that one"
                )
        return ((artifact, device) for artifact in chosen)

    def _attempt(
        self, bundle: Bundle, artifact: Artifact | None, prepared: Prepared, device: str
    ) -> judging.Outcome:
        """What one file, or PyTorch (None), answered to all examples.

        A file that cannot be opened, or that gives no numbers, is an outcome with the reason: it
        does not end the others.
        """
        absent = EdgekitError if artifact is None else (BundleError, MissingExtraError)
        name = inference.PYTORCH if artifact is None else artifact.path.name
        self.tick(f"{name}: opening")
        try:
            return self._ask(bundle, artifact, prepared, device)
        except (DataError, OutputError):
            raise
        except absent as error:
            self.say(f"  {name}: {error}")
            return judging.Outcome(artifact, device, "", (), 0, " ".join(str(error).split()))

    def _ask(
        self, bundle: Bundle, artifact: Artifact | None, prepared: Prepared, device: str
    ) -> judging.Outcome:
        """Opens one file and asks it what no earlier run has asked it; raises what it raises."""
        if artifact is None and (kept := self._kept(bundle, prepared)) is not None:
            return kept
        started = time.monotonic()
        self.tick(f"{artifact.path.name if artifact else inference.PYTORCH}: open")
        with answers.silenced(self.debug):
            app = opening.open_app(bundle, artifact, device)
        with app:
            if self.request.prompt is not None:
                app.use_prompt(self.request.prompt)
            with answers.silenced(self.debug):
                app.infer(prepared.prompt(app.tokenizer, 0).encodings[:1])  # libraries greet here
            stored = self._predictions(
                bundle, artifact, prepared, app.session.runtime, app.device, fresh=self.force
            )
            count = len(prepared.kind.asked)
            missing = [index for index in range(count) if index not in stored.found]
            try:
                self._fill(app, prepared, missing, stored)
            finally:
                stored.flush()
        before = f", {count - len(missing)} from before" if len(missing) < count else ""
        seconds = time.monotonic() - started
        self.say(f"  {app.file:<24} {len(missing):>6} asked in {seconds:.0f} s{before}")
        return _outcome(artifact, device, app.session.runtime, stored, count)

    def _kept(self, bundle: Bundle, prepared: Prepared) -> judging.Outcome | None:
        """PyTorch's answers of an earlier run, or None if any is missing.

        Importing PyTorch only to find that nothing is to be asked takes longer than this.
        """
        if self.force or extras.missing("pytorch"):
            return None
        runtime = f"PyTorch {version('torch')}"
        stored = self._predictions(bundle, None, prepared, runtime, HOST)
        count = len(prepared.kind.asked)
        if any(index not in stored.found for index in range(count)):
            return None
        self.say(f"  {inference.PYTORCH:<24} {0:>6} asked, {count} from before")
        return _outcome(None, HOST, runtime, stored, count)

    def _predictions(
        self,
        bundle: Bundle,
        artifact: Artifact | None,
        prepared: Prepared,
        runtime: str,
        device: str,
        *,
        fresh: bool = False,
    ) -> Predictions:
        """The stored predictions of a file on a device.

        They are taken over only where all that they depend on is the same: file, runtime, data,
        options.
        """
        manifest = bundle.manifest
        facts = {
            "edgekit": VERSION,
            "file": artifact.sha256 if artifact else manifest.source.sha256,
            "tokenizer": msgspec.to_builtins(manifest.tokenizer),
            "max_length": manifest.max_length,
            "prompts": dict(manifest.prompts),
            "roles": msgspec.to_builtins(manifest.roles),
            "prompt": self.request.prompt or manifest.default_prompt_name,
            "runtime": runtime,
            "device": device,
            "data": self.data_sha256,
            "columns": dict(prepared.data.columns.names),
            "way": prepared.way,
        }
        file = artifact.path.name if artifact else inference.PYTORCH
        return Predictions(self.folder, f"{bundle.name}.{file}", facts, fresh=fresh)

    def _fill(
        self, app: App, prepared: Prepared, missing: Sequence[int], stored: Predictions
    ) -> None:
        """Asks an opened file about the examples that have no prediction yet, and stores each."""
        kind, done = prepared.kind, len(stored.found)
        for first in range(0, len(missing), _CHUNK):
            prompts = {
                index: prepared.prompt(app.tokenizer, index)
                for index in missing[first : first + _CHUNK]
            }
            for index, outputs in _answered(app, prompts):
                record = kind.record(app.facts, index, prompts[index], outputs)
                stored.add(index, Prediction(record, prompts[index].left_out))
                done += 1
                self.tick(f"{app.file}: {done} of {len(kind.asked)}")


def _outcome(
    artifact: Artifact | None, device: str, runtime: str, stored: Predictions, count: int
) -> judging.Outcome:
    """The outcome of a file that has answered all ``count`` examples."""
    found = [stored.found[index] for index in range(count)]
    cut = sum(row.left_out > 0 for row in found)
    return judging.Outcome(artifact, device, runtime, tuple(row.record for row in found), cut)


def _answered(app: App, prompts: Mapping[int, Prompt]) -> Iterator[tuple[int, Outputs]]:
    """The index and the outputs of each prompt, as soon as the last of its rows is there."""
    places = [
        (index, row) for index, prompt in prompts.items() for row in range(len(prompt.encodings))
    ]
    waiting: dict[int, dict[int, Any]] = {index: {} for index in prompts}
    rows = [prompts[index].encodings[row] for index, row in places]
    for place, outputs in app.each(rows):
        index, row = places[place]
        waiting[index][row] = outputs
        if len(waiting[index]) == len(prompts[index].encodings):
            whole = waiting.pop(index)
            yield index, [whole[number] for number in range(len(whole))]
