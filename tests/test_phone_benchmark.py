"""``edgekit bench`` measures an app that keeps docs/app-contract.md with the Kotlin library.

The app is a Java process a launch: what `am start` gives an activity it gets as arguments.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import kotlin_phone
import numpy as np
import pytest

from edgekit.benchmarks import parity
from edgekit.benchmarks.devices import app_runner
from edgekit.benchmarks.devices.app_runner import AppRequest, AppRunner, Events
from edgekit.benchmarks.devices.local import LocalFiles
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, Runner, RunnerError
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.bundle import Bundle
from edgekit.files import file_sha256
from edgekit.toolchains.setup import SetupError

pytestmark = pytest.mark.slow  # a Java process a launch


class App(LocalFiles):
    """A phone whose app is the Kotlin library on this machine."""

    name, timed = "kotlin", True
    runtimes = runtimes_of(Platform.ANDROID)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._command = kotlin_phone.command_line()

    def facts(self) -> DeviceFacts:
        return {}

    def put(self, path: Path) -> str:
        """A copy by its content, as on a phone: it stays when the original is gone."""
        copy = Path(super().scratch(f"{file_sha256(path)[:12]}{path.suffix}"))
        shutil.copyfile(path, copy)
        return str(copy)

    def scratch(self, name: str) -> str:
        return str(self.folder / app_runner.OUTPUTS)

    def start(self, launch: Launch) -> Runner:
        place = self.put(launch.artifact)

        def launched(commands: Sequence[str]) -> Events:
            return app_runner.parsed(self.results(AppRequest.of(commands, launch, place)))

        return AppRunner(launched, self.scratch(""))

    def results(self, request: AppRequest) -> str:
        """The text of the file that a launch leaves."""
        extras = [str(word) for pair in request.fields.items() for word in pair]
        subprocess.run(
            [*self._command, "launch", str(self.folder), *extras],
            env=kotlin_phone.environment(),
            check=True,
            capture_output=True,
        )
        assert sorted(path.suffix for path in self.folder.iterdir()) in (
            [".jsonl"],
            [".bin", ".jsonl"],
        ), "results are renamed when they are complete"
        (path,) = self.folder.glob("*.jsonl")
        assert path.stem == request.id
        text = path.read_text()
        path.unlink()
        return text


@pytest.fixture
def app(tmp_path: Path) -> App:
    try:
        return App(tmp_path / "files")
    except SetupError as error:
        pytest.skip(str(error))


def launch(bundle: Bundle) -> Launch:
    signature = bundle.signature
    inputs, outputs = (
        tuple(spec.name for spec in specs) for specs in (signature.inputs, signature.outputs)
    )
    return Launch("onnxruntime", bundle.artifacts[0].path, 1, inputs, outputs)


def test_the_golden_texts_through_the_app(app: App, small: Callable[[str], Bundle]) -> None:
    bundle = small("question-answering")
    with app.start(launch(bundle)) as runner:
        assert runner.runtime.startswith("onnxruntime ")
        assert runner.load_ms > 0
        found = parity.check(app, runner, bundle, bundle.artifacts[0], most=40)
        assert found.passed, found
        assert len(runner.sample(1)) == app_runner.TOGETHER
        assert runner.memory_growth_bytes() > 0


def test_what_a_launch_refuses(app: App, small: Callable[[str], Bundle], tmp_path: Path) -> None:
    bundle = small("question-answering")
    asked = launch(bundle)
    feed = tmp_path / "feed.bin"
    np.ones(2 * 4, "<i4").tofile(feed)
    outside = tmp_path / "outside.bin"
    refused = {
        "run 1": "nothing was fed",
        "jump": "no command",
        f"feed 5 {feed}": "not 5 for each input",
        f"feed 4 {feed};run 1;save {outside}": "own folder",
    }
    for commands, reason in refused.items():
        request = AppRequest.of(commands.split(";"), asked, str(asked.artifact))
        with pytest.raises(RunnerError, match=reason):
            app_runner.parsed(app.results(request))
    assert not outside.exists()
    for field, value, reason in (("contract", 2, "version 1"), ("runtime", "mlx", "no mlx")):
        request = AppRequest.of([], asked, str(asked.artifact))
        request.fields[field] = value
        with pytest.raises(RunnerError, match=reason):
            app_runner.parsed(app.results(request))
