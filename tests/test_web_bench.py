"""``edgekit bench --device browser --via app:SITE``: a site measures, and a report shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import edgekit_cli

import edgekit
from edgekit.benchmarks.devices.browser import chromium
from edgekit.bundle import Bundle
from edgekit.reporting import sources
from edgekit.toolchains.setup import SetupError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]


def test_a_site_measures_a_bundle_and_a_report_shows_it(brief: Bundle, tmp_path: Path) -> None:
    site = tmp_path / "site"
    try:
        edgekit.make_app(brief.path, platform="web", out=site, artifact=("model-int8.onnx",))
    except SetupError as error:
        pytest.skip(str(error))
    options = (
        "--runtime",
        "onnxruntime-web",
        "--recipe",
        "int8",
        "--lengths",
        16,
        "--seconds",
        1,
        "--processes",
        2,
        "-o",
        "web.bench",
    )
    via = ("--device", "browser", "--via", f"app:{site}")
    done = edgekit_cli("bench", brief.path, *options, *via, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = sources.read([tmp_path / "web.bench"]).measurements
    assert row.failure is None
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.cases == 3
    assert row.conditions.device == "browser:app"
    assert row.subject.file == "model-int8.onnx"
    assert row.latency_ms
    assert row.peak_memory_bytes is not None
    assert row.environment["app"] == str(site)
    reported = edgekit_cli("report", "web.bench", "-o", "page", cwd=tmp_path)
    assert reported.returncode == 0, reported.stderr
    assert "browser:app" in (tmp_path / "page" / "report.html").read_text()
