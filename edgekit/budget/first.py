"""A bundle's first budget: what its files measure now, and a margin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from edgekit.benchmarks.measurement import Measurement
from edgekit.budget import meter as meters
from edgekit.budget.limits import DeviceSetting
from edgekit.budget.meter import Meter
from edgekit.budget.quantities import TABLE, Observation
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import OutputError
from edgekit.files import write_text

MARGINS: Mapping[str, float] = {"size": 1.02, "memory": 1.2, "p90": 1.5}
"""What a limit is, as a share of what was measured; times differ most between machines."""
_MOST_TOKENS = 128  # of the text that is measured, as in `edgekit bench`


def write(path: Path, bundle: Bundle, meter: Meter) -> None:
    """Measures every file of a bundle, and writes a budget that it meets.

    Args:
        path: the TOML file; one that is there is somebody's and stays.
        bundle: an opened bundle.
        meter: what measures.

    Raises:
        EdgekitError: the file exists, or the bundle cannot be measured.
    """
    if path.exists():
        raise OutputError(f"{path} exists: remove it, or name another file")
    write_text(path, content(bundle, meter))


def content(bundle: Bundle, meter: Meter) -> str:
    """Measures every file on this machine, and makes a budget of it.

    Args:
        bundle: an opened bundle.
        meter: what measures.

    Returns:
        A budget in TOML, which the bundle meets: a file that this machine cannot run, or that is
        wrong here, has a limit for its size alone and the reason as a comment.
    """
    setting = DeviceSetting(length=min(_MOST_TOKENS, bundle.manifest.max_length))
    keys = frozenset({*MARGINS, "parity"})
    wanted = {artifact.path.name: keys for artifact in bundle.artifacts}
    measured = meter.measure(bundle, setting, wanted)
    lines = [*_head(bundle, setting)]
    for artifact in (*bundle.artifacts, *bundle.text_artifacts):
        file = artifact.path.name
        row = measured.get(file) or meters.unopened(bundle, artifact, setting)
        lines += ["", *_budget(artifact, row, setting)]
    return "\n".join(lines) + "\n"


def _head(bundle: Bundle, setting: DeviceSetting) -> Iterator[str]:
    """The comments at the top of the file: what its numbers are."""
    margins = ", ".join(f"{key} {100 * (share - 1):.0f}%" for key, share in MARGINS.items())
    yield f"# Written by edgekit check --init from {bundle.name}, on {setting}."
    yield f"# Limits are what was measured and a margin: {margins}. Times are this machine's:"
    yield "# where CI has another, measure there or leave p90 out."


def _budget(artifact: Artifact, row: Measurement, setting: DeviceSetting) -> Iterator[str]:
    """The lines of one file's ``[[budget]]``: what it measured, times the margin."""
    yield "[[budget]]"
    yield f'files = "{artifact.path.name}"'
    right = row.parity is not None and row.parity.passed
    if row.latency_ms:
        yield f"length = {setting.length}"
    for key, share in MARGINS.items():
        value = TABLE[key].read(Observation(row))
        if value and (key == "size" or right):
            yield f'{key} = "{TABLE[key].text(share * value).replace(",", "")}"'
    if right:
        yield "parity = true"
    elif not artifact.takes_text:
        found = row.parity.failure if row.parity else ""
        yield f"# parity: {found or row.failure or row.unmeasured}"
