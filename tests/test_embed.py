"""Files that take text: the tokenizer's very ids, PyTorch's answers, or an honest refusal."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import edgekit_cli
from conftest import write_vocabulary
from msgspec import structs
from test_tokenizer import byte_level_bpe, unigram
from tokenizers import AddedToken, normalizers
from transformers import BertTokenizerFast

from edgekit.app.opening import choose, open_app
from edgekit.app.text import TextApp
from edgekit.bundle import Bundle
from edgekit.errors import BundleError, UnsupportedError
from edgekit.proof import embedded_tokenizer
from edgekit.proof.verify import verify
from edgekit.runtime.interpreters import OnnxRuntime
from edgekit.runtime.text import TextSession
from edgekit.signature import TensorSpec
from edgekit.tokens.encoding import Tokenizer
from edgekit.tokens.saved import TextTokenizer
from edgekit.tokens.tokenizer import save

pytestmark = pytest.mark.slow  # files that are made on request


@pytest.fixture(scope="module")
def text_in(classifier: Path, converted: Callable[..., Bundle]) -> Bundle:
    return converted("text", classifier, to=("onnx",), embed_tokenizer=True)


def test_text_in_gives_the_ordinary_file_its_own_answers(text_in: Bundle) -> None:
    assert [row.path.name for row in text_in.text_artifacts] == [
        "model-fp32-text.onnx",
        "model-int8-text.onnx",
    ]
    for plain, with_text in zip(text_in.artifacts, text_in.text_artifacts, strict=True):
        assert with_text.passed
        session, text_session = OnnxRuntime(plain.path), TextSession(with_text.path)
        for case in text_in.golden().cases:
            if case.max_length != text_in.manifest.max_length:
                continue
            found = text_session.ask(*case.text)
            assert found["input_ids"].tolist() == [list(case.input_ids)], case.name
            names = ("input_ids", "attention_mask", "token_type_ids")
            feed = {name: np.array([getattr(case, name)], np.int32) for name in names}
            np.testing.assert_array_equal(found["logits"], session.run(feed)["logits"])


def test_another_library_loaded_before_changes_no_id(text_in: Bundle) -> None:
    """TensorFlow's parts answered for the operators' own, and half the words were unknown."""
    program = (
        "import sys, tensorflow; from pathlib import Path; "
        "from edgekit.runtime.text import TextSession; "
        "found = TextSession(Path(sys.argv[1])).ask('The quick brown fox', 'The end'); "
        "print(found['input_ids'].tolist())"
    )
    path = str(text_in.text_artifacts[0].path)
    result = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    ids = TextSession(Path(path)).ask("The quick brown fox", "The end")["input_ids"]
    assert result.stdout.splitlines()[-1] == str(ids.tolist())


def test_verify_runs_text_in_files(text_in: Bundle) -> None:
    results = {result.file: result for result in verify(text_in)}
    for name in ("model-fp32-text.onnx", "model-int8-text.onnx"):
        assert results[name].passed
        assert results[name].cases > 30
    ids, text = (text_in.select(f"model-int8{kind}.onnx")[0] for kind in ("", "-text"))
    assert text.tolerance == ids.tolerance
    assert text.proofs[0].arithmetic is not None


def test_run_asks_a_text_in_file_with_the_text_alone(text_in: Bundle) -> None:
    texts = [("Zoe\u0301 met 好 👍🏽",), ("long " * 100,), ("a\x00b", "pair " * 40), ("",)]
    for name in ("model-fp32", "model-int8"):
        plain, with_text = (choose(text_in, f"{name}{end}.onnx") for end in ("", "-text"))
        with open_app(text_in, plain) as ids, open_app(text_in, with_text) as strings:
            for asked in texts:
                assert strings.answer(*asked) == ids.answer(*asked), asked
            prompt = ids.tokenize("another text")
            with pytest.raises(BundleError, match="other ids"):
                strings.read(replace(prompt, texts=("than these",)))


class Lengths:
    """A session whose vector of a text is (number of tokens, 1)."""

    def __init__(self, bundle: Bundle) -> None:
        self.lengths, self.batched, self.runtime = None, False, "a fake"
        self.tokenizer = Tokenizer.of(bundle)

    def ask(self, *texts: str) -> dict[str, np.ndarray]:
        (encoded,) = self.tokenizer.prompt("text-classification", *texts).encodings
        vector = np.array([[len(encoded), 1]], np.float32)
        return {"input_ids": np.array([encoded.input_ids]), "sentence_embedding": vector}


def test_sentence_similarity_asks_for_each_text_by_itself(text_in: Bundle) -> None:
    output = TensorSpec("sentence_embedding", "float32", ("batch", 2))
    artifact = structs.replace(text_in.manifest.artifacts[0], outputs=(output,))
    manifest = structs.replace(text_in.manifest, task="sentence-similarity", artifacts=(artifact,))
    bundle = replace(text_in, manifest=manifest)
    app = TextApp(bundle, bundle.artifacts[0], Lengths(bundle))
    assert app.answer("abc").vector == (5, 1)
    assert app.answer("abc", "abcdefgh").similarity == pytest.approx(51 / math.sqrt(26 * 101))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run BUNDLE text --artifact FILE --device arm64", "arm64 has no operators for FILE"),
        ("eval BUNDLE --data dev.tsv --artifact FILE", "FILE takes text, and is the model of"),
        ("check BUNDLE --budget p90.toml", "files that take text, of which p90 cannot be measured"),
    ],
)
def test_what_takes_ids_only_says_so(
    arguments: str, message: str, text_in: Bundle, tmp_path: Path
) -> None:
    file = text_in.text_artifacts[0].path.name
    (tmp_path / "dev.tsv").write_text("text\tlabel\nfine\tgood\n")
    (tmp_path / "p90.toml").write_text("[[budget]]\nfiles = '*-text.onnx'\np90 = '1 s'\n")
    words = {"BUNDLE": str(text_in.path), "FILE": file}
    asked = [words.get(word, word) for word in arguments.split()]
    result = edgekit_cli(*asked, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert message.replace("FILE", file) in result.stderr.splitlines()[-1]


def test_check_holds_a_text_in_file_to_its_size(text_in: Bundle, tmp_path: Path) -> None:
    (tmp_path / "budget.toml").write_text("[[budget]]\nfiles = '*'\nsize = '1 MB'\n")
    result = edgekit_cli("check", text_in.path, "--budget", "budget.toml", cwd=tmp_path)
    assert result.returncode == 0
    assert "model-int8-text.onnx" in result.stdout


def test_answers_that_are_made_of_offsets_are_refused(text_in: Bundle) -> None:
    manifest = structs.replace(text_in.manifest, task="question-answering")
    bundle = replace(text_in, manifest=manifest)
    with pytest.raises(UnsupportedError, match="gives no offsets"):
        open_app(bundle, bundle.text_artifacts[0])


def bert(folder: Path, **options: bool) -> BertTokenizerFast:
    return BertTokenizerFast(vocab=str(write_vocabulary(folder / "vocab.txt")), **options)


def test_a_cased_tokenizer_on_random_unicode_cut_from_the_left(tmp_path: Path) -> None:
    tokenizer = bert(tmp_path, do_lower_case=False)
    tokenizer.truncation_side = "left"
    saved = TextTokenizer.read(tmp_path, save(tokenizer, tmp_path, 24))
    embedded_tokenizer.check(tokenizer, saved, tmp_path / "tokenizer.onnx")


def test_byte_level_bpe_on_random_unicode(tmp_path: Path) -> None:
    tokenizer = byte_level_bpe()
    tokenizer.add_tokens(AddedToken("<mask>", lstrip=True, special=True, normalized=False))
    saved = TextTokenizer.read(tmp_path, save(tokenizer, tmp_path, 24))
    embedded_tokenizer.check(tokenizer, saved, tmp_path / "tokenizer.onnx")


def test_unigram_is_refused(tmp_path: Path) -> None:
    tokenizer = unigram()
    saved = TextTokenizer.read(tmp_path, save(tokenizer, tmp_path, 24))
    with pytest.raises(UnsupportedError, match="no operators for Unigram tokenizers"):
        embedded_tokenizer.check(tokenizer, saved, tmp_path / "tokenizer.onnx")


def test_a_normalizer_without_operators_is_refused_by_name(tmp_path: Path) -> None:
    tokenizer = bert(tmp_path)
    tokenizer.backend_tokenizer.normalizer = normalizers.NFKC()
    saved = TextTokenizer.read(tmp_path, save(tokenizer, tmp_path, 24))
    with pytest.raises(UnsupportedError, match="no operators for WordPiece after NFKC"):
        embedded_tokenizer.check(tokenizer, saved, tmp_path / "tokenizer.onnx")


def test_a_difference_is_refused_with_its_text_and_ids(tmp_path: Path) -> None:
    """The saved file is another tokenizer's: the first text with an accent tells them apart."""
    saved = TextTokenizer.read(tmp_path, save(bert(tmp_path, do_lower_case=False), tmp_path, 24))
    other = bert(tmp_path)
    with pytest.raises(UnsupportedError, match=r"does not match .* on 'english' .* should be \["):
        embedded_tokenizer.check(other, saved, tmp_path / "tokenizer.onnx")


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        ("onnx", "onnxruntime-extensions is missing: pip install 'edgekit[embed]'"),
        ("tflite", "--embed-tokenizer is for ONNX files: add onnx to --to"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_loaded(
    formats: str, message: str, classifier: Path, tmp_path: Path
) -> None:
    arguments = ["convert", str(classifier), "--to", formats, "--embed-tokenizer", "-o", "out"]
    code = (
        "import sys\nsys.modules['onnxruntime_extensions'] = None  # as if not installed\n"
        f"from edgekit.cli.main import main\nmain({arguments})"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (2, f"error: {message}\n")
    assert list(tmp_path.iterdir()) == []
