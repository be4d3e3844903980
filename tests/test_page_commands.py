"""Every command of the pages, in its order, as a stranger types it: small models, short runs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest
from command import edgekit_cli
from pages import BLOCKS, Block
from shared import Shared
from stand_ins import StandIns

import edgekit
from edgekit.cli.convert import convert
from edgekit.conversion import pipeline, plan
from edgekit.conversion.request import ConversionRequest
from edgekit.mobile.site import TEMPLATE

NOT_RUN: Mapping[str, str] = {  # with the reason
    r"^pip install": "all of it is installed here",
    r"^(make|cosmic-ray|cr-report) ": "hours, or what these tests are a part of",
    r"^python -m edgekit.benchmarks.studies.finetune": "minutes; its model has a stand-in",
    r"^(am start|xcrun|open) ": "a phone or a Mac",
    r" (--device (android|ios)|clean (android|ios)|.*--install)": "a phone",
    r"--apk reviews.apk$": "fetches Android's tools: test_apk.py",
    r"^edgekit serve ": "serves until it is stopped: test_web_site.py",
    r"^(accelerate|ACCELERATE_USE_CPU)": "two processes that train: test_distillation_runs.py",
    r"^edgekit bench --suite quick$": "the real MiniLM: make pictures",
    r"^head ": "reads what the command before it prints",
}
BRIEFLY: Mapping[str, str] = {  # defaults of options; what a page says goes before them
    "EDGEKIT_BENCH_PROCESSES": "1",
    "EDGEKIT_BENCH_RECIPE": "int8",
    "EDGEKIT_BENCH_SECONDS": "0.1",
    "EDGEKIT_BUCKETS_SECONDS": "0.1",
    "EDGEKIT_CONVERT_BUCKETS": "128",
    "EDGEKIT_CONVERT_RECIPE": "int8",
    "EDGEKIT_DISTILL_MAX_LENGTH": "16",
    "EDGEKIT_DISTILL_STEPS": "2",
}
BROKEN: Mapping[str, tuple[int, ...]] = {  # gates that may be red here, by how they end
    r"check .* --baseline": (1,),  # the same bundle does not take 5% less memory than itself
    r"check .* --budget budget.toml$": (0, 1),  # a busy machine is slower than it was a minute ago
}
SUITE = {  # of docs/suites.md, with short runs of small models
    r'model_type = "bert"': 'model_type = "bert", hidden_size = 32, intermediate_size = 64, '
    "num_hidden_layers = 2, num_attention_heads = 4, vocab_size = 300",
    r'"demo"': '"all-MiniLM-L6-v2"',
    r"seconds = 10.0": "seconds = 0.1",
    r"processes = 5": "processes = 1",
}


def of(page: str, language: str = "") -> list[Block]:
    """The blocks of a page, in their order."""
    return [row for row in BLOCKS.values() if row.page == page and language in ("", row.language)]


PAGES = list(dict.fromkeys(block.page for block in BLOCKS.values() if block.commands()))


def left_out(words: Sequence[str]) -> str | None:
    """Why a command is not run, or None."""
    line = " ".join(words)
    return next((reason for it, reason in NOT_RUN.items() if re.search(it, line)), None)


def lacking(words: Sequence[str]) -> str | None:
    """What a command needs and this machine has not, or None."""
    ready = {row.name.partition(":")[0] for row in edgekit.devices() if row.ready}
    named = [word for before, word in pairwise(words) if before in ("--device", "setup")]
    kinds = {each.partition(":")[0] for names in named for each in names.split(",")}
    if "web" in words and not TEMPLATE.is_dir():
        return "the app for browsers: make web"
    return ", ".join(sorted(kinds - ready)) or None


def converted(arguments: list[str]) -> None:
    """``edgekit convert`` in this process, which is quicker: test_cli has its others."""
    context = convert.make_context("convert", arguments, auto_envvar_prefix="EDGEKIT_CONVERT")
    known = {each.name for each in fields(ConversionRequest)}
    asked = {name: value for name, value in context.params.items() if name in known}
    planned = plan.make(ConversionRequest(**asked))
    if not context.params["dry_run"]:
        pipeline.convert(planned, isolated=False)


def run(words: list[str], stand_ins: StandIns) -> None:
    """Runs a command of edgekit in the folder of the stand-ins, where the process is, too."""
    asked = ["all-MiniLM-L6-v2" if word == "demo" else word for word in words]
    for name in ("TEACHER", "STUDENT", "STUDENT.distill"):  # what the reader calls otherwise
        shutil.rmtree(stand_ins.folder / name, ignore_errors=True)
    stand_ins.bring(asked)
    if words[1] == "convert":
        converted(asked[2:])
        return
    told = edgekit_cli(*asked[1:], cwd=stand_ins.folder)
    line = " ".join(words)
    fine = next((codes for it, codes in BROKEN.items() if re.search(it, line)), (0,))
    assert told.returncode in fine, (line, told.stdout, told.stderr)
    assert told.stdout, line


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(
    page: str, shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in BRIEFLY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    stand_ins, lacked = StandIns(shared, tmp_path), []
    for block in of(page):
        if "[[budget]]" in block.text:
            (tmp_path / "budget.toml").write_text(block.text)
        for words in block.commands():
            if words[0] == "export":
                monkeypatch.setenv(*words[1].split("=", 1))
            elif not left_out(words):
                if what := lacking(words):
                    lacked.append(f"{' '.join(words)}: {what}")
                    continue
                run(words, stand_ins)
    if lacked:
        pytest.skip("; ".join(lacked))


def test_each_reason_is_that_of_a_command() -> None:
    every = [" ".join(words) for block in BLOCKS.values() for words in block.commands()]
    assert all(any(re.search(it, line) for line in every) for it in (*NOT_RUN, *BROKEN))
    assert all(line.startswith(("edgekit ", "export ")) or left_out(line.split()) for line in every)


@pytest.mark.slow
def test_the_suite_of_its_page_is_measured(shared: Shared, tmp_path: Path) -> None:
    (block,) = of("docs/suites.md", "toml")
    text = block.text
    for pattern, short in SUITE.items():
        text, count = re.subn(pattern, short, text)
        assert count == 1, pattern
    (tmp_path / "mine.toml").write_text(text)
    stand_ins = StandIns(shared, tmp_path)
    stand_ins.bring(["bench", "mine.edgekit", "all-MiniLM-L6-v2"])
    shutil.copy(tmp_path / "mine.edgekit" / "model-int8.onnx", tmp_path / "theirs.onnx")
    told = edgekit_cli("bench", "--suite", "mine.toml", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    rows = (tmp_path / "mine.bench" / "results.csv").read_text()
    assert all(f"{name}," in rows for name in ("mine", "theirs", "MiniLM", "BERT-base"))


@pytest.mark.slow
def test_the_budget_of_its_page_is_held(shared: Shared, tmp_path: Path) -> None:
    (block,) = (block for block in of("docs/check.md", "toml") if "arm64" in block.text)
    if what := lacking(["--device", "arm64"]):
        pytest.skip(what)
    (tmp_path / "budget.toml").write_text(block.text)
    StandIns(shared, tmp_path).bring(["check", "model.edgekit", "dev.tsv"])
    told = edgekit_cli("check", "model.edgekit", "--budget", "budget.toml", "--json", cwd=tmp_path)
    rows = json.loads(told.stdout)["findings"]
    keys = set(re.findall(r"^(\w+) = ", block.text, re.MULTILINE))
    assert {row["quantity"] for row in rows} == keys - {"files", "length", "device", "data"}
    assert not [row for row in rows if not row["met"] and row["quantity"] not in ("load", "p90")]
