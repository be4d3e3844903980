"""Queries and documents of ColBERT models, compared with sentence-transformers itself."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint, save_late
from late_checkpoints import CONFIG, FORMS, MASKED, edit, made, own, pooled, stanford
from safetensors.torch import load_file
from sentence_transformers import MultiVectorEncoder, SentenceTransformer
from shared import Shared, plan_of
from transformers import BertModel, PreTrainedTokenizerFast

from edgekit.app.opening import open_app
from edgekit.benchmarks.studies import small_models
from edgekit.bundle import Bundle
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.trace import text_roles
from edgekit.errors import EdgekitError, PlanError
from edgekit.manifest.roles import Expansion, RoleFacts
from edgekit.model import checkpoint, late_interaction, tasks
from edgekit.model.finding import find
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.postprocess import Facts, answer
from edgekit.postprocess.vectors import MultiVector, Similarity, Vector
from edgekit.proof import golden
from edgekit.proof.prove import prove
from edgekit.proof.verify import verify
from edgekit.runtime import table
from edgekit.runtime.session import Session
from edgekit.tokens.encoding import Tokenizer
from edgekit.tracing.export import TaskModule, hooked

WORD = "fox"  # a character is a token: it is filled up wherever queries are
SHORT = "the quick brown fox, jumps"
LONG = "a fox is an animal. " * 6 + "(no dog!)"
PROMPTS = {"query": "ask: ", "document": "told: "}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a random projection, of 64 tokens, in the library's own form."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("colbert")
    base = save_checkpoint(BertModel(BERT).eval(), folder / "base")
    MultiVectorEncoder(str(base), device="cpu", prompts=PROMPTS).save(str(folder / "model"))
    return folder / "model"


def test_stanfords_layer_is_read_from_whatever_holds_the_weights(
    saved: Path, tmp_path: Path
) -> None:
    folder = made(saved, tmp_path, stanford)
    plain = folder / "model.safetensors"
    weights = load_file(plain)
    plain.rename(folder / "model.fp16.safetensors")
    found = late_interaction.projection(folder).weight
    np.testing.assert_array_equal(found, weights["linear.weight"].numpy())
    (folder / "model.fp16.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(EdgekitError, match="--allow-pickle"):
        plan_of(folder, out=tmp_path / "out")
    assert plan_of(folder, out=tmp_path / "out", allow_pickle=True).task.name == "late-interaction"


class Ours:
    """edgekit's own way without a file: tokenizer, PyTorch, post-processing."""

    def __init__(self, plan: ExportPlan, folder: Path) -> None:
        source, task = plan.source, plan.task
        fast = checkpoint.load_tokenizer(source)
        assert isinstance(fast, PreTrainedTokenizerFast)
        fast.save_pretrained(folder / "tokenizer")
        roles = text_roles(plan, fast)
        self._tokenizer = Tokenizer(folder / "tokenizer", plan.max_length, roles=roles)
        self._facts = Facts(task.name, None, (), None, str)
        model = checkpoint.load_model(source, task)
        self._oracle = Oracle(model, task, source.head(task), token_types=True)

    def vectors(self, text: str, role: str | None) -> np.ndarray:
        prompt = self._tokenizer.prompt(self._facts.task, text, roles=(role,) if role else ())
        (row,) = prompt.encodings
        outputs = self._oracle.answer(row.input_ids, row.token_type_ids, row.attention_mask)
        found = answer(self._facts, prompt, [outputs])
        assert isinstance(found, MultiVector | Vector)
        return np.array(found.vectors if isinstance(found, MultiVector) else found.vector)


@pytest.mark.parametrize("name", FORMS)
def test_vectors_are_those_of_the_library(name: str, saved: Path, tmp_path: Path) -> None:
    folder = made(saved, tmp_path, FORMS[name])
    library = MultiVectorEncoder(str(folder), device="cpu")
    plan = plan_of(folder, out=tmp_path / "out")
    assert plan.task.name == "late-interaction"
    ours = Ours(plan, tmp_path)
    asked = {"query": library.encode_query, "document": library.encode_document}
    for role, encode in (*asked.items(), (None, library.encode)):
        whole = role is not None or plan.max_length == 64  # else no text of a role is longer
        for text in (WORD, SHORT, LONG) if whole else (WORD, SHORT):
            found, expected = ours.vectors(text, role), encode(text, convert_to_numpy=True)
            assert found.shape == expected.shape, (role, text)
            np.testing.assert_allclose(found, expected, atol=3e-6)


def test_sentence_vectors_are_cut_by_role(saved: Path, tmp_path: Path) -> None:
    folder = made(saved, tmp_path, partial(pooled, query_length=7, document_length=50))
    library = SentenceTransformer(str(folder), device="cpu")
    ours = Ours(plan_of(folder, out=tmp_path / "out"), tmp_path)
    for role, encode in (("query", library.encode_query), ("document", library.encode_document)):
        np.testing.assert_allclose(ours.vectors(LONG, role), encode(LONG), atol=3e-6)


@pytest.mark.parametrize(
    ("name", "settings"), [("roberta", {}), ("mpnet", {}), ("modernbert", {"local_attention": 64})]
)
def test_masks_behind_a_query_in_other_architectures(
    name: str, settings: dict[str, int], tmp_path: Path
) -> None:
    """What is traced gives what PyTorch does at tokens that it does not attend to, padded too."""
    task = tasks.get("feature-extraction")
    edit(small_models.save_config(name, task, tmp_path), **settings)
    source = find(f"config:{tmp_path}")
    model = checkpoint.load_model(source, task)
    ids, mask = (5, 6, 7, *[42] * 17), (1, 1, 1, *[0] * 17)
    oracle = Oracle(model, task, Head(()), token_types=False)
    (expected,) = oracle.answer(ids, (), mask).values()
    padded = [torch.full((1, 40), source.family.pad_id(source.config), dtype=torch.int32)]
    padded.append(torch.zeros(1, 40, dtype=torch.int32))
    for row, values in zip(padded, (ids, mask), strict=True):
        row[0, :20] = torch.tensor(values)
    with torch.no_grad():
        module = TaskModule(hooked(model), task, Head(()), source.family, 40)
        (found,) = module(*padded).values()
    np.testing.assert_allclose(found[0, :20], expected, atol=3e-5)


@pytest.fixture
def colbert(small: Callable[[str], Bundle]) -> Bundle:
    """Of a checkpoint that has all of it (``save_late`` in conftest)."""
    return small("late-interaction")


def test_a_bundle_answers_as_the_library(colbert: Bundle, shared: Shared) -> None:
    folder = shared.made("late-interaction", save_late)
    vocabulary = json.loads((colbert.path / "tokenizer" / "tokenizer.json").read_text())["model"]
    ids = vocabulary["vocab"]
    skipped = tuple(sorted(ids[character] for character in string.punctuation))
    masks = Expansion(token_id=ids["[MASK]"], length=20, attended=False)
    assert colbert.manifest.roles == {
        "query": RoleFacts(max_length=20, expansion=masks),
        "document": RoleFacts(max_length=40, skip_ids=skipped),
        "none": RoleFacts(skip_ids=skipped),
    }
    library = MultiVectorEncoder(str(folder), device="cpu")
    expected = library.similarity(library.encode_query([SHORT]), library.encode_document([LONG]))
    with open_app(colbert, colbert.artifacts[0]) as app:
        found = app.answer(SHORT, LONG)
        assert isinstance(found, Similarity)
        assert found.similarity == pytest.approx(float(expected), abs=1e-4)
        app.use_prompt("query")
        one = app.answer("a")
        assert isinstance(one, MultiVector)
        np.testing.assert_allclose(one.vectors, library.encode_query("a").numpy(), atol=1e-5)
    assert all(row.passed for row in verify(colbert))


def test_golden_files_have_rows_that_are_filled_up(colbert: Bundle) -> None:
    cases = {case.name: case for case in colbert.golden().cases}
    query, document = cases["query short"], cases["document long"]
    assert (query.role, document.role) == ("query", "document")
    assert query.attention_mask == (*[1] * 10, *[0] * 10)
    assert document.attention_mask == (1,) * 40, "cut where documents are"
    stored = json.loads((colbert.path / "postprocess.json").read_text())["cases"][0]["encodings"]
    assert stored[0]["attention_mask"] == list(query.attention_mask)
    assert stored[1]["skipped"], "a document's punctuation"
    assert "attention_mask" not in stored[1]


class Zeroing:
    """A file that answers 0 where ``attention_mask`` is, which no other row would show."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.runtime, self.lengths, self.batched = "spoilt", session.lengths, session.batched

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        mask = feed["attention_mask"][..., None]
        return {name: value * mask for name, value in self._session.run(feed).items()}

    def layers(self, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return []


def test_a_file_that_spoils_rows_that_are_filled_up_is_caught(colbert: Bundle) -> None:
    artifact, reference = colbert.artifacts[0], golden.read(colbert)
    session = next(iter(table.sessions(artifact.path, artifact.format)))
    assert prove(session, reference, artifact.tolerance).checks["expanded"].runs > 0
    found = prove(Zeroing(session), reference, artifact.tolerance)
    assert found.failure is not None
    assert found.failure.startswith("query ")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (partial(pooled, query_expansion=MASKED), "does not fill queries up"),
        (
            partial(own, skip={"keep_only_token_ids": [7]}),
            "keep_only_token_ids of .* leaves all other",
        ),
        (partial(own, query_expansion={"strategy": "most", "length": 3}), "strategy"),
        (partial(own, query_expansion=MASKED, query_length=8), "query_length .* is 8"),
        (lambda f: edit(f / CONFIG, similarity_fn_name="meanmaxsim"), "gives the sum"),
    ],
)
def test_what_a_bundle_cannot_do_is_refused_when_planned(
    spoil: Callable[[Path], None], message: str, saved: Path, tmp_path: Path
) -> None:
    folder = made(saved, tmp_path, spoil)
    with pytest.raises(EdgekitError, match=message):
        plan_of(folder, out=tmp_path / "out")


def test_rows_are_not_longer_than_the_bundle_takes(saved: Path, tmp_path: Path) -> None:
    folder = made(saved, tmp_path, partial(own, query_expansion=MASKED))
    with pytest.raises(PlanError, match="use --max-length 12 or more"):
        plan_of(folder, out=tmp_path / "out", max_length=8)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"token": "no such token"}, "no such token, which the tokenizer does not have"),
        ({"side": "left"}, "pads on the left"),
    ],
)
def test_what_the_tokenizer_cannot_do_is_refused(
    stored: dict[str, str], message: str, saved: Path, tmp_path: Path
) -> None:
    side = stored.get("side", "right")
    token = {"token": stored["token"]} if "token" in stored else {}
    folder = made(saved, tmp_path, partial(own, query_expansion={**MASKED, **token}))
    edit(folder / "tokenizer_config.json", padding_side=side)
    plan = plan_of(folder, out=tmp_path / "out")
    with pytest.raises(EdgekitError, match=message):
        text_roles(plan, checkpoint.load_tokenizer(plan.source))
