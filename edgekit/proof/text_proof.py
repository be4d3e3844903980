"""The proof of a file that takes text: PyTorch's answers, from the very ids of the tokenizer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from edgekit.manifest import Proof
from edgekit.model.tasks import Task
from edgekit.proof import verify
from edgekit.proof.probes import Probe
from edgekit.proof.runs import Run, row
from edgekit.proof.verify import Tally
from edgekit.recipe import Recipe
from edgekit.runtime.text import TextSession
from edgekit.signature import Signature
from edgekit.tokens import texts
from edgekit.tokens.texts import Case


def prove(
    session: TextSession,
    probes: Sequence[Probe],
    task: Task,
    signature: Signature,
    recipe: Recipe,
    max_length: int,
    side: str,
) -> Proof:
    """Runs every text that is cut as the file cuts; other ids are a failure whatever comes out.

    ``max_length`` and ``side`` are how it cuts.
    """
    started = time.perf_counter()
    tally, scale = Tally(recipe.tolerance), verify.scales(probes)
    for case, probe in _texts(probes, max_length, side):
        outputs = session.ask(*case.texts)
        run = Run("text", (probe,), len(probe))
        if tuple(outputs["input_ids"][0].tolist()) != probe.input_ids:
            tally.add(run, verify.WRONG)
            tally.failure = f"{case.name}: other ids than the tokenizer's"
            break
        actual = row(outputs, 0, probe, signature)
        tally.add(run, verify.compare(actual, probe, task, scale))
    return tally.proof(session.runtime, time.perf_counter() - started)


def _texts(probes: Sequence[Probe], max_length: int, side: str) -> Iterator[tuple[Case, Probe]]:
    known = {
        case.name: case
        for case in texts.cases(max_length, side)
        if case.max_length == max_length and case.cut_by_a_file(side)
    }
    for probe in probes:
        if probe.kind == "text" and probe.name in known:
            yield known[probe.name], probe
