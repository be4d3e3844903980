"""What is done with a bundle: it is opened, shown, verified, asked, and put into an app."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.api.arguments import AnyPath, names

if TYPE_CHECKING:
    from edgekit.api.rows import Rows
    from edgekit.bundle import Bundle
    from edgekit.converters.facts import FileFacts
    from edgekit.postprocess import Answer
    from edgekit.proof.verify import Verified


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
        BundleError: the bundle or the file is damaged, or ``path`` is neither.
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
        prompt: role of every text, like ``query``, with the bundle's prompt for it; None leaves
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
    id: str | None = None,
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
        id: like ``com.example.reviews``; None keeps the project's. A site has none.
        name: what people see under the icon; None keeps the project's.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit.bundle import Bundle
    from edgekit.mobile import choice, platforms, project, site

    row = platforms.get(platform)
    chosen = choice.choose([Bundle.open(path) for path in bundles], names(artifact) or (), row)
    if isinstance(row, platforms.Project):
        project.stamp(project.AppProject(row, chosen, id, name), Path(out))
    else:
        site.write(site.Site(chosen, name), Path(out))
