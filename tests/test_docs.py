"""The pages: their examples are read by what reads such files, and what they quote is there."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
import yaml
from command import edgekit_cli
from mkdocs.commands import build
from mkdocs.config import load_config
from pages import BLOCKS, ROOT, commands, typed

import edgekit
from edgekit.benchmarks import spec
from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.studies import pictures
from edgekit.budget import limits
from edgekit.bundle import Bundle
from edgekit.cli.main import cli

_MESSAGE = re.compile(r"^### `(.+)`$", re.MULTILINE)


def check_toml(text: str, folder: Path) -> None:
    """A budget or a suite, by the reader of either."""
    path = folder / "example.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "dev.tsv").write_text("a good text\tgood\n")
    assert limits.read(path) if "[[budget]]" in text else spec.read(str(path)).models


def check_yaml(text: str, folder: Path) -> None:
    """A workflow of GitHub or a configuration of pre-commit: its steps are commands or actions."""
    found = yaml.safe_load(text)
    steps = [step for job in found.get("jobs", {}).values() for step in job["steps"]]
    hooks = [hook for repo in found.get("repos", ()) for hook in repo["hooks"]]
    assert steps or hooks
    assert all(("run" in step) != ("uses" in step) for step in steps)
    assert all({"id", "name", "entry", "language"} <= set(hook) for hook in hooks)
    for command in (*(step.get("run", "") for step in steps), *(hook["entry"] for hook in hooks)):
        check_shell(command, folder)


def check_python(text: str, folder: Path) -> None:
    """What is imported is there, and ``edgekit.NAME(...)`` takes the arguments that it is given."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(find_spec(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("edgekit."):
            function = getattr(edgekit, ast.unparse(node.func).removeprefix("edgekit."))
            given = {str(each.arg): None for each in node.keywords}
            inspect.signature(function).bind(*node.args, **given)


def check_shell(text: str, folder: Path) -> None:
    """Options of edgekit's commands exist and take such values, and so do targets and modules."""
    for command in commands(text):
        _check_command(command, folder)


def _check_command(words: list[str], folder: Path) -> None:
    """Parses a command as it would be; the files that it names are made, empty, before."""
    if "edgekit" in words:  # perhaps behind variables, or what starts it on several machines
        _parse(words[words.index("edgekit") + 1 :], folder)
    elif words[:1] == ["make"]:
        rows = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert all(f"\n{name}:" in rows for name in words[1:] if "=" not in name), words
    elif words[:2] == ["python", "-m"]:
        assert find_spec(words[2])


def _parse(arguments: list[str], folder: Path) -> None:
    command: click.Command = cli
    while isinstance(command, click.Group) and arguments and arguments[0] in command.commands:
        command, arguments = command.commands[arguments[0]], arguments[1:]
    for name in arguments:
        if re.fullmatch(r"[\w/.-]+\.(toml|tsv|txt|json|p12|jsonl)", name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
    command.make_context("edgekit", arguments)


CHECKS: Mapping[str, Callable[[str, Path], object]] = {
    "toml": check_toml,
    "yaml": check_yaml,
    "json": lambda text, folder: json.loads(text),
    "python": check_python,
    "sh": check_shell,
    "console": lambda text, folder: check_shell("\n".join(typed(text)), folder),
    # Checked by compilers (test_apps_page), or for people only.
    **dict.fromkeys(("kotlin", "swift", "ts", "text"), lambda text, folder: None),
}


@pytest.mark.parametrize("place", BLOCKS)
def test_an_example_is_taken_by_what_reads_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    CHECKS[BLOCKS[place].language](BLOCKS[place].text, tmp_path)


@cache
def messages() -> tuple[str, ...]:
    """Every text in the code, with ``...`` for what is put into it."""
    sources = list((ROOT / "edgekit").rglob("*.py"))
    for folder in ("benchmarks", "converters"):
        sources += (ROOT / folder).rglob("*.py")
    return tuple(
        text
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if (text := _template(node))
    )


def _template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
        return "".join(map(str, parts)).replace("......", "...")
    return ""


@pytest.mark.parametrize(
    "quoted", _MESSAGE.findall((ROOT / "docs" / "troubleshooting.md").read_text("utf-8"))
)
def test_a_message_that_is_explained_is_one_of_the_code(quoted: str) -> None:
    assert any(text.startswith(quoted) for text in messages())


def test_the_notebook_was_run_from_top_to_bottom() -> None:
    cells = json.loads((ROOT / "docs" / "notebook.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} == {"execute_result", "stream"}
    shown = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert sum("<table" in each for each in shown) > 4


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    pictures.executed(ROOT / "docs" / "notebook.ipynb", tmp_path)


def test_the_reference_has_every_function() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    functions = {name for name in edgekit.__all__ if inspect.isfunction(getattr(edgekit, name))}
    assert functions == set(re.findall(r"^::: edgekit\.(\w+)$", page, re.MULTILINE)) - {"errors"}


@pytest.mark.slow
@pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system")
def test_the_site_opened_as_files_is_searched_and_loads_nothing_from_elsewhere(
    tmp_path: Path,
) -> None:
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path))
    build.build(config)
    with chromium.launched() as browser:
        page = browser.new_page()
        asked: list[str] = []
        failed: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.goto((tmp_path / "index.html").as_uri())
        page.locator(".md-search__input").click()
        page.locator(".md-search__input").press_sequentially("weight cache")
        page.get_by_text("matching documents").wait_for()
    assert not failed
    assert all(address.startswith(("file:", "data:", "about:")) for address in asked)


# Of the README's examples those that need no network, no device and no hour.
_RUNS = re.compile(r"edgekit (convert (path|config:)|inspect|verify|run model|eval|check) ?")
LINES = [
    line
    for block in BLOCKS.values()
    if block.page == "README.md" and block.language == "sh"
    for line in block.text.splitlines()
    if _RUNS.match(line)
]


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_an_example_of_the_readme_runs(
    line: str, classifier: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """As it stands there, in a folder where what it names is there."""
    shutil.copytree(classifier, tmp_path / "path" / "to" / "checkpoint")
    shutil.copy(classifier / "config.json", tmp_path / "path" / "to")
    shutil.copy(bundle.path / "model-int8.onnx", tmp_path)
    for name in ("all-MiniLM-L6-v2.edgekit", "model.edgekit"):
        (tmp_path / name).symlink_to(bundle.path)
    (tmp_path / "dev.tsv").write_text("text\tlabel\n" + "a good text\tgood\na bad one\tbad\n" * 4)
    if "--budget" in line:
        (tmp_path / "budget.toml").write_text("[[budget]]\nsize = '9 MB'\n")
    told = edgekit_cli(*shlex.split(line, comments=True)[1:], cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout
