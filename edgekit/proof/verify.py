"""``edgekit verify``: a bundle's golden files, tried here, as an app does on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edgekit.bundle import Artifact, Bundle
from edgekit.contents import POSTPROCESS
from edgekit.errors import BundleError, MissingExtraError, UnsupportedError, first_line
from edgekit.manifest.proofs import Proof
from edgekit.postprocess import Facts
from edgekit.postprocess import golden as vectors
from edgekit.proof import golden
from edgekit.proof.prove import prove, prove_text
from edgekit.proof.reference import Reference
from edgekit.runtime import table
from edgekit.runtime.session import Session
from edgekit.runtime.text import TextSession
from edgekit.tokens.encoding import Tokenizer


@dataclass(frozen=True)
class Verified:
    """One artifact in one runtime, held against the golden cases.

    Attributes:
        file: its name.
        runtime: with its version.
        cases: golden texts.
        runs: inferences: some texts are run with padding and in batches, too.
        max_abs: the largest difference, relative; of ``postprocess.json`` that of a score.
        passed: whether all is within its tolerance.
        failure: what is wrong, if it is not.
        deviation: see :class:`edgekit.manifest.proofs.Proof`, like the next three; None where
            nothing tells.
        cosine: the least.
        padding_sensitivity: how far padding moves the file's own answer.
        agreement: the share of clear decisions that are PyTorch's.
        decisions: how many clear ones there were.
    """

    file: str
    runtime: str
    cases: int
    runs: int
    max_abs: float
    passed: bool
    failure: str | None = None
    deviation: float | None = None
    cosine: float | None = None
    padding_sensitivity: float | None = None
    agreement: float | None = None
    decisions: int = 0


def verify(
    bundle: Bundle, names: Sequence[str] = (), *, say: Callable[[str], None] = lambda text: None
) -> list[Verified]:
    """Files in every runtime that this machine has, then the post-processing.

    Args:
        bundle: an opened bundle.
        names: the files to run (see :meth:`edgekit.bundle.Bundle.select`); none means all.
        say: is told what is run, before it is.

    Raises:
        BundleError: the golden file does not fit the manifest, or the bundle has nothing of a name.
    """
    artifacts = bundle.select(*names) if names else (*bundle.artifacts, *bundle.text_artifacts)
    reference = golden.read(bundle)
    found = [row for artifact in artifacts for row in _artifact(bundle, artifact, reference, say)]
    say(POSTPROCESS)
    return [*found, *_postprocess(bundle)]


def _artifact(
    bundle: Bundle, artifact: Artifact, reference: Reference, say: Callable[[str], None]
) -> Iterator[Verified]:
    """One artifact's rows, one for each runtime of this machine.

    Where there is no runtime, or the file does not open or run in it, the row has failed: nothing
    was shown.
    """
    file = artifact.path.name
    try:
        say(f"{file}: opening")
        if artifact.takes_text:
            yield _text(bundle, artifact, reference)
            return
        for session in table.sessions(artifact.path, artifact.format):
            say(f"{file} in {session.runtime}")
            yield _ids(artifact, session, reference)
    except (MissingExtraError, UnsupportedError, BundleError) as error:
        yield Verified(file, "-", 0, 0, 0.0, False, str(error))


def _ids(artifact: Artifact, session: Session, reference: Reference) -> Verified:
    """A file that takes ids, held against the golden cases; a runtime's own error is a failure."""
    try:
        proof = prove(session, reference, artifact.tolerance)
    except Exception as error:  # each runtime has errors of its own
        why = f"fails in {session.runtime}: {first_line(error)}"
        return Verified(artifact.path.name, session.runtime, 0, 0, 0.0, False, why)
    return _verified(artifact, proof, len(reference.probes))


def _text(bundle: Bundle, artifact: Artifact, reference: Reference) -> Verified:
    """A file that takes text, held against the golden texts."""
    facts = bundle.manifest.tokenizer
    side = "right" if facts is None else facts.truncation_side
    proof = prove_text(TextSession(artifact.path), reference, artifact.tolerance, side)
    return _verified(artifact, proof, proof.runs)


def _verified(artifact: Artifact, proof: Proof, cases: int) -> Verified:
    """A proof as a row of ``edgekit verify``."""
    return Verified(
        artifact.path.name,
        proof.runtime,
        cases,
        proof.runs,
        proof.max_abs,
        proof.passed,
        proof.failure,
        proof.deviation,
        proof.cosine,
        proof.padding_sensitivity,
        proof.agreement,
        proof.decisions,
    )


def _postprocess(bundle: Bundle) -> Iterator[Verified]:
    """The row of ``postprocess.json``, where the bundle has one: tokens and answers made again."""
    stored = vectors.read(bundle)
    if stored is None:
        return
    tokenizer = Tokenizer.of(bundle)
    facts = Facts.of(bundle, tokenizer.token)
    checked = vectors.check(stored, facts, tokenizer)
    failure = checked.failure
    if not checked.cases:
        if facts.task == "fill-mask" and facts.mask_id is None:
            return  # no text can ask it anything
        failure = f"{POSTPROCESS} holds no cases: nothing was run"
    yield Verified(
        POSTPROCESS,
        "edgekit's post-processing",
        checked.cases,
        checked.cases,
        checked.max_abs,
        failure is None,
        failure,
    )
