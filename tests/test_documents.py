"""The files that edgekit writes and reads: their schemas, other minor versions, hostile content."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import report_samples
from command import edgekit_cli
from jsonschema import Draft202012Validator
from msgspec.structs import asdict

from edgekit import documents
from edgekit import reporting as report
from edgekit.benchmarks import results, spec
from edgekit.budget import limits
from edgekit.budget.baseline import Baseline
from edgekit.bundle import Bundle
from edgekit.cli import schema
from edgekit.contents import GOLDEN, MANIFEST, POSTPROCESS, entry
from edgekit.errors import BundleError, EdgekitError, OutputError, SourceError
from edgekit.golden import Sample
from edgekit.postprocess import golden as vectors
from edgekit.proof.verify import verify
from edgekit.reporting import data
from edgekit.runtime.eager import Eager

ROOT = Path(__file__).parent.parent


@pytest.fixture
def copy(small: Callable[[str], Bundle], tmp_path: Path) -> Path:
    return Path(shutil.copytree(small("text-classification").path, tmp_path / "copy"))


def write(folder: Path, name: str, content: bytes) -> None:
    """A file of a bundle with other content, and the manifest signed for it."""
    (folder / name).write_bytes(content)
    if name != MANIFEST:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest[Path(name).stem].update(asdict(entry(folder, folder / name)))
        (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("name", schema.FILES)
def test_the_published_schema_is_that_of_the_types(name: str) -> None:
    published = ROOT / "docs" / "schemas" / f"{name}.json"
    assert published.read_text("utf-8") == schema.text(name), "run: make schemas"
    Draft202012Validator.check_schema(json.loads(schema.text(name)))


def test_what_is_written_is_valid_by_its_schema(small: Callable[[str], Bundle]) -> None:
    folder = small("text-classification").path
    rows = report_samples.everything()
    written = {
        "manifest": (folder / MANIFEST).read_text("utf-8"),
        "golden": (folder / GOLDEN).read_text("utf-8"),
        "postprocess": (folder / POSTPROCESS).read_text("utf-8"),
        "results": results.line(rows[0]),
        "report": documents.dump_json(data.document(report.build(rows)), ""),
    }
    for name, text in written.items():
        Draft202012Validator(json.loads(schema.text(name))).validate(json.loads(text))


@cache
def maps() -> set[str]:
    """Fields whose keys are data, such as the names of libraries."""
    schemas = (json.loads(schema.text(name)) for name in ("manifest", "golden", "postprocess"))
    fields = (part["properties"] for each in schemas for part in each["$defs"].values())
    return {
        name
        for properties in fields
        for name, kind in properties.items()
        if "additionalProperties" in json.dumps(kind)
    }


def newer(value: Any, key: str = "") -> Any:
    """As a later minor version would write it: one more field in every object."""
    if isinstance(value, list):
        return [newer(item, key) for item in value]
    if not isinstance(value, dict) or key == "answer":
        return value
    fields = {name: newer(item, name) for name, item in value.items()}
    return fields if key in maps() else {**fields, "of_a_later_version": {"deep": [1, None]}}


def test_fields_of_a_later_minor_version_are_passed_over(copy: Path) -> None:
    for name in (GOLDEN, POSTPROCESS, MANIFEST):
        content = newer(json.loads((copy / name).read_text("utf-8")))
        write(copy, name, json.dumps(content | {"schema_version": "1.99"}).encode())
    assert all(result.passed for result in verify(Bundle.open(copy)))


SINCE = {  # what each minor version lacks at the manifest's top
    "1.4": ("postprocessing",),
    "1.3": ("postprocessing",),
    "1.2": ("postprocessing",),
    "1.1": ("postprocessing", "text_artifacts"),
    "1.0": (
        *("postprocessing", "text_artifacts", "postprocess", "pad_id", "problem_type", "pooling"),
        "refused",
    ),
}


@pytest.mark.parametrize("version", SINCE)
def test_bundles_of_older_minor_versions_open(version: str, copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text("utf-8"))
    for name in SINCE[version]:
        del manifest[name]
    del manifest["tokenizer"]["app"]
    if version < "1.4":
        new = ("deviation", "padding_sensitivity", "scales")
        for row in manifest["artifacts"]:
            del row["takes"]
            row["proofs"] = [{k: p[k] for k in p if k not in new} for p in row["proofs"]]
        del manifest["source"]["kind"]
    if version == "1.0":
        facts = manifest["tokenizer"]
        manifest["tokenizer"] = {key: facts[key] for key in ("kind", "files", "special_tokens")}
        for proof in (proof for row in manifest["artifacts"] for proof in row["proofs"]):
            del proof["checks"]
    (copy / MANIFEST).write_text(json.dumps(manifest | {"schema_version": version}))
    opened = Bundle.open(copy)
    assert opened.manifest.postprocessing is None
    assert not any(artifact.takes_text for artifact in opened.artifacts)
    assert all(result.passed for result in verify(opened))


def test_what_is_not_finite_is_never_written(small: Callable[[str], Bundle]) -> None:
    output = Sample(shape=(2,), values=(1.0, float("nan")))
    with pytest.raises(OutputError, match=r"golden.json would hold nan at \$\[0\].values\[1\]"):
        documents.dump_json([output], GOLDEN)


HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 1e308, 2**31, 2**70, "", "\0", "a" * 300, "../x", "/etc/passwd"),
    *("\ud800", "é\u202e\n", [], {}, [[]], {"": {}}),
)
RAW = (
    *(b"", b"{", b"null", b"[]", b"\xff\xfe", b"\x00", b'"\\ud800"', b"NaN", b"1e999"),
    *(b'{"a":' * 5000, b"[" * 100_000, b"9" * 6000, b'{"schema_version": "1.' + b"9" * 9000),
)


def mutated(content: bytes, seed: int) -> bytes:
    """Valid JSON with a value or a key in it changed, or the bytes cut, doubled or flipped."""
    draw = random.Random(seed)
    if draw.random() < 0.3:
        place = draw.randrange(len(content))
        return content[:place] + draw.choice(RAW) + content[place + draw.randrange(4) :]
    whole = json.loads(content)
    parent, key = draw.choice(list(_places(whole)))
    if draw.random() < 0.2:
        del parent[key]
    else:
        parent[key] = draw.choice(HOSTILE)
    return json.dumps(whole).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys)[:40]:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _bundle(folder: Path) -> None:
    bundle = Bundle.open(folder)
    bundle.golden()
    vectors.read(bundle)
    assert bundle.signature.inputs


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    MANIFEST: (MANIFEST, _bundle),
    GOLDEN: (GOLDEN, _bundle),
    POSTPROCESS: (POSTPROCESS, _bundle),
    "report.json": ("report.json", lambda folder: results.read([folder / "report.json"])),
    "results.jsonl": ("results.jsonl", lambda folder: results.read([folder])),
    "eval.json": ("eval.json", lambda folder: Baseline.read([folder / "eval.json"])),
}


@pytest.mark.parametrize("name", READERS)
def test_hostile_content_is_one_clear_error(name: str, copy: Path) -> None:
    rows = report_samples.everything()[:2]
    (copy / "report.json").write_text(documents.dump_json(data.document(report.build(rows)), ""))
    (copy / "results.jsonl").write_text(results.line(rows[0]) + "\n")
    (copy / "eval.json").write_text(documents.dump_json(report_samples.evaluation(), ""))
    file, read = READERS[name]
    original, said = (copy / file).read_bytes(), []
    for content in (*RAW, *(mutated(original, seed) for seed in range(60))):
        write(copy, file, content) if file in (GOLDEN, POSTPROCESS) else (
            (copy / file).write_bytes(content)
        )
        try:
            read(copy)
        except EdgekitError as error:
            said.append(str(error))
        (copy / file).write_bytes(original)
    assert len(said) > len(RAW) // 2
    assert max(map(len, said)) < 1000


TOML = """
lengths = [16]
[limits]
seconds = 1.0
[[models]]
bundle = "b"
[[budget]]
size = "1 MB"
"""


def test_hostile_toml_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    values = (*RAW, b"nan", b"-inf", b"2026-11-27", b"[1, 'a']", b"{a = 1}", b"'" + b"a" * 300)
    for value in values:
        for line in TOML.encode().splitlines():
            if b" = " in line:
                key = line.partition(b" = ")[0]
                path.write_bytes(TOML.encode().replace(line, key + b" = " + value))
                for read in (lambda: spec.read(str(path)), lambda: limits.read(path)):
                    with pytest.raises(EdgekitError):
                        read()


def test_the_command_line_says_it_in_one_line_and_waits_for_no_pipe(copy: Path) -> None:
    os.mkfifo(copy.parent / "pipe.onnx")
    os.mkfifo(copy.parent / "pipe.json")
    os.mkfifo(copy.parent / "pipe.tsv")
    (copy.parent / "deep.toml").write_bytes(b"a = " + b"[" * 5000)
    asked: tuple[tuple[str, ...], ...] = (
        ("inspect", "pipe.onnx"),
        ("report", "pipe.json"),
        ("eval", str(copy), "--data", "pipe.tsv"),
        ("bench", "--suite", "deep.toml"),
        ("inspect", "a" * 300),
    )
    for arguments in asked:
        result = edgekit_cli(*arguments, cwd=copy.parent)
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert result.stderr.startswith("error: ")
        assert "unexpected" not in result.stderr


def test_the_hub_is_not_asked_for_a_folder_that_is_gone(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text("utf-8"))
    assert manifest["source"]["kind"] == "folder"
    manifest["source"]["origin"] = "m/cls"
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(SourceError, match="made of the folder m/cls, which is not here"):
        Eager(copy)
    (copy / MANIFEST).unlink()
    os.mkfifo(copy / MANIFEST)
    with pytest.raises(BundleError):
        Bundle.open(copy)
