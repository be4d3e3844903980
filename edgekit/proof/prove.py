"""The proof: an artifact, opened in its runtime, gives PyTorch's answers however it is fed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from edgekit.manifest.proofs import Proof
from edgekit.proof.compare import Comparer, Locate
from edgekit.proof.probe import Probe
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial, plan_trials
from edgekit.runtime.feeding import feed, row
from edgekit.runtime.session import Session
from edgekit.runtime.text import TextSession
from edgekit.tokens.texts import Case
from edgekit.tolerance import Tolerance

Plan = Callable[[Sequence[Probe], Session, int], Iterable[Trial]]


def prove(
    session: Session,
    reference: Reference,
    tolerance: Tolerance,
    locate: Locate = lambda trial: None,
    plan: Plan = plan_trials,
) -> Proof:
    """Runs every probe through the session and compares; never raises for a wrong answer.

    Args:
        session: the opened artifact.
        reference: PyTorch's answers.
        tolerance: how far from them the artifact may be.
        locate: is asked once, for the first trial that fails, which layer is at fault.
        plan: chooses the trials from the probes, the session and the largest length.
    """
    started = time.perf_counter()
    comparer = Comparer(reference, reference.held(tolerance))
    for trial in plan(reference.probes, session, reference.max_length):
        filler = trial.kind == "filler"
        arrays = feed(trial.probes, trial.length, reference.signature, filler=filler)
        outputs = session.run(arrays)
        for index, probe in enumerate(trial.probes):
            actual = row(outputs, index, probe.rows, reference.signature)
            comparer.add(trial, probe, actual, locate)
    return comparer.proof(session.runtime, time.perf_counter() - started)


def prove_text(
    session: TextSession, reference: Reference, tolerance: Tolerance, side: str
) -> Proof:
    """Runs every text that is cut as the file cuts through a file that takes text, and compares.

    Args:
        session: the opened artifact; other ids than the tokenizer's are a failure, whatever comes
            out.
        reference: PyTorch's answers.
        tolerance: how far from them the artifact may be.
        side: the end at which the tokenizer of the file cuts.
    """
    started = time.perf_counter()
    # Texts alone seldom decide enough, and the same model has been proven from ids.
    comparer = Comparer(
        replace(reference, least=min(1, reference.least)), reference.held(tolerance)
    )
    for case, probe in _texts(reference, side):
        outputs = session.ask(*case.texts)
        trial = Trial("text", (probe,), len(probe))
        if tuple(outputs["input_ids"][0].tolist()) != probe.input_ids:
            comparer.refuse(trial, f"{case.name}: other ids than the tokenizer's")
            break
        comparer.add(trial, probe, row(outputs, 0, probe.rows, reference.signature))
    return comparer.proof(session.runtime, time.perf_counter() - started)


def _texts(reference: Reference, side: str) -> Iterator[tuple[Case, Probe]]:
    """The probes that are texts which a file itself cuts, with the case of each.

    They are cut at the reference's own length, and as a file with a tokenizer in it cuts them.

    Args:
        reference: has the probes.
        side: ``left`` or ``right``: where such a file cuts.
    """
    for probe in reference.probes:
        case = probe.case
        if case and case.max_length == reference.max_length and case.cut_by_a_file(side):
            yield case, probe
