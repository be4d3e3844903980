"""Which inferences a proof makes: each text alone, padded further, and beside others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edgekit.proof.probe import EXPANDED, Probe
from edgekit.runtime.feeding import fit
from edgekit.runtime.session import Session

PADDINGS = (0.25, 0.5, 0.75, 0.9)  # shares of a row that are padding
BATCH_TOKENS = 2048  # with padding; a vocabulary of 250,000 makes 2 GB of logits of them
_SHORT = 64  # tokens of a made-up probe that may stand in a batch


@dataclass(frozen=True)
class Trial:
    """One inference of a proof: probes side by side, each padded to ``length`` tokens.

    ``kind`` is what it tests: a probe's own kind where it is padded as little as the file allows,
    else ``padding``, ``filler`` (the text's own first token stands where others have [PAD]) or
    ``batch``.
    """

    kind: str
    probes: tuple[Probe, ...]
    length: int

    @property
    def label(self) -> str:
        """For messages: which text, how long, how padded."""
        names = self.probes[0].name if len(self.probes) == 1 else f"batch of {len(self.probes)}"
        return f"{names} padded to {self.length}"


def plan_trials(probes: Sequence[Probe], session: Session, max_length: int) -> Iterator[Trial]:
    """Each probe as tightly as the file allows, then some padded more, then batches.

    Args:
        probes: texts and made-up rows.
        session: says which lengths the file takes, and whether it takes batches.
        max_length: the most tokens that a file of any length is padded to.
    """
    yield from plan_tight(probes, session)
    for probe in _padded_probes(probes):
        paddings = _paddings(len(probe), session.lengths, max_length)
        for length in paddings:
            yield Trial("padding", (probe,), length)
        for length in paddings[-1:]:
            yield Trial("filler", (probe,), length)
    if session.batched:
        texts = tuple(probe for probe in probes if probe.kind == "text")
        made_up = tuple(p for p in probes if p.kind != "text" and len(p) <= _SHORT)
        for batch in map(_side_by_side, (texts, made_up)):
            if len(batch) > 1:
                yield Trial("batch", batch, max(map(len, batch)))


def plan_tight(probes: Sequence[Probe], session: Session) -> Iterator[Trial]:
    """Each probe alone, padded as little as the file allows."""
    for probe in probes:
        yield Trial(probe.kind, (probe,), fit(len(probe), session.lengths))


def _side_by_side(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """The probes that make up a batch: the shortest, as many as its logits leave room for."""
    kept: list[Probe] = []
    for probe in sorted(probes, key=len):
        if (len(kept) + 1) * len(probe) <= BATCH_TOKENS:
            kept.append(probe)
    return tuple(kept)


def _padded_probes(probes: Sequence[Probe]) -> Iterable[Probe]:
    """The probes that are tried with more padding, too.

    They are the first two texts and expanded ones, a made-up row of middling length, a single
    token.
    """
    first = {"text": 0, EXPANDED: 0, "length": 0}
    for probe in probes:
        if probe.kind in first and (probe.kind != "length" or len(probe) in (1, 17)):
            first[probe.kind] += 1
            if first[probe.kind] <= 2:
                yield probe


def _paddings(count: int, lengths: tuple[int, ...] | None, most: int) -> list[int]:
    """The lengths that a probe is padded to, beyond what it needs.

    Args:
        count: its tokens.
        lengths: those that the file takes; None: any.
        most: the largest length.
    """
    if lengths is not None:
        return [length for length in lengths if length > fit(count, lengths)]
    padded = {min(most, round(count / (1 - share))) for share in PADDINGS}
    return sorted(length for length in padded if length > count)
