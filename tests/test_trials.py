"""What a proof runs: how far texts are padded is part of what is promised."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.proof.probe import Probe
from edgekit.proof.trials import BATCH_TOKENS, Trial, plan_trials


class Opened:
    """A session of which only the lengths are asked."""

    runtime = "none"

    def __init__(self, lengths: tuple[int, ...] | None) -> None:
        self.lengths, self.batched = lengths, lengths is None

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        raise AssertionError("nothing is run here")


def probe(kind: str, count: int) -> Probe:
    return Probe(f"{kind} {count}", kind, (5,) * count, (0,) * count, (), {})


PROBES = [
    *(probe("text", count) for count in (20, 12, 30)),
    *(probe("length", count) for count in (1, 5, 17, 64, 65)),
    *(probe("adversarial", count) for count in (9, 17)),
    *(probe("expanded", count) for count in (25, 26, 27)),
]


def planned(lengths: tuple[int, ...] | None, most: int = 512) -> list[Trial]:
    return list(plan_trials(PROBES, Opened(lengths), most))


def test_a_file_of_any_length_is_padded_to_each_share_up_to_nine_tenths() -> None:
    trials = planned(None)
    padded = {trial.probes[0].name for trial in trials if trial.kind == "padding"}
    assert padded == {
        *("text 20", "text 12", "expanded 25", "expanded 26"),
        *("length 1", "length 17"),
    }
    for name in padded - {"length 1"}:
        own = [trial for trial in trials if trial.probes[0].name == name]
        shares = [1 - len(t.probes[0]) / t.length for t in own if t.kind == "padding"]
        assert shares == pytest.approx([0.25, 0.5, 0.75, 0.9], abs=0.02)
        (filler,) = (trial for trial in own if trial.kind == "filler")
        assert filler.length == max(trial.length for trial in own), "where padding is longest"
    assert max(trial.length for trial in planned(None, 40)) == 65, "only a probe itself is longer"
    longer = [trial for trial in planned(None, 20) if trial.kind == "padding"]
    assert all(trial.length > len(trial.probes[0]) for trial in longer)


def test_a_file_of_fixed_lengths_is_padded_to_each_longer_one() -> None:
    trials = planned((16, 32, 80))
    padded = [(t.probes[0].name, t.length) for t in trials if t.kind == "padding"]
    assert padded == [
        ("text 20", 80),
        *(("text 12", length) for length in (32, 80)),
        *(("length 1", length) for length in (32, 80)),
        ("length 17", 80),
        *((f"expanded {count}", 80) for count in (25, 26)),
    ]
    assert all(trial.kind != "batch" for trial in trials)


def test_every_probe_stands_alone_as_tightly_as_the_file_allows() -> None:
    for lengths in (None, (16, 32, 80)):
        alone = [t for t in planned(lengths) if t.kind not in ("padding", "filler", "batch")]
        assert [trial.probes for trial in alone] == [(each,) for each in PROBES]
        for trial in alone:
            count = len(trial.probes[0])
            assert trial.length == (
                count if lengths is None else min(length for length in lengths if length >= count)
            )


def test_texts_stand_beside_texts_and_short_rows_beside_short_rows() -> None:
    texts, made_up = (trial for trial in planned(None) if trial.kind == "batch")
    assert [len(each) for each in texts.probes] == [12, 20, 30]
    assert [len(each) for each in made_up.probes] == [1, 5, 9, 17, 17, 25, 26, 27, 64]
    assert (texts.length, made_up.length) == (30, 64)
    assert texts.label == "batch of 3 padded to 30"
    many = [probe("text", 64)] * 50
    *_, batch = plan_trials(many, Opened(None), 512)
    assert len(batch.probes) == BATCH_TOKENS // 64
    for count, kind in ((1, "filler"), (2, "batch")):
        *_, last = plan_trials(many[:count], Opened(None), 512)
        assert last.kind == kind, "one text is no batch"
    assert last.probes == (*many[:2],)
    assert Trial("text", (many[0],), 70).label == "text 64 padded to 70"
