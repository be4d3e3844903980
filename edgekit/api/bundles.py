"""What is done with a bundle: it is made, opened, shown, verified, asked, and put into an app."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.api.arguments import AnyPath, counts, names

if TYPE_CHECKING:
    from edgekit.api.rows import Rows
    from edgekit.bundle import Bundle
    from edgekit.conversion.steps import Step
    from edgekit.converters.facts import FileFacts
    from edgekit.postprocess import Answer
    from edgekit.proof.verify import Verified


def convert(
    model: str,
    *,
    task: str | None = None,
    to: str | Iterable[str] | None = None,
    recipe: str | Iterable[str] | None = None,
    max_length: int | None = None,
    buckets: int | Iterable[int] | None = None,
    out: AnyPath | None = None,
    force: bool = False,
    minimum_ios: str | None = None,
    minimum_tflite: str | None = None,
    opset: int | None = None,
    int64_inputs: bool = False,
    keep_float32: int | Iterable[int] = (),
    embed_tokenizer: bool = False,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    allow_unused_weights: bool = False,
    jobs: int = 2,
    progress: Callable[[Step], None] = lambda step: None,
) -> Bundle:
    """Converts a checkpoint and returns the published, proven bundle.

    Args:
        model: a hub id, a folder, ``demo`` or ``config:PATH``.
        task: what the model is for, like ``text-classification``; None asks the checkpoint.
        to: formats, like ``onnx``: what ``edgekit convert --help`` lists. None is ONNX, TFLite and
            Core ML, on Windows the first two.
        recipe: how weights are stored, like ``fp32`` and ``int8``, one file for each in each
            format; None leaves each format its own.
        max_length: the most tokens, special ones included; None is the model's own limit, or 512
            where that is longer.
        buckets: static lengths in tokens, for formats that need them; None chooses usual ones.
        out: the bundle's folder; None is ``NAME.edgekit`` here.
        force: replace a bundle that is there.
        minimum_ios: the oldest iOS that has to run Core ML files: 16, 17 or 18.
        minimum_tflite: the oldest TensorFlow Lite that has to run TFLite files, such as 2.14.
        opset: the newest opset of ai.onnx that ONNX files may ask for, 15 to 20.
        int64_inputs: whether ONNX files take int64 instead of int32.
        keep_float32: encoder layers, from 0, that Core ML files compute in float32: those whose
            numbers pass 65,504, where float16 ends.
        embed_tokenizer: add ONNX files that take text.
        allow_pickle: load pickled weights, which can run code.
        trust_remote_code: run Python code of the checkpoint.
        allow_unused_weights: convert although the model has no place for some trained weights.
        jobs: how many formats are converted at the same time.
        progress: is told of each step as it begins and ends; ``print`` will do.

    Raises:
        ProofError: a file does not compute what PyTorch computes; the others are published.
        EdgekitError: anything else that went wrong, with one line that says what and what to do.
    """

    asked = {name: value for name, value in locals().items() if name not in ("jobs", "progress")}
    from edgekit.conversion import pipeline, plan
    from edgekit.conversion.request import ConversionRequest

    asked |= {name: names(asked[name]) for name in ("to", "recipe")}
    asked |= {name: counts(asked[name]) for name in ("buckets", "keep_float32")}
    return pipeline.convert(plan.make(ConversionRequest(**asked)), say=progress, jobs=jobs)


def open_bundle(path: AnyPath) -> Bundle:
    """Opens a bundle and checks every file against its manifest.

    Raises:
        BundleError: it is damaged, forged or too new.
    """
    from edgekit.bundle import Bundle

    return Bundle.open(path)


def inspect(path: AnyPath, *, debug: bool = False) -> Bundle | FileFacts:
    """What is inside a bundle, every file of which is checked against its hash, or inside one file.

    Args:
        path: a bundle, or a file of a format, like .onnx or .mlpackage, whoever made it.
        debug: show what libraries print.

    Raises:
        BundleError: it is damaged, or neither of both.
    """
    from edgekit.bundle import Bundle
    from edgekit.contents import MANIFEST
    from edgekit.conversion import worker
    from edgekit.errors import BundleError
    from edgekit.formats import of_suffix
    from edgekit.runtime.inspection import inspect_file

    found = Path(path)
    if (found / MANIFEST).exists() or (found.is_dir() and of_suffix(found.suffix) is None):
        return Bundle.open(found)
    try:
        return worker.alone(inspect_file, found.absolute(), debug=debug)
    except worker.CrashError as crash:  # a damaged file can take its library down with it
        raise BundleError(f"{found} cannot be read: {crash}") from crash


def verify(
    bundle: AnyPath,
    *,
    artifact: str | Iterable[str] = (),
    debug: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Rows[Verified]:
    """Runs a bundle's golden texts through every file in every runtime that is here.

    Args:
        bundle: its folder.
        artifact: files, formats or recipes; all if there are none.
        debug: show what libraries print.
        progress: is told what is run.

    Returns:
        A row for each file and runtime; ``passed`` says whether it computes what PyTorch did.

    Raises:
        BundleError: the bundle is damaged.
        ConversionError: a runtime crashed, and in which file.
    """
    from edgekit.api.rows import Rows
    from edgekit.bundle import Bundle
    from edgekit.conversion import worker
    from edgekit.proof import verify as verifying

    running = ""

    def say(text: str) -> None:
        nonlocal running
        running = text
        progress(text)

    say(f"{bundle}: every file's hash")
    opened, asked = Bundle.open(Path(bundle).absolute()), names(artifact) or ()
    try:
        return Rows(worker.alone(verifying.verify, opened, asked, debug=debug, say=say))
    except worker.CrashError as crash:
        raise worker.CrashError(f"{running}: {crash}") from crash


def run(
    bundle: AnyPath,
    text: str,
    context: str | None = None,
    *,
    artifact: str | None = None,
    device: str = "host",
    top: int = 5,
    prompt: str | None = None,
) -> Answer:
    """Asks a bundle's model about a text as an app would: tokenize, infer, post-process.

    Args:
        bundle: its folder.
        text: the text, or the question.
        context: the text that holds the answer to a question, or the second of a pair.
        artifact: a file, format or recipe, or ``pytorch``; None is the first that runs here.
        device: ``host``, or one of :func:`edgekit.devices`.
        top: the most labels, fillers or spans of an answer.
        prompt: name of the bundle's prompt that stands before every text, or ``none``; None leaves
            it to the model.

    Returns:
        The answer, of the class of the model's task.

    Raises:
        EdgekitError: the texts are none that the model takes, or the file does not open.
    """
    from edgekit.app import answers, opening
    from edgekit.bundle import Bundle

    opened = Bundle.open(bundle)
    chosen = opening.choose(opened, artifact, device)
    with answers.silenced(debug=False):
        app = opening.open_app(opened, chosen, device)
    with app, answers.silenced(debug=False):
        if prompt is not None:
            app.use_prompt(prompt)
        return app.read(app.tokenize(*(text,) if context is None else (text, context)), top)


def make_app(
    *bundles: AnyPath,
    platform: str,
    out: AnyPath,
    artifact: str | Iterable[str] = (),
    application_id: str | None = None,
    name: str | None = None,
) -> None:
    """Puts bundles into a project that Android Studio or Xcode opens, or into a static site.

    Of a project that is there only the bundles and the lines that name the app are changed; a site
    that is there is written anew.

    Args:
        *bundles: their folders.
        platform: ``android``, ``ios`` or ``web``.
        out: the folder of the project, or of the site.
        artifact: names of files that go in, each bundle's default first; none takes of each
            bundle the smallest that the platform opens.
        application_id: like ``com.example.reviews``; None keeps the project's. A site has none.
        name: what people see under the icon; None keeps the project's.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit.bundle import Bundle
    from edgekit.mobile import choice, platforms, project, site

    row = platforms.get(platform)
    chosen = choice.choose([Bundle.open(path) for path in bundles], names(artifact) or (), row)
    if isinstance(row, platforms.Project):
        project.stamp(project.AppProject(row, chosen, application_id, name), Path(out))
    else:
        site.write(site.Site(chosen, name), Path(out))
