"""A report's words: never the wrong one for a number, and none that is cut off."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest
import report_samples
from msgspec import structs
from report_samples import BERT, DISTILBERT

from edgekit import reporting as report
from edgekit.benchmarks import session
from edgekit.cli.main import cli
from edgekit.evaluation.result import Evaluation
from edgekit.reporting import comparison, data, headline, scores, terminal


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
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    rows = [replace(row, instructions=None) for row in report_samples.counted()]
    found = report.build(rows)
    terminal.show(found)
    told = capsys.readouterr().out
    assert "82.8 MB" in told
    assert headline.answers(found) == []
    assert "Nothing was measured" not in told


def test_a_terminal_gets_the_columns_that_it_has_room_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = report.build(list(report_samples.timed(lengths=(64,))))
    heads = {}
    for width in (80, 120, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        terminal.show(found)
        lines = capsys.readouterr().out.splitlines()
        heads[width] = next(line for line in lines if line.startswith("64 tokens"))
        left_out = any(line.startswith(f"not shown in {width} columns: ") for line in lines)
        assert left_out == (width < 200)
        assert not any("…" in line for line in lines)
        assert all(len(line) <= width for line in lines if "ms" in line.split())
    assert len(heads[80].split()) < len(heads[120].split()) < len(heads[200].split())
    assert heads[80].split()[:5] == ["64", "tokens", "runtime", "median", "ms"]


def test_an_interval_that_holds_1_is_no_difference_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = [
        replace(row, latency_ms=tuple(ms * (9 if number % 2 else 1 / 9) for number, ms in samples))
        for row in report_samples.timed(lengths=(128,))
        for samples in [list(enumerate(row.latency_ms[: 6 + len(row.subject.model) % 2]))]
    ]
    found = report.build([replace(row, round="") for row in noisy])
    compared = found.settings[0].main.results[0].against(comparison.FULL_PRECISION)
    assert compared is not None
    assert compared.faster is not None
    assert compared.faster.holds(1)
    (answer,) = headline.answers(found)
    assert "is not shown to be faster or slower than" in answer.sentence
    page = report.write(found, tmp_path).read_text()
    assert '<dd class="faint">no difference</dd>' in page
    terminal.show(found)
    assert "no difference [" in capsys.readouterr().out


def test_what_to_ship_is_drawn_from_what_was_measured() -> None:
    """The fastest that is as good as PyTorch; of equally fast ones that of the least memory."""
    rows = list(report_samples.timed(lengths=(128,)))
    int8 = next(row for row in rows if row.subject.file == "model-int8.onnx")
    quick = replace(int8, latency_ms=tuple(ms / 2 for ms in int8.latency_ms))
    twin = replace(
        quick,
        subject=replace(quick.subject, file="twin.onnx", runtime="another"),
        peak_memory_bytes=1_000_000,
    )
    rows = [quick if row is int8 else row for row in rows] + [twin]

    def told(evaluations: tuple[Evaluation, ...]) -> tuple[str, str]:
        found = report.build(rows, evaluations=evaluations)
        details = headline.answers(found)[0].details
        (place,) = [place for place, line in enumerate(details) if line.startswith("ship ")]
        return details[place], details[place + 1]

    alone, why = told(())
    assert alone.startswith("ship twin.onnx in another: 66.4 MB, 1.0 MB of memory; judge it")
    assert why.startswith("no difference from model-int8.onnx in onnxruntime in time; ")
    assert re.search(r"1\.7\dx \[.*\] faster than model-int8.tflite in LiteRT$", why)
    assert "fp32" not in why
    assert alone.endswith("judge it on your data: edgekit eval")
    twin = replace(twin, subject=int8.subject)  # what there is of it was judged, and is worse
    rows[-1] = replace(twin, subject=replace(twin.subject, runtime="another"))
    judged, _ = told((report_samples.evaluation(),))
    assert judged.startswith("ship model-int8.tflite in LiteRT: ")
    assert "judge it" not in judged


def test_the_time_measured_lasts_to_the_end_of_the_last() -> None:
    rows = [replace(row, ended="2026-11-25T09:40:00+00:00") for row in report_samples.timed()]
    measured = data.document(report.build(rows)).measured
    assert measured == data.Period("2026-11-25T09:00:00+00:00", "2026-11-25T09:40:00+00:00")


def test_the_command_of_a_request_is_parsed_to_the_same_request() -> None:
    asked = session.BenchRequest(
        bundles=(Path("a model.edgekit"),),
        against=Path("b.edgekit"),
        threads=(1, 2),
        recipe=("int8",),
        profile=True,
        memory=1 << 28,
        seconds=0.5,
    )
    words = shlex.split(asked.command)
    parsed = cli.commands["bench"].make_context("bench", words[2:]).params
    given = {field.name: parsed[field.name] for field in fields(session.BenchRequest)}
    assert session.BenchRequest(**given) == asked


def test_texts_that_were_cut_are_counted_and_whose_they_are() -> None:
    (found,) = report_samples.evaluation().bundles
    assert not list(scores.warnings(found))
    cut = replace(found, artifacts=tuple(replace(row, cut=3) for row in found.artifacts))
    said = "3 texts beyond the bundle's maximum length and cut"
    assert list(scores.warnings(cut)) == [
        f"{said}, for PyTorch as well: no drop tells what that costs"
    ]
    assert list(scores.warnings(replace(cut, baseline=None))) == [said]
