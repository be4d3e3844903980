"""What a benchmark is asked for: suites, texts and files, and what cannot be measured."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from test_bench import suite_of

from edgekit.benchmarks import own_texts, prepare, session, spec
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, PlanError


def run(suite: Suite, folder: Path, texts: Path | None = None) -> list[Measurement]:
    return session.run(suite, folder, texts=texts, force=False, say=print, tick=print)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lengths": (10, 65)}, "takes at most 64 tokens, not 65: measure shorter texts"),
        ({"runtimes": ("foo",)}, "unknown runtime 'foo': choose from onnxruntime"),
        ({"runtimes": ("coreml",)}, "host: no file of these bundles is of the recipes"),
        ({"devices": ("phone",)}, "unknown device 'phone': choose from host"),
        ({"devices": ("host:x",)}, "host has no 'x': say just --device host"),
        ({"devices": ("arm64:",)}, "device 'arm64:' names none after the colon"),
        ({"devices": ("ios",), "via": "app:"}, "names no app after the colon"),
        ({"memory_limit_bytes": 2**20}, "limits an emulated device only: add --device arm64"),
        ({"against": "nope"}, "compares with 'nope', which is none of its models"),
        ({"models": (Model(bundle=Path("gone")),)}, "gone does not exist"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line_and_leaves_no_result(
    changed: dict[str, Any], message: str, bundle: Bundle, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(EdgekitError, match=message):
        run(suite_of(bundle.path, **changed), out)
    assert not out.exists()


def test_a_model_that_cannot_be_converted_leaves_no_folder_and_keeps_what_was_there(
    tmp_path: Path,
) -> None:
    model = Model(name="new", config={"model_type": "gpt2", "vocab_size": 9})
    with pytest.raises(EdgekitError):
        run(structs.replace(suite_of(), models=(model,)), tmp_path / "a" / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(EdgekitError):
        run(structs.replace(suite_of(), models=(model,)), tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["empty"]


def test_an_output_folder_that_cannot_be_made_is_named(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.touch()
    with pytest.raises(EdgekitError, match=r"out cannot be written to: File exists"):
        run(suite_of(bundle.path), out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no text: give one text a line"),
        (b" \n\n", "has no text: give one text a line"),
        (b"\xff\xfe\x00a", "cannot be read as UTF-8 text, one text a line: it is in another"),
        (None, "cannot be read as UTF-8 text, one text a line: No such file"),
    ],
)
def test_texts_that_are_none_are_one_clear_line(
    content: bytes | None, message: str, bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError, match=message):
        run(suite_of(bundle.path), tmp_path / "out", path)


def test_own_texts_choose_buckets_as_an_app_would(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("ab\n\nabcdefghij klmnopqrst\nabc\n" + "long " * 60 + "\n", encoding="utf-8")
    suite = suite_of(bundle.path)
    found = own_texts.with_texts(suite, prepare.bundles(suite, tmp_path, print), path)
    assert found.lengths == (16, 64)
    assert found.texts is not None
    assert found.texts.lengths == {16: 2, 64: 2}
    assert found.texts.cut == 1


@pytest.mark.parametrize("name", spec.SUITES)
def test_shipped_suites_are_valid(name: str) -> None:
    suite = spec.read(name)
    assert suite.name == name
    assert suite.models


def test_the_documented_suite_shows_the_defaults(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "suites.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0])
    suite = spec.read(str(path))
    default = Suite("mine", suite.models)
    assert suite.limits == default.limits
    for key in ("title", "devices", "threads", "lengths", "profile", "name"):
        assert getattr(suite, key) == getattr(default, key)


def test_a_checkpoint_beside_the_suite_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    path = tmp_path / "suite.toml"
    path.write_text("".join(f"[[models]]\nconvert.model = '{name}'\n" for name in ("mine", "a/b")))
    models = [model.convert["model"] for model in spec.read(str(path)).models]
    assert models == [str(tmp_path / "mine"), "a/b"]


def test_a_bundle_named_twice_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle.path, tmp_path / "copy.edgekit"))
    with pytest.raises(PlanError, match="the same bundle is named twice"):
        prepare.bundles(suite_of(bundle.path, copy), tmp_path, print)


MODEL = "[[models]]\nbundle = 'a'\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lengths = [", "is not TOML"),
        ("lengths = [32]", r"names no \[\[models\]\]"),
        ("models = 3", "models has to be a list, not a whole number"),
        (f"lenghts = [32]\n{MODEL}", "unknown key 'lenghts'"),
        (f"lengths = 32\n{MODEL}", "lengths has to be a list, not a whole number"),
        (f"lengths = [true]\n{MODEL}", r"lengths\[0\] has to be a whole number, not true or false"),
        (f"lengths = [0]\n{MODEL}", r"lengths has to be numbers from 1, not \[0\]"),
        (f"threads = [1000]\n{MODEL}", "threads has to be numbers to 128, not 1000"),
        (f"lengths = []\n{MODEL}", "lengths is an empty list"),
        (f"threads = [1, 1]\n{MODEL}", "threads names something twice"),
        (f"devices = 'host'\n{MODEL}", "devices has to be a list, not a text"),
        (f"recipes = ['int3']\n{MODEL}", "unknown recipe 'int3'"),
        (f"profile = 'no'\n{MODEL}", "profile has to be true or false"),
        (f"limits = 3\n{MODEL}", r"limits has to be a table"),
        (f"[limits]\nseconds = 'a'\n{MODEL}", r"limits\.seconds has to be a number, not a text"),
        (f"[limits]\nseconds = nan\n{MODEL}", "seconds has to be a number above 0, not nan"),
        (f"[limits]\nseconds = inf\n{MODEL}", "seconds has to be a number above 0, not inf"),
        (f"[limits]\ncool_seconds = nan\n{MODEL}", "--cool. has to be 0 or more, not nan"),
        (f"[limits]\nmin_samples = 1\n{MODEL}", "min_samples has to be at least 2"),
        (f"[paper]\nphone_bytes = 'a'\n{MODEL}", "phone_bytes has to be a number"),
        ("[[models]]\nname = 'a'", "needs either bundle, config or convert.model"),
        ("[[models]]\nbundle = 3", "bundle has to be a path, not a whole number"),
        ("[[models]]\nname = '../a'\nbundle = 'a'", "'../a' is no name: leave / out"),
        ("[[models]]\nconfig = { model_type = 'bert' }", "a model with a config needs a name"),
        ("[[models]]\nconvert = { model = 'demo', out = 'a' }", "convert: unknown key 'out'"),
        ("[[models]]\nconvert = { model = 3 }", "convert: model has to be a text"),
    ],
)
def test_a_wrong_suite_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    with pytest.raises(EdgekitError, match=message):
        spec.read(str(path))
