"""``edgekit run``: one answer whatever the file, line by line, and long texts in windows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from command import edgekit_cli
from msgspec.structs import asdict
from test_postprocess import differences

from edgekit.app.answers import Answered, Asked
from edgekit.app.opening import choose, open_app
from edgekit.bundle import Bundle
from edgekit.cli.rendering import answers as render_answers
from edgekit.contents import MANIFEST, TOKENIZER, entry
from edgekit.errors import EdgekitError, InputError
from edgekit.postprocess import to_json
from edgekit.postprocess.labels import Classification, Label
from edgekit.tokens.encoding import MAX_OVERLAP, Tokenizer

ODD = "Zoe\u0301 met 好 👍🏽 in U.S.A. <b> the end"
TEXTS: dict[str, list[tuple[str, ...]]] = {
    "question-answering": [("who met?", f"{ODD} " * 12), ("where?", "in 好")],
    "text-classification": [(ODD,), (ODD, "pair " * 40), ("",)],
    "token-classification": [(ODD,), ("long " * 100,)],
    "fill-mask": [("a [MASK] b [MASK]",)],
    "sentence-similarity": [(ODD, "x"), (ODD,)],
    "feature-extraction": [(ODD,)],
}


@pytest.mark.parametrize("task", TEXTS)
def test_a_file_answers_as_pytorch_does(task: str, small: Callable[[str], Bundle]) -> None:
    bundle = small(task)
    with open_app(bundle, None) as pytorch, open_app(bundle, choose(bundle, None)) as onnx:
        for texts in TEXTS[task]:
            expected, found = (
                json.loads(json.dumps(to_json(app.answer(*texts)))) for app in (pytorch, onnx)
            )
            assert list(differences(found, expected, 1e-4)) == [], texts


def test_every_format_gives_the_same_label(bundle: Bundle) -> None:
    with open_app(bundle, None) as app:
        expected = app.answer(ODD)
    assert isinstance(expected, Classification)
    scores = {row.label: row.score for row in expected.labels}
    for artifact in bundle.artifacts:
        with open_app(bundle, artifact) as app:
            found = app.answer(ODD)
        assert isinstance(found, Classification)
        near = 0.1 if artifact.recipe == "int8" else 0.01
        for row in found.labels:
            assert row.score == pytest.approx(scores[row.label], abs=near), artifact.path.name


def test_a_line_is_answered_before_the_next_one_comes(small: Callable[[str], Bundle]) -> None:
    folder = small("text-classification").path
    process = subprocess.Popen(
        [sys.executable, "-m", "edgekit", "run", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    late = threading.Timer(120, process.kill)
    late.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in (b"first\n", b"second\n"):
            process.stdin.write(text)
            process.stdin.flush()
            assert process.stdout.readline().strip(), "no answer while the input is open"
        process.stdin.close()
        assert process.wait() == 0
    finally:
        late.cancel()
        process.kill()
        process.stdout.close()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_bad_line_leaves_the_others_and_their_numbers(
    as_json: bool, small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    lines = (
        b"\xef\xbb\xbfwho?\tit is 1\r\n\nwho?\nwho?\ta\tb\n"
        b"\xffwho?\tme\nwho?\t \nwho?\t\xe5\xa5\xbd z"
    )
    process = subprocess.run(
        [
            *(sys.executable, "-m", "edgekit", "run", str(small("question-answering").path)),
            *(["--json"] if as_json else []),
        ],
        input=lines,
        capture_output=True,
        cwd=tmp_path,
    )
    out, errors = process.stdout.decode().splitlines(), process.stderr.decode().splitlines()
    assert process.returncode == 2
    assert len(out) == 7
    wrong = [
        "line 2: question-answering takes a question and a context, not 1 text",
        "line 3: question-answering takes a question and a context, not 1 text",
        "line 4: question-answering takes a question and a context, not 3 texts",
        "line 5: byte 1 is not UTF-8: convert the file",
        "line 6: the context is empty: give the text that holds the answer",
    ]
    assert [f"error: {line}" for line in wrong] == errors[-5:]
    if as_json:
        rows = [json.loads(line) for line in out]
        assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
        assert [f"line {row['line']}: {row['error']}" for row in rows[1:6]] == wrong
        assert rows[0]["texts"] == ["who?", "it is 1"]
        for row in (rows[0], rows[6]):
            for span in row["spans"]:
                assert row["texts"][1][span["start"] : span["end"]] == span["text"]
    else:
        assert out[1:6] == [""] * 5
        assert all((out[0], out[6]))


@pytest.mark.parametrize("label", ["two\nlines", "a\u2028b", "", " "])
def test_an_odd_label_is_still_one_line(
    label: str, small: Callable[[str], Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    found = Classification("single_label_classification", (Label(label, 0, 1.0),), (label,))
    with open_app(small("text-classification"), None) as app:
        render_answers.result(app, Answered(Asked(b"x", line=1), ("x",), found), as_json=False)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.strip()


@pytest.mark.parametrize(
    ("task", "texts", "message"),
    [
        ("question-answering", ("who?",), "takes a question and a context, not 1 text"),
        ("question-answering", ("", "a"), "the question is empty"),
        ("question-answering", ("a " * 61, "b"), "has 61 tokens and leaves no room"),
        ("text-classification", ("a", "b", "c"), "takes one text, or two for a pair, not 3"),
        ("token-classification", ("a", "b"), "takes one text, not 2 texts"),
        ("fill-mask", ("no mask",), r"the text has no \[MASK\] among its first"),
        ("fill-mask", (f"{'a ' * 80}[MASK]",), "put it where a word is missing"),
        ("text-classification", ("a\udcff",), "not valid Unicode at character 1"),
    ],
)
def test_a_text_that_a_task_cannot_take(
    task: str, texts: tuple[str, ...], message: str, small: Callable[[str], Bundle]
) -> None:
    bundle = small(task)
    with open_app(bundle, choose(bundle, None)) as app, pytest.raises(InputError, match=message):
        app.answer(*texts)


@pytest.mark.parametrize(
    ("artifact", "device", "message"),
    [
        ("nope", "host", "has no 'nope': name a file of it"),
        (None, "mars", "unknown device 'mars'"),
        ("pytorch", "arm64", "arm64 has no PyTorch"),
    ],
)
def test_a_file_or_device_that_is_not_there(
    artifact: str | None, device: str, message: str, small: Callable[[str], Bundle]
) -> None:
    bundle = small("text-classification")
    with pytest.raises(EdgekitError, match=message):
        open_app(bundle, choose(bundle, artifact, device), device)


def test_windows_cover_the_context_and_overlap_as_documented(
    small: Callable[[str], Bundle],
) -> None:
    whole = Tokenizer.of(small("question-answering"))
    context = " ".join("abcdefghij"[number % 10] for number in range(700))
    for max_length, question in ((64, "w x y"), (400, "w"), (6, "w x"), (5, "w")):
        asked = len(question.split())
        rows = whole.cut_at(max_length).prompt("question-answering", question, context).encodings
        room = max_length - asked - 3
        shared = min(MAX_OVERLAP, room // 2)
        windows = [
            [offset[0] for offset, part in zip(row.offsets, row.sequence_ids, strict=True) if part]
            for row in rows
        ]
        for number, window in enumerate(windows):
            first = number * (room - shared)
            assert [start // 2 for start in window] == list(range(first, first + len(window)))
        assert [len(window) for window in windows[:-1]] == [room] * (len(windows) - 1)
        assert windows[-1][-1] == len(context) - 1
        assert len(windows) == 1 or windows[-2][-1] < len(context) - 1


def test_an_id_that_the_model_does_not_know_is_one_line(
    small: Callable[[str], Bundle], tmp_path: Path
) -> None:
    """As of a tokenizer that was given another token after the conversion."""
    folder = Path(shutil.copytree(small("text-classification").path, tmp_path / "grown.edgekit"))
    path = folder / TOKENIZER / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["model"]["vocab"]["the"] = 5000
    path.write_text(json.dumps(tokenizer))
    manifest = json.loads((folder / MANIFEST).read_text())
    (row,) = (row for row in manifest["tokenizer"]["files"] if row["file"].endswith(path.name))
    row.update(asdict(entry(folder, path)))
    (folder / MANIFEST).write_text(json.dumps(manifest))
    result = edgekit_cli("run", folder, "the end", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    told, error = result.stderr.splitlines()
    assert told == "model-fp32.onnx on host"
    assert "fails on this text, as where a token has an id that the model does not know" in error


def test_one_text_on_the_command_line(small: Callable[[str], Bundle], tmp_path: Path) -> None:
    folder = small("text-classification").path
    result = edgekit_cli("run", folder, "a text", "its pair", "--json", "--top", 2, cwd=tmp_path)
    row = json.loads(result.stdout)
    assert row["texts"] == ["a text", "its pair"]
    assert row["file"] == "model-fp32.onnx"
    assert len(row["labels"]) == 2
    assert row["chosen"] == [row["labels"][0]["label"]]
    wrong = edgekit_cli("run", folder, "text", "--artifact", "x.onnx", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: ")
