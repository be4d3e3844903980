"""A bundle's golden files, tried here: what an app does on a phone to test itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit import recipe
from edgekit.bundle import POSTPROCESS, Artifact, Bundle
from edgekit.golden import GoldenCase, Sample
from edgekit.model import tasks
from edgekit.model.tasks import Task
from edgekit.postprocess import Facts
from edgekit.postprocess import golden as vectors
from edgekit.proof import runs, verify
from edgekit.proof.probes import Probe
from edgekit.runtime import table as runtime
from edgekit.runtime.interpreters import Session
from edgekit.runtime.text import TextSession
from edgekit.tokens.encoding import Tokenizer
from edgekit.tokens.texts import LONGEST_FIRST

_IDS = "input_ids"


@dataclass(frozen=True)
class SelfTest:
    """One artifact in one runtime over all golden cases. Errors are relative as in a proof.

    Of ``postprocess.json`` ``max_abs`` is the largest difference of a score; it has no ``cosine``.
    """

    file: str
    runtime: str
    cases: int
    max_abs: float
    cosine: float | None
    passed: bool
    failure: str | None = None


def run(bundle: Bundle) -> list[SelfTest]:
    """Every artifact in every runtime this machine has, then the post-processing.

    Raises:
        BundleError: an artifact cannot be opened, or the golden file does not fit the manifest.
    """
    golden = bundle.golden()
    task = tasks.get(bundle.manifest.task)
    cases = golden.cases
    found = [
        _summary(artifact, session.runtime, differences(session, bundle, cases, task))
        for artifact in bundle.artifacts
        for session in runtime.sessions(artifact.path, artifact.format)
    ]
    for artifact in bundle.text_artifacts:
        text_session = TextSession(artifact.path)
        compared = text_differences(text_session, bundle, cases, task)
        found.append(_summary(artifact, text_session.runtime, compared))
    return [*found, *_postprocess(bundle)]


def _postprocess(bundle: Bundle) -> Iterator[SelfTest]:
    """The tokens and answers of ``postprocess.json``, where the bundle has one."""
    stored = vectors.read(bundle)
    if stored is None:
        return
    tokenizer = Tokenizer.of(bundle)
    checked = vectors.check(stored, Facts.of(bundle, tokenizer), tokenizer)
    passed = checked.failure is None
    runtime_name = "edgekit's post-processing"
    yield SelfTest(
        POSTPROCESS, runtime_name, checked.cases, checked.max_abs, None, passed, checked.failure
    )


def _summary(
    artifact: Artifact, runtime_name: str, differences: Iterable[verify.Difference]
) -> SelfTest:
    tolerance, found = recipe.get(artifact.recipe).tolerance, list(differences)
    max_abs = max(difference.max_abs for difference in found)
    cosine = min(difference.cosine for difference in found)
    failure = None
    if not max_abs <= tolerance.max_abs or not cosine >= tolerance.cosine:
        failure = f"beyond max abs {tolerance.max_abs:g} or cosine {tolerance.cosine:g}"
    return SelfTest(
        artifact.path.name,
        runtime_name,
        len(found),
        max_abs,
        cosine,
        failure is None,
        failure,
    )


def differences(
    session: Session, bundle: Bundle, cases: Sequence[GoldenCase], task: Task
) -> Iterator[verify.Difference]:
    """How far a file is from PyTorch on each golden case."""
    signature = bundle.signature
    probes = [_probe(case) for case in cases]
    scale = verify.scales(probes)
    for case, probe in zip(cases, probes, strict=True):
        length = runs.fit(len(probe), session.lengths)
        outputs = session.run(runs.feed((probe,), length, signature))
        yield _difference(outputs, case, probe, bundle, task, scale)


def text_differences(
    session: TextSession, bundle: Bundle, cases: Sequence[GoldenCase], task: Task
) -> Iterator[verify.Difference]:
    """The same of a file that takes text, on the cases that are cut as it cuts."""
    scale = verify.scales(map(_probe, cases))
    manifest = bundle.manifest
    side = manifest.tokenizer.truncation_side if manifest.tokenizer else "right"
    for case in cases:
        cut = case.truncation, case.truncation_side or side, case.max_length
        if case.text is not None and cut == (LONGEST_FIRST, side, manifest.max_length):
            probe, outputs = _probe(case), session.ask(*case.text)
            if tuple(outputs[_IDS][0].tolist()) == case.input_ids:
                yield _difference(outputs, case, probe, bundle, task, scale)
            else:
                yield verify.WRONG


def _difference(
    outputs: Mapping[str, np.ndarray],
    case: GoldenCase,
    probe: Probe,
    bundle: Bundle,
    task: Task,
    scale: Mapping[str, float],
) -> verify.Difference:
    kept = runs.row(outputs, 0, probe, bundle.signature)
    sampled = {name: _sample(kept[name], case.outputs[name]) for name in kept}
    return verify.compare(sampled, probe, task, scale, decide=False)


def _probe(case: GoldenCase) -> Probe:
    return Probe(
        case.name,
        "text",
        case.input_ids,
        case.token_type_ids,
        case.rows,
        {name: np.array(kept.values, np.float32) for name, kept in case.outputs.items()},
    )


def _sample(value: np.ndarray, kept: Sample) -> np.ndarray:
    flat = value.ravel()
    return flat if kept.indices is None else flat[list(kept.indices)]
