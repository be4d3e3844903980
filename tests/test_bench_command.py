"""The commands that measure and report, as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import report_samples

from edgekit.benchmarks import results
from edgekit.benchmarks.results import Store
from edgekit.bundle import Bundle
from edgekit.errors import PlanError


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "edgekit", *map(str, arguments)]


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / results.FILE).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_killed_in_mid_run_it_goes_on_where_it_stopped(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "bench"
    options = ("--lengths", "10,16", "--runtime", "onnxruntime", "--seconds", "0.5", "-o", out)
    asked = command("bench", bundle.path, *options)
    first = subprocess.Popen(asked, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert first.stderr is not None
    while "[2/2]" not in (said := first.stderr.readline()):
        assert said, "it ended before its second round"
    started = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.wait()
    kept = lines(out)
    assert {row["conditions"]["length"] for row in kept} == {10}
    assert len(kept) == 2  # fp32 and int8
    with (out / results.FILE).open("a") as file:
        file.write('{"schema_version": "1.0", "subj')  # what a kill may leave
    _, alive = psutil.wait_procs(started, timeout=30)
    assert not alive

    second = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert "[1/2] host, 1 thread, 10 tokens: measured before" in second.stderr
    found = Store(out).load()
    assert [results.line(row) for row in found[:2]] == [json.dumps(row) for row in kept]
    assert [row.conditions.length for row in found] == [10, 10, 16, 16]
    assert all(row.latency_ms for row in found)
    assert (out / "report.html").is_file()


@pytest.mark.slow
def test_results_of_two_machines_become_one_report(tmp_path: Path) -> None:
    for name in (report_samples.MACHINE, report_samples.OTHER):
        (tmp_path / name).mkdir()
        for row in report_samples.timed(name, (64,)):
            Store(tmp_path / name).append(row)
    folders = [tmp_path / name for name in (report_samples.MACHINE, report_samples.OTHER)]
    asked = command("report", *folders, "-o", tmp_path / "both", "--json")
    both = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert [setting["machine"] for setting in both["settings"]] == [path.name for path in folders]
    page = (tmp_path / "both" / "report.html").read_text("utf-8")
    assert all(path.name in page for path in folders)


def test_unlike_results_end_in_one_line_that_says_what_differs(tmp_path: Path) -> None:
    rows = [*report_samples.timed(lengths=(64,))][:1]
    rows += [*report_samples.timed(lengths=(128,))][-5:]
    for row in rows:
        Store(tmp_path).append(row)
    asked = command("report", tmp_path, "--against", report_samples.BERT)
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "cannot be compared: they differ in length (64 and 128)" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_numbers_that_are_none_are_damage_and_an_empty_file_is_a_result(tmp_path: Path) -> None:
    row = next(report_samples.timed())
    whole = results.line(row)
    for number in ("NaN", "-Infinity", "1e400"):
        path = tmp_path / "damaged.jsonl"
        path.write_text(whole.replace('"latency_ms": [', f'"latency_ms": [{number}, '))
        with pytest.raises(PlanError, match=r"damaged.jsonl, line 1"):
            results.read([path])
    empty = replace(row, subject=replace(row.subject, size_bytes=0), failure="it is empty")
    Store(tmp_path).append(empty)
    assert Store(tmp_path).load() == [empty]
