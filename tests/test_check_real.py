"""``edgekit check`` on a real bundle: measured, by the recipes of the docs, and a first budget."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from command import absent, edgekit_cli, edgekit_process
from test_bench import spoil
from test_bundle import edit

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.postprocess.labels import Classification


def dev_set(bundle: Bundle) -> str:
    """Texts that PyTorch labels as the data do."""
    texts = [f"{first}{second} {second}" for first in "abcdefgh" for second in "rstuvwxyz"]
    with open_app(bundle, None) as app:
        found = [app.answer(text) for text in texts]
    labels = [row.chosen[0] for row in found if isinstance(row, Classification)]
    rows = zip(texts, labels, strict=True)
    return "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows)


def test_a_real_bundle_is_held_against_a_real_budget(bundle: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "spoilt.edgekit"))
    spoil(folder)
    (tmp_path / "budget.toml").write_text(
        "[[budget]]\nfiles = ['*.onnx', '*.mlpackage']\nparity = true\n"
        "[[budget]]\nfiles = '*-int8.tflite'\nlength = 16\n"
        "size = '1 MB'\nload = '1 ms'\np90 = '10 s'\nmemory = '1 GB'\n"
        "[[budget]]\nfiles = '*.onnx'\ndrop = 0.2\nagreement = 0.9\ndata = 'dev.tsv'\n"
    )
    (tmp_path / "dev.tsv").write_text(dev_set(bundle))
    options = ("--budget", "budget.toml", "--junit", "out/check.xml", "--markdown", "check.md")
    result = edgekit_cli("check", folder, *options, "--json", cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    rows = json.loads(result.stdout)["findings"]
    met = {(row["file"], row["quantity"]): row["met"] for row in rows}
    assert [key for key, good in met.items() if not good] == [
        ("model-fp32.onnx", "parity"),
        ("model-int8.tflite", "load"),
        ("model-fp32.onnx", "drop"),
        ("model-fp32.onnx", "agreement"),
    ]
    assert len(met) == 4 + 4 + 4
    assert "4 of 12 budgets broken" in (tmp_path / "check.md").read_text()
    assert "<failure" in (tmp_path / "out" / "check.xml").read_text()
    (tmp_path / "metric.toml").write_text(
        "[[budget]]\nfiles = '*-int8.onnx'\nmetric = 0.5\ndata = 'dev.tsv'\n"
    )
    alone = edgekit_cli("check", folder, "--budget", "metric.toml", cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert "pytorch" not in alone.stderr
    wrong = edgekit_cli("check", folder, "--budget", "none.toml", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "error: none.toml cannot be read: No such file or directory\n"


ROOT = Path(__file__).parent.parent


def blocks(language: str) -> list[str]:
    """The examples of docs/check.md."""
    page = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.mark.slow
def test_the_recipes_of_the_docs_are_green_on_the_first_day(bundle: Bundle, tmp_path: Path) -> None:
    """With the first budget of the page, where neither coremltools nor PyTorch is installed."""
    workflow, by_action, hooks = map(yaml.safe_load, blocks("yaml"))
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = by_action["jobs"]["check"]["steps"][-1]["with"]
    assert set(given) <= set(action["inputs"])
    steps = [*workflow["jobs"]["check"]["steps"], *action["runs"]["steps"]]
    commands = [hooks["repos"][0]["hooks"][0]["entry"], *(step.get("run", "") for step in steps)]
    shutil.copytree(bundle.path, tmp_path / "model.edgekit")
    (tmp_path / "budget.toml").write_text(blocks("toml")[0])
    given = {"BUNDLE": given["bundle"], "BUDGET": given["budget"]}
    checks = [command for command in commands if command.startswith("edgekit check")]
    assert len(checks) == 3
    for command in checks:
        words = [given.get(word.strip('"$'), word) for word in command.split()[1:]]
        without = absent("coremltools", "torch", "transformers")
        told = edgekit_process(*words, cwd=tmp_path, **without)
        assert told.returncode == 0, (command, told.stdout, told.stderr)
    assert (tmp_path / "check.md").exists()
    (tmp_path / "budget.toml").write_text("[[budget]]\nfiles = '*.onnx'\nsize = '1 kB'\n")
    broken = edgekit_cli(*checks[1].split()[1:], cwd=tmp_path)
    assert broken.returncode == 1
    assert re.search(r"model-fp32.onnx.*size.*≤ 0\.00100 MB", broken.stdout), broken.stdout


def test_a_first_budget_is_met_and_says_what_it_could_not_measure(
    bundle: Bundle, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundle.path, tmp_path / "int8.edgekit"))
    edit(
        folder,
        lambda it: it.update(artifacts=[row for row in it["artifacts"] if "int8" in row["file"]]),
    )
    without = absent("coremltools", "torch", "transformers")
    made = edgekit_process("check", folder, "--init", "b.toml", cwd=tmp_path, **without)
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "b.toml").read_text()
    assert text.count("parity = true") == text.count("p90 = ") == 2
    assert text.count("# parity: coremltools is missing: pip install 'edgekit[coreml]'") == 1
    (tmp_path / "b.toml").write_text(re.sub(r"p90 = .*", "", text))  # this machine is not idle
    met = edgekit_process("check", folder, "--budget", "b.toml", cwd=tmp_path, **without)
    assert met.returncode == 0, met.stdout
    again = edgekit_cli("check", folder, "--init", "b.toml", cwd=tmp_path)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
