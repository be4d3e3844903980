"""Hooks of mkdocs: what the site shows and ``docs/`` does not hold is taken from where it stands.

A page of the site is ``docs/NAME.md``, or one of ``MADE``. Links
are written as they work in a checkout; here those between pages are made to work in the site.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from edgekit.cli.main import cli

ROOT = Path(__file__).parent.parent
MADE = {  # pages that are no file of docs/, by what they are made of
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "android_demo/README.md": "android-demo.md",
    "ios_demo/README.md": "ios-demo.md",
    "docs/notebook.ipynb": "notebook.md",
}
_COMMANDS, _COLUMNS = "commands.md", 80
_PLACES = {page: place for place, page in MADE.items()}
_NOTHING_FROM_ELSEWHERE = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'self' file: data: blob: 'unsafe-inline'\">"
)
_LINK = re.compile(r"""(\]\(|src=")(?!\w+:|#)([^)"#\s]+)""")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made."""
    for place, page in MADE.items():
        files.append(File.generated(config, page, content=as_markdown(ROOT / place)))
    return files


def as_markdown(source: Path) -> str:
    """A page's text; of a notebook with its outputs, and nothing of it is run."""
    if source.suffix == ".md":
        return source.read_text(encoding="utf-8")
    from nbconvert import MarkdownExporter

    text, _ = MarkdownExporter().from_filename(str(source))
    return str(text)


def helps(name: str, command: click.Command, parent: click.Context | None) -> Iterator[str]:
    """The help of a command, and of those below it, as a terminal shows it."""
    settings = {"terminal_width": _COLUMNS, **command.context_settings}
    context = click.Context(command, parent=parent, info_name=name, **settings)
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for each, row in command.commands.items():
            yield from helps(each, row, context)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adds the commands to their page, and makes links between files ones of the site."""
    if page.file.src_uri == _COMMANDS:
        markdown += "\n" + "\n".join(helps("edgekit", cli, None))
    place = _PLACES.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def in_site(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(place), link[2]))
        return f"{link[1]}{MADE.get(target, target.removeprefix('docs/'))}"

    return _LINK.sub(in_site, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Forbids a browser to load anything from elsewhere."""
    return output.replace("<head>", f"<head>{_NOTHING_FROM_ELSEWHERE}", 1)
