"""The report's page, opened in a browser and read as it is rendered."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import report_samples
from report_samples import BERT, DISTILBERT, FILES

from edgekit import reporting as report
from edgekit.benchmarks.devices import warnings
from edgekit.benchmarks.devices.browser import chromium
from edgekit.errors import PlanError
from edgekit.reporting import data, terminal, wording


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    page = report.write(report.build(report_samples.everything()), out)
    assert page == out / "report.html"
    assert sorted(path.name for path in out.iterdir()) == sorted(report.FILES)
    return out


@dataclass
class Opened:
    """A page in a browser, and everything that it said or asked for on the way."""

    page: Any
    messages: list[str]
    requests: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium.find() is None:
        pytest.skip("no Chromium: make system, or name one in EDGEKIT_CHROMIUM")
    with chromium.launched() as found:
        yield found


def opened(browser: Any, folder: Path, width: int = 1440, scheme: str = "light") -> Opened:
    viewport = {"width": width, "height": 900}
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    found = Opened(page, [], [])
    page.on("console", lambda message: found.messages.append(message.text))
    page.on("pageerror", lambda error: found.messages.append(str(error)))
    page.on("request", lambda request: found.requests.append(request.url))
    page.goto((folder / "report.html").as_uri())
    page.wait_for_function(
        "[...document.querySelectorAll('[data-part]')].every(part => 'drawn' in part.dataset)"
    )
    return found


def test_the_page_says_the_answer_first_and_asks_for_nothing(browser: Any, folder: Path) -> None:
    found = opened(browser, folder)
    headline = found.page.locator("h1").inner_text()
    assert headline.startswith(f"{DISTILBERT} int8 is ")
    assert headline.endswith(f" faster than {BERT} fp32, 6.3x smaller")
    assert found.messages == []
    assert found.requests == [(folder / "report.html").as_uri()]
    assert (folder / "report.html").stat().st_size < 5_000_000


def test_every_chart_draws_what_its_table_says(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    charts = {
        title: page.locator("figure", has=page.locator(f"strong:text-is('{title}')")).first
        for title in page.locator("figcaption strong").all_inner_texts()
    }
    files = [row for row in FILES if row[0] != "pytorch"]
    everyone = 2 * len(FILES)
    assert marks(charts["Size against latency"], "symbol") == 2 * len(files)
    assert marks(charts["Latencies"], "symbol") == everyone
    assert marks(charts["Latencies"], "rect") == 30 * everyone  # a tick a sample
    assert marks(charts[f"Speed-up against {BERT} fp32"], "rect") == everyone - 3  # but fp32 BERT
    assert marks(charts["Memory"], "rect") == everyone
    assert marks(charts["Latency by length"], "line") == 2 * len(files)
    assert marks(charts["Instructions of one inference"], "rect") == 2 * len(files)
    assert marks(charts["Lengths of the texts"], "rect") == 2
    assert marks(charts[f"{BERT} int8, LiteRT"], "rect") == 9  # eight operators and the others

    table = page.get_by_role("region", name="host, 1 thread, 128 tokens, batch 1")
    rows = {tuple(row.locator("th, td").all_inner_texts()[:2]): row for row in rows_of(table)}
    cells = rows[f"{DISTILBERT} int8 ◆", "LiteRT"].locator("td").all_inner_texts()
    shown = charts["Latencies"].inner_text()
    assert f"{wording.ms(float(cells[1].split()[0]))} ms" in shown
    assert cells[-1] == "cosine 0.9999,\u00a043 texts"


def rows_of(table: Any) -> list[Any]:
    return list(table.locator("tbody tr").all())


def marks(figure: Any, kind: str) -> int:
    """Marks of a kind that are drawn, axes and legends left out."""
    return int(figure.locator(f".mark-{kind}.role-mark path:visible").count())


def test_what_was_not_measured_is_said_and_names_are_no_html(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    table = page.get_by_role("region", name="host, 1 thread, 128 tokens, batch 1")
    said = {row.locator("th").inner_text(): row.inner_text() for row in rows_of(table)}
    assert "not measured: host has no runtime for Core ML" in said[f"{DISTILBERT} fp16"]
    assert "failed: wrong answers" in said["<b>Broken & fast</b> int8"]
    phone = page.locator("tr", has_text=f"{DISTILBERT} is faster than {BERT} on a phone")
    assert "1.71x" in phone.inner_text()
    assert "not measured" in phone.inner_text()


def test_an_emulator_has_instructions_and_no_latency(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    part = page.locator("main section", has=page.locator("h2:has-text('arm64:cortex-a76')"))
    headings = part.locator("figcaption strong").all_inner_texts()
    assert headings == ["Instructions of one inference", "Memory"]
    assert " ms" not in part.inner_text()
    assert page.locator(".sentence").inner_text().startswith(f"{DISTILBERT} int8 needs ")


def test_the_keyboard_changes_the_length_of_tables_and_charts(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    part = page.locator("[data-part]").first
    assert part.locator("h3:visible").first.inner_text() == "128 tokens"
    chart = part.locator("figure", has_text="Latencies")
    before = chart.inner_text()
    part.locator("input:checked").focus()
    page.keyboard.press("ArrowLeft")
    assert part.locator("h3:visible").first.inner_text() == "64 tokens"
    page.wait_for_function(
        "([it, text]) => it.innerText !== text", arg=[chart.element_handle(), before]
    )
    page.emulate_media(media="print")
    assert {"64 tokens", "128 tokens"} <= set(part.locator("h3:visible").all_inner_texts())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(
    browser: Any, folder: Path, scheme: str
) -> None:
    page = opened(browser, folder, 390, scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    widths = page.evaluate("[...document.querySelectorAll('.plot svg')].map(e => e.clientWidth)")
    assert max(widths) < 390
    assert min(widths) > 250
    light = page.evaluate(LIGHTNESS, "body"), page.evaluate(LIGHTNESS, ".mark-text text")
    assert (light[0] > light[1]) == (scheme == "light")
    assert abs(light[0] - light[1]) > 100


def test_a_name_of_any_length_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    long = [
        replace(row, subject=replace(row.subject, model="B" * 180))
        for row in report_samples.timed()
        if row.subject.model == DISTILBERT
    ]
    report.write(report.build(long), tmp_path)
    page = opened(browser, tmp_path, 390).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_no_chart_is_cut_by_the_end_of_a_printed_page(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    page.emulate_media(media="print")
    heights = page.evaluate("[...document.querySelectorAll('figure')].map(e => e.offsetHeight)")
    assert 100 < max(heights) < PRINTABLE_PX


PRINTABLE_PX = 186 / 25.4 * 96  # of A4 in landscape, margins taken off
LIGHTNESS = """selector => {
  const element = document.querySelector(selector), style = getComputedStyle(element);
  const color = element.namespaceURI.endsWith("svg") ? style.fill : style.backgroundColor;
  return Math.max(...color.match(/\\d+/g).slice(0, 3).map(Number));
}"""


def test_the_raw_data_can_be_saved(browser: Any, folder: Path) -> None:
    page = opened(browser, folder).page
    saved = {}
    for link in page.locator("a[download]").all():
        with page.expect_download() as download:
            link.click()
        saved[link.get_attribute("download")] = Path(download.value.path()).read_text("utf-8")
    parts = json.loads(saved["report.json"])
    assert parts == json.loads((folder / "report.json").read_text("utf-8"))
    rows = list(csv.DictReader(io.StringIO(saved["results.csv"])))
    assert len(rows) == len(parts["measurements"]) == len(report_samples.everything())


def test_quality_size_and_latency_stand_in_one_table(browser: Any, tmp_path: Path) -> None:
    judged = report_samples.evaluation()
    report.write(report.build(report_samples.everything(), None, [judged]), tmp_path)
    page = opened(browser, tmp_path).page
    table = page.get_by_role("region", name=f"{DISTILBERT} on dev.tsv, host")
    rows = {row.locator("th").inner_text(): row.inner_text().split("\t") for row in rows_of(table)}
    assert rows["model-int8.onnx"][2] == "66.4\u00a0MB"
    assert rows["model-int8.onnx"][3].startswith("19.")
    assert rows["model-int8.onnx"][5] == "2.10% (0.90%\u00a0to\u00a03.30%)"
    assert rows["model-int8.tflite"][5].startswith("no difference (")
    for what in ("size", "latency"):
        chart = page.locator("figure", has_text=f"accuracy against {what}")
        assert marks(chart, "symbol") == 4
    hidden = "[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)"
    assert set(page.evaluate(hidden)) == {0}  # all columns at once


def test_quality_alone_has_a_page(browser: Any, tmp_path: Path) -> None:
    judged = report_samples.evaluation()
    report.write(report.build([], None, [judged]), tmp_path)
    page = opened(browser, tmp_path, 390).page
    assert page.locator("h1").inner_text() == "model-int8.onnx loses 2.10% of accuracy"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("pre").inner_text() == judged.command


def test_an_evaluation_of_another_build_is_refused() -> None:
    judged = report_samples.evaluation()
    other = replace(judged.bundles[0], bundle_id="f" * 64)
    with pytest.raises(PlanError, match="run edgekit eval and edgekit bench on one bundle"):
        report.build(report_samples.everything(), None, [replace(judged, bundles=(other,))])


def test_two_machines_stand_side_by_side() -> None:
    rows = [*report_samples.timed(), *report_samples.timed(report_samples.OTHER)]
    found = report.build(rows)
    machines = [setting.machine for setting in found.settings]
    assert machines == [report_samples.MACHINE, report_samples.OTHER]
    for row in found.rows:
        for each in row.comparisons:
            assert each.paired  # with a base of the same round, so of the same machine
    assert len(data.document(found).answers) == 2


def test_what_costs_most_is_a_table_everywhere(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, rest = ("Operator0", "12", "9", "32%"), ("4 others", "48", "3.47", "12%")
    text = (folder / "report.md").read_text("utf-8")
    terminal.show(report.build(report_samples.everything()))
    rows = [tuple(line.split()) for line in capsys.readouterr().out.splitlines()]
    for row in (first, rest):
        assert f"| {' | '.join(row)} |" in text
        assert tuple(" ".join(row).split()) in rows


def test_an_estimate_of_energy_is_called_one_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = [replace(row, energy_mj=12.34) for row in report_samples.timed(lengths=(64,))]
    found = report.build(rows)
    page = report.write(found, tmp_path).read_text()
    terminal.show(found)
    for text in (page, (tmp_path / "report.md").read_text(), capsys.readouterr().out):
        assert wording.ENERGY in text
        assert "12.3" in text
        assert "estimated from its battery" in text
    (first, *_) = csv.DictReader((tmp_path / "results.csv").open())
    assert first["energy_mj"] == "12.34"
    without = report.build(list(report_samples.timed(lengths=(64,))))
    terminal.show(without)
    assert wording.ENERGY not in capsys.readouterr().out


def test_a_memory_budget_that_was_kept_is_named(folder: Path) -> None:
    lines = (folder / "report.md").read_text("utf-8").splitlines()
    kept = [line for line in lines if "within" in line]
    assert len(kept) == len([row for row in FILES if row[0] != "pytorch"]) * 2
    assert all(" MB (within 1024 MiB) |" in line for line in kept)


def test_unlike_results_are_not_compared_and_it_is_said_why() -> None:
    here = [row for row in report_samples.timed() if row.subject.model == DISTILBERT]
    there = [
        row
        for row in report_samples.timed(report_samples.OTHER, (64,))
        if row.subject.model == BERT
    ]
    why = rf"{DISTILBERT} and {BERT} cannot be compared: they differ in machine \(.*\)"
    with pytest.raises(PlanError, match=why):
        report.build([*here, *there], BERT)


def test_the_documented_warnings_are_the_closed_set() -> None:
    text = (Path(__file__).parents[1] / "docs" / "benchmarks.md").read_text("utf-8")
    table = text.split("## Warnings")[1].split("## ")[0]
    codes = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert codes == list(warnings.TABLE)
