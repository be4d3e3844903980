"""What sentence-transformers does besides its modules: it cuts, lowercases, prompts, or scores."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from shared import convert, plan_of
from test_tokenizer import byte_level_bpe
from transformers import BertModel

from edgekit.app.opening import open_app
from edgekit.bundle import Bundle
from edgekit.errors import InputError, SourceError, UnsupportedError
from edgekit.evaluation import ways
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.model import checkpoint
from edgekit.model.finding import find
from edgekit.postprocess.vectors import Similarity, Vector
from edgekit.proof.verify import verify


def saved(folder: Path, pooled: bool = True, length: int = 9, **options: object) -> Path:
    """A tiny checkpoint; ``options`` are those of the whole model."""
    folder.parent.mkdir(exist_ok=True)
    encoder = save_checkpoint(BertModel(BERT).eval(), folder.parent / "encoder")
    module = Transformer(str(encoder), max_seq_length=length)
    modules = [module, Pooling(32)] if pooled else [module]
    SentenceTransformer(modules=modules, device="cpu", **options).save(str(folder))
    return folder


def test_texts_are_cut_where_sentence_transformers_cuts_them(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    theirs = SentenceTransformer(str(folder), device="cpu")
    assert theirs.max_seq_length == 9, "its release 6 keeps it in the tokenizer's config"
    assert plan_of(folder, out=tmp_path / "out").max_length == 9
    (folder / "sentence_roberta_config.json").write_text('{"max_seq_length": 7}')
    (folder / "sentence_bert_config.json").unlink()
    assert plan_of(folder, out=tmp_path / "out").max_length == 7


def test_texts_are_lowercased_where_sentence_transformers_does(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model")
    byte_level_bpe().save_pretrained(folder)
    (folder / "sentence_bert_config.json").write_text('{"do_lower_case": true}')
    theirs = SentenceTransformer(str(folder), device="cpu").tokenizer
    ours = checkpoint.load_tokenizer(find(str(folder)))
    for text in ("The QUICK fox", "İ ÄÖ"):
        assert (
            ours(text)["input_ids"] == theirs(text)["input_ids"] == ours(text.lower())["input_ids"]
        )


def test_a_cross_encoder_is_a_classifier(classifier: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    CrossEncoder(str(classifier), device="cpu").save_pretrained(str(folder))
    assert json.loads((folder / "modules.json").read_text())[0]["type"].endswith("Transformer")
    assert plan_of(folder, out=tmp_path / "out").task.name == "text-classification"
    texts = [("a fox", "the dog")]
    softmax = CrossEncoder(str(classifier), device="cpu", activation_fn=torch.nn.Softmax(dim=-1))
    softmax.save_pretrained(str(folder))
    task = plan_of(folder, out=tmp_path / "out").task
    assert task.problem_type == "single_label_classification"
    scores = softmax.predict(texts, convert_to_tensor=True)
    plain = CrossEncoder(str(classifier), device="cpu").predict(texts, convert_to_tensor=True)
    torch.testing.assert_close(scores, plain.softmax(-1))


def test_modules_that_make_no_vectors_are_refused_when_planned(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", pooled=False)
    with pytest.raises(UnsupportedError, match="make no vectors"):
        plan_of(folder, task="sentence-similarity", out=tmp_path / "out")


PROMPTS = {"query": "the fox: ", "document": "and this ", "clustering": "group the "}
TEXT, OTHER = "the quick brown fox", "a fox is an animal"


def prompted(folder: Path) -> SentenceTransformer:
    """A model that puts a prompt before every text, but where a text has a role."""
    saved(folder, length=40, prompts=PROMPTS, default_prompt_name="clustering")
    return SentenceTransformer(str(folder), device="cpu")


@pytest.fixture(scope="module")
def prompting(tmp_path_factory: pytest.TempPathFactory) -> tuple[SentenceTransformer, Bundle]:
    """The library's model, and the bundle."""
    folder = tmp_path_factory.mktemp("prompts")
    theirs = prompted(folder / "model")
    return theirs, convert(folder / "model", folder / "out", to=("onnx",), recipe=("fp32",))


def test_a_default_prompt_stands_before_every_text(
    prompting: tuple[SentenceTransformer, Bundle],
) -> None:
    theirs, bundle = prompting
    assert bundle.manifest.default_prompt_name == "clustering"
    names = [case.name for case in bundle.golden().cases]
    assert {f"prompt {name}" for name in PROMPTS} <= set(names)
    assert all(row.passed for row in verify(bundle))
    with open_app(bundle, bundle.artifacts[0]) as app:
        pair = theirs.encode([TEXT, OTHER])
        found = app.answer(TEXT, OTHER)
        assert isinstance(found, Similarity)
        expected = float(theirs.similarity(pair[:1], pair[1:]))
        assert found.similarity == pytest.approx(expected, abs=1e-5)
        plain = partial(theirs.encode, prompt="")
        for name, encode in (("query", theirs.encode_query), ("none", plain)):
            app.use_prompt(name)
            vector = app.answer(TEXT)
            assert isinstance(vector, Vector)
            np.testing.assert_allclose(vector.vector, encode([TEXT])[0], atol=1e-5)
        with pytest.raises(InputError, match="from clustering, document, query, none"):
            app.use_prompt("passage")


def test_a_search_is_evaluated_with_the_prompts_of_its_roles(
    prompting: tuple[SentenceTransformer, Bundle], tmp_path: Path
) -> None:
    theirs, bundle = prompting
    data = tmp_path / "search.tsv"
    data.write_text(f"query\tdocument\n{TEXT}\t{OTHER}\n\t{TEXT}\n")
    facts = ModelFacts.of(bundle)
    kind = ways.prepare(data, facts, "retrieval", EvaluationOptions(), None).kind
    found = [kind.prompt(facts.tokenizer, index).encodings[0] for index in range(3)]
    texts = (("query", TEXT), ("document", OTHER), ("document", TEXT))
    for encoded, (role, text) in zip(found, texts, strict=True):
        ids = theirs.tokenizer(PROMPTS[role] + text)["input_ids"]
        assert list(encoded.input_ids) == ids


def test_a_name_that_is_none_of_the_prompts_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", prompts=PROMPTS)
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "default_prompt_name": "other"}))
    with pytest.raises(SourceError, match="'other', which is none of its prompts"):
        plan_of(folder, out=tmp_path / "out")


def test_a_prompt_of_a_cross_encoder_is_refused(classifier: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    prompts = {"ask": "rate this: "}
    model = CrossEncoder(str(classifier), device="cpu", prompts=prompts, default_prompt_name="ask")
    model.save_pretrained(str(folder))
    with pytest.raises(UnsupportedError, match="'rate this: ' before the first text of each pair"):
        plan_of(folder, out=tmp_path / "out")
