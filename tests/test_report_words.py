"""A report's words: never the wrong one for a number, and none that is cut off."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples
from msgspec import structs
from report_samples import BERT, DISTILBERT
from rich.console import Console

from edgekit import report
from edgekit.report import headline, terminal


def test_a_worse_model_is_called_so_everywhere(tmp_path: Path) -> None:
    """A bigger and slower one than its base: no tile may say that it is 0.5 times smaller."""
    turned = [
        replace(row, suite=structs.replace(row.suite, against=DISTILBERT))
        for row in report_samples.everything()
        if row.subject.model in (BERT, DISTILBERT) and row.subject.recipe == "fp32"
    ]
    found = report.build([row for row in turned if row.subject.format == "tflite"])
    timed, counted = headline.answers(found)
    assert timed.sentence.startswith(f"{BERT} fp32 is 2.0")
    assert f"slower than {DISTILBERT} fp32, 1.6x larger" in timed.sentence
    assert f"more instructions than {DISTILBERT} fp32" in counted.sentence
    page = report.write(found, tmp_path).read_text()
    tiles = re.findall("<dt>(.+?)</dt>", page)
    assert tiles[:4] == ["slower", "larger", "a text", "memory"]
    assert tiles[4:] == ["more instructions", "larger", "memory"]


def test_what_did_not_take_turns_and_two_bundles_of_one_name_are_told_apart() -> None:
    first = [row for row in report_samples.timed(lengths=(64,)) if row.subject.format == "onnx"]
    again = [
        replace(
            row,
            round="later",
            started="2026-11-26T09:00:00+00:00",
            subject=replace(row.subject, bundle_id="f" * 64),
        )
        for row in first
        if row.subject.model == DISTILBERT
    ]
    found = report.build([*first, *again])
    assert {row.measurement.subject.model for row in found.rows} == {
        *(BERT, DISTILBERT, f"{DISTILBERT} ({DISTILBERT[:6]})")
    }
    told = [line for each in found.rows for line in headline.apart(each)]
    assert len(told) == len(again)
    assert all("were not interleaved" in line for line in told)


def test_memory_of_an_emulator_is_shown_where_it_counted_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [replace(row, instructions=None) for row in report_samples.counted()]
    found = report.build(rows)
    terminal.show(found)
    told = capsys.readouterr().out
    assert "82.8 MB" in told
    assert headline.answers(found) == []
    assert "Nothing was measured" not in told


def test_a_terminal_gets_the_columns_that_it_has_room_for() -> None:
    (group,) = report.build(list(report_samples.timed(lengths=(64,)))).settings[0].groups
    heads = {}
    for width in (80, 120, 200):
        console = Console(width=width, file=io.StringIO())
        heads[width] = [str(each.header) for each in terminal.fitting(group, console).columns]
        console.print(terminal.fitting(group, console))
        assert "…" not in console.file.getvalue()
    assert len(heads[80]) < len(heads[120]) < len(heads[200])
    assert heads[80][:3] == ["64 tokens", "runtime", "median ms"]
