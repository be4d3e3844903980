"""The first hour: help, what a run asks for before it begins, and what runs without PyTorch."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import msgspec
import pytest
from command import absent, edgekit_cli, edgekit_process
from packaging.requirements import Requirement

from edgekit import extras, formats, recipe
from edgekit.benchmarks import spec
from edgekit.bundle import Bundle
from edgekit.cli import choices
from edgekit.cli.main import cli
from edgekit.distillation import checks, objectives
from edgekit.evaluation import ways
from edgekit.model import tasks

ROOT = Path(__file__).parent.parent
PROJECT = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["project"]
POSIX = (  # what Windows lacks, and edgekit or a library may ask for
    "resource",
    "os.killpg",
    "os.posix_fadvise",
    "os.mkfifo",
    "os.symlink",
    "signal.SIGKILL",
    "signal.SIGHUP",
)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by what is typed for it, the groups' own included."""
    yield "", cli
    for name, command in cli.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {each}", row) for each, row in command.commands.items())


NAMED = dict(commands())


@pytest.mark.parametrize("name", NAMED)
def test_help_fits_80_columns_cuts_nothing_and_has_examples_that_parse(
    name: str, tmp_path: Path
) -> None:
    told = edgekit_cli(*name.split(), "--help", cwd=tmp_path).stdout
    lines = told.splitlines()
    assert not [line for line in lines if len(line) > 80]
    assert not [line for line in lines if line.endswith("...") and re.match(r"  \w+  ", line)]
    examples = [line.strip() for line in lines if line.startswith("    ") and "edgekit " in line]
    assert examples
    for example in examples:
        words = shlex.split(re.sub(r"^source <\((.*)\)$|[<|].*$", r"\1", example))
        command: click.Command = cli
        (tmp_path / "budget.toml").touch()
        while isinstance(command, click.Group) and words[1:] and words[1] in command.commands:
            command, words = command.commands[words[1]], words[1:]
        command.make_context("edgekit", words[1:])


def test_the_command_alone_is_help(tmp_path: Path) -> None:
    alone = edgekit_cli(cwd=tmp_path)
    assert alone.returncode == 0
    assert alone.stdout == edgekit_cli("--help", cwd=tmp_path).stdout


def test_choices_are_the_tables() -> None:
    assert tuple(tasks.TASKS) == choices.TASKS
    assert set(choices.WAYS) == set(ways.WAYS)
    assert choices.SUITES == spec.SUITES
    assert tuple(objectives.OBJECTIVES) == choices.OBJECTIVES
    assert choices.STARTS == checks.STARTS
    assert set(choices.PRECISIONS) == set(checks.PRECISIONS)
    assert choices.RECIPE_NAMES.convert(",".join(recipe.RECIPES), None, None) == tuple(
        recipe.RECIPES
    )


def test_a_shell_completes_the_last_of_several_choices(tmp_path: Path) -> None:
    words = {"COMP_WORDS": "edgekit convert demo --to onnx,tf", "COMP_CWORD": "4"}
    found = edgekit_process(cwd=tmp_path, _EDGEKIT_COMPLETE="bash_complete", **words)
    assert found.stdout.strip() == "plain,onnx,tflite"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell: str, tmp_path: Path) -> None:
    script = edgekit_cli("completion", shell, cwd=tmp_path).stdout
    assert f"_EDGEKIT_COMPLETE={shell}_complete" in script


def test_a_variable_is_the_default_of_its_option(
    bare_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CONVERT_TO", "onnx")
    monkeypatch.setenv("EDGEKIT_CONVERT_RECIPE", "int8")
    planned = edgekit_cli("convert", bare_config, "--dry-run", "--json", cwd=tmp_path)
    assert [row["file"] for row in json.loads(planned.stdout)["artifacts"]] == ["model-int8.onnx"]


def brought(extra: str) -> set[str]:
    """The distributions that an extra of pyproject.toml installs."""
    found: set[str] = set()
    for text in PROJECT["optional-dependencies"][extra]:
        wanted = Requirement(text)
        if wanted.name == "edgekit":
            found |= set().union(*map(brought, wanted.extras))
        else:
            found.add(wanted.name.lower())
    return found


def test_an_extra_brings_all_that_is_asked_for_in_its_name() -> None:
    made_by = packages_distributions()
    for extra, modules in extras.MODULES.items():
        for module in modules:
            names = {name.lower().replace("_", "-") for name in made_by.get(module, [])}
            via = {"coreai": "coreai-torch"}.get(module)  # which requires it
            assert names & brought(extra) or via in brought(extra), (extra, module)


def test_every_extra_in_the_docs_exists() -> None:
    pages = (ROOT / "README.md", ROOT / "action.yml", *(ROOT / "docs").glob("*.md"))
    for page in pages:
        for named in re.findall(r"(?:edgekit|'\.)\[([a-z0-9,]+)\]", page.read_text("utf-8")):
            assert set(named.split(",")) <= set(PROJECT["optional-dependencies"]), (page, named)


def test_pytorch_is_in_no_extra_of_the_gate() -> None:
    everything = set().union(*map(brought, ("check", "eval", "onnx", "tflite", "coreml", "bench")))
    assert not {"torch", "transformers"} & everything


WITHOUT_PYTORCH = ("torch", "transformers")


@pytest.mark.slow
def test_the_gate_runs_without_pytorch(bundle: Bundle, tmp_path: Path) -> None:
    without = absent(*WITHOUT_PYTORCH)
    Path(tmp_path / "budget.toml").write_text('[[budget]]\nsize = "9 MB"\nparity = true\n')
    path = bundle.path
    for arguments in (
        ("inspect", path),
        ("inspect", path / "model-int8.mlpackage"),
        ("run", path, "a text", "--artifact", "tflite"),
        ("verify", path, "--artifact", "onnx,tflite,coreml"),
        ("check", path, "--budget", "budget.toml"),
    ):
        told = edgekit_process(*arguments, cwd=tmp_path, **without)
        assert told.returncode == 0, (arguments, told.stdout, told.stderr)
    refused = edgekit_process("convert", path, cwd=tmp_path, **without)
    assert refused.returncode == 2
    assert "torch and transformers are missing: pip install 'edgekit[pytorch]'" in refused.stderr


def test_a_missing_runtime_is_one_line_and_not_the_end(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text("text\tlabel\n" + "a good text\tgood\na bad one\tbad\n" * 4)
    without = absent("coremltools", *WITHOUT_PYTORCH)
    asked = ("verify", bundle.path, "--json", "--artifact", "onnx,coreml")
    verified = edgekit_process(*asked, cwd=tmp_path, **without)
    rows = json.loads(verified.stdout)
    lost = [row for row in rows if not row["passed"]]
    assert verified.returncode == 1
    assert {row["file"] for row in lost} == {"model-fp16.mlpackage", "model-int8.mlpackage"}
    assert all("pip install 'edgekit[coreml]'" in row["failure"] for row in lost)
    assert {"model-fp32.onnx", "model-int8.onnx"} <= {row["file"] for row in rows} - {
        row["file"] for row in lost
    }
    asked = ("eval", bundle.path, "--data", "dev.tsv", "--json", "--artifact")
    judged = edgekit_process(*asked, "int8", cwd=tmp_path, **without)
    (found,) = json.loads(judged.stdout)["bundles"]
    failures = {row["file"]: row.get("failure") for row in found["artifacts"]}
    assert judged.returncode == 1
    assert "edgekit[coreml]" in failures.pop("model-int8.mlpackage")
    assert set(failures.values()) == {None}
    assert "edgekit[pytorch]" in found["no_baseline"]


def test_what_a_run_needs_is_asked_for_before_it(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text("text\tlabel\na\tgood\n")
    (tmp_path / "budget.toml").write_text('[[budget]]\ndata = "dev.tsv"\nmetric = 0.1\n')
    without = absent("sklearn", "psutil", "altair", *WITHOUT_PYTORCH)
    for arguments, remedy in (
        (("eval", bundle.path, "--data", "dev.tsv"), "edgekit[eval]"),
        (("bench", bundle.path), "edgekit[bench,report]"),
        (("check", bundle.path, "--budget", "budget.toml"), "edgekit[bench,eval]"),
        (("convert", "demo"), "edgekit[pytorch]"),
        (("distill", "demo", "-o", "s", "--layers", "1", "--objective", "mlm"), "edgekit[pytorch,"),
    ):
        refused = edgekit_process(*arguments, cwd=tmp_path, **without)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
        assert remedy in refused.stderr
    devices = edgekit_process("devices", cwd=tmp_path, **without)
    assert devices.returncode == 0
    assert "edgekit[bench]" in devices.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_commands_run_without_what_windows_lacks(bundle: Bundle, tmp_path: Path) -> None:
    """As far as absent names show: no Windows was seen by these tests. Nor is PyTorch, which asks
    for them wherever it does not believe to be on Windows.
    """
    budget = '[[budget]]\nfiles = "*.onnx"\nlength = 16\np90 = "9 s"\n'
    (tmp_path / "budget.toml").write_text(budget)
    for lacking, *arguments in (
        (POSIX, "run", bundle.path, "a text"),
        (POSIX, "verify", bundle.path, "--artifact", "onnx"),
        (POSIX[1:], "check", bundle.path, "--budget", "budget.toml"),  # psutil asks for resource
    ):
        windows = absent(*lacking, *WITHOUT_PYTORCH) | {"PYTHONIOENCODING": "cp1252"}
        told = edgekit_process(*arguments, cwd=tmp_path, **windows)
        assert told.returncode == 0, (arguments, told.stderr)


def test_what_has_no_release_for_windows_is_left_out_there_and_said() -> None:
    assert formats.default_formats("win32") == ("onnx", "tflite")
    assert (
        formats.default_formats("linux")
        == formats.default_formats("darwin")
        == ("onnx", "tflite", "coreml")
    )
    modules, wanted = ("onnx", "coremltools"), ("onnx", "coreml")
    assert extras.remedy(modules, wanted, "linux") == (
        "onnx and coremltools are missing: pip install 'edgekit[onnx,coreml]'"
    )
    assert extras.remedy(modules, wanted, "win32") == (
        "onnx and coremltools are missing: pip install 'edgekit[onnx]'; "
        "edgekit[coreml] is not for Windows"
    )


def test_an_artifact_is_named_by_format_recipe_or_file(bundle: Bundle) -> None:
    def names(*given: str) -> list[str]:
        return [row.path.name for row in bundle.select(*given)]

    assert names("tflite") == ["model-fp32.tflite", "model-int8.tflite"]
    assert names("int8") == ["model-int8.onnx", "model-int8.tflite", "model-int8.mlpackage"]
    assert names("fp16", "model-fp32.onnx", "fp16") == ["model-fp16.mlpackage", "model-fp32.onnx"]
    assert names(str(bundle.path / "model-int8.onnx")) == ["model-int8.onnx"]


def test_what_was_given_instead_is_said(classifier: Path, bundle: Bundle, tmp_path: Path) -> None:
    trained = tmp_path / "trained"
    for step in (900, 1000):
        shutil.copytree(classifier, trained / f"checkpoint-{step}")
    for command, path, message in (
        ("convert", trained, "as trained/checkpoint-1000"),
        ("verify", classifier, f"convert it first: edgekit convert {classifier}"),
        ("verify", tmp_path / "nowhere", "nowhere does not exist"),
        ("inspect", tmp_path / "nowhere", "nowhere does not exist"),
        ("convert", tmp_path / "nowhere", "nowhere' does not exist"),
    ):
        told = edgekit_cli(command, path, cwd=tmp_path)
        assert told.returncode == 2
        assert message.replace("trained/", f"{trained}/") in told.stderr
