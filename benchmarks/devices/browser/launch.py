"""One launch of a site's app (``docs/app-contract.md``), in a Chromium of its own, as a process.

The request comes on the command line with paths of this machine; the page is given addresses.
Events go to standard output.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec

from edgekit.benchmarks.devices import events, serving
from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser.loopback import Loopback
from edgekit.benchmarks.devices.browser.page import Page, reason
from edgekit.benchmarks.devices.browser.page_memory import PageMemory
from edgekit.errors import EdgekitError
from edgekit.files import tree

_PAGE = "index.html#/launch"
_MODEL, _INPUTS, _OUTPUTS = "launch/model", "launch/inputs", "launch/outputs"


@dataclass
class Addressed:
    """A request whose paths have become addresses.

    Attributes:
        fields: the request for the page.
        files: what the page may ask for, by address.
        saved: where outputs go that the page sends.
    """

    fields: dict[str, str | int]
    files: dict[str, Path] = field(default_factory=dict)
    saved: Path | None = None

    @classmethod
    def of(cls, request: dict[str, str | int]) -> Addressed:
        """Replaces the paths in a request by addresses.

        Args:
            request: the fields of :class:`edgekit.benchmarks.devices.app_runner.AppRequest`.
        """
        made = cls({**request, "model": _MODEL}, {_MODEL: Path(str(request["model"]))})
        commands = filter(None, str(request["commands"]).split(";"))
        made.fields["commands"] = ";".join(map(made._command, commands))
        return made

    def _command(self, command: str) -> str:
        """A command whose paths are addresses; the files are remembered under these."""
        word, _, rest = command.partition(" ")
        if word == "feed":
            length, _, path = rest.partition(" ")
            self.files[_INPUTS] = Path(path)
            return f"feed {length} {_INPUTS}"
        if word == "save":
            self.saved = Path(rest)
            return f"save {_OUTPUTS}"
        return command


def launched(
    site: Path, request: dict[str, str | int], limit_seconds: float
) -> Iterator[events.Event]:
    """What the app answers to a request.

    Args:
        site: of ``edgekit app --platform web``.
        request: by the names of the contract, with paths of this machine.
        limit_seconds: how long it may take.

    Raises:
        BrowserError: the page does not keep the contract, or died.
    """
    asked = Addressed.of(request)
    own = {path.relative_to(site).as_posix(): path for path in tree(site)}
    with chromium.launched() as browser, Loopback({**own, **asked.files}) as served:
        page = Page(browser, f"{served.url}{_PAGE}", limit_seconds)
        page.call("start", type(None), asked.fields["threads"])
        memory = PageMemory()
        text = page.call("launch", str, msgspec.json.encode(asked.fields).decode())
        growth = memory.growth()
    if asked.saved is not None:
        asked.saved.write_bytes(served.received)
    for event in filter(None, map(events.decode, text.splitlines())):
        yield growth if isinstance(event, events.Memory) else event  # a page is not told its own


@click.command()
@click.option("--site", type=click.Path(path_type=Path), required=True)
@click.option("--request", "text", required=True, help="JSON.")
@click.option("--limit-seconds", type=float, required=True)
def main(site: Path, text: str, limit_seconds: float) -> None:
    """Launches the app once."""
    from playwright.sync_api import Error

    answer = serving.output()
    try:
        for event in launched(site, msgspec.json.decode(text), limit_seconds):
            answer(event)
    except (EdgekitError, Error, OSError) as error:
        serving.failed(answer, reason(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
