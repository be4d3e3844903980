"""ColBERT checkpoints in each form that they are saved in: by its own library, PyLate and Stanford.

Each form is a function that changes a folder which sentence-transformers has saved.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from conftest import BERT, save_checkpoint, write_vocabulary
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import BertModel, BertTokenizerFast

MASKED = {"strategy": "fixed", "length": 12, "attend": False}
CONFIG, ENCODER = "config_sentence_transformers.json", "sentence_bert_config.json"


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def own(folder: Path, *, skip: dict[str, object] | None = None, **settings: object) -> None:
    """The settings of the library's own form."""
    edit(folder / ENCODER, **settings)
    edit(folder / "2_MultiVectorMask" / "config.json", **(skip or {}))


def pylate(folder: Path, *, model_type: str | None = "ColBERT", **settings: object) -> None:
    """As PyLate saves it: two modules, and all else in one file."""
    rows = json.loads((folder / "modules.json").read_text())[:2]
    rows[1]["type"] = "pylate.models.Dense.Dense"
    (folder / "modules.json").write_text(json.dumps(rows))
    dense = json.loads((folder / "1_Dense" / "config.json").read_text())
    named = {key: value for key, value in dense.items() if not key.startswith("module_")}
    (folder / "1_Dense" / "config.json").write_text(json.dumps(named))
    stored = {"prompts": {}, "similarity_fn_name": "MaxSim", **settings}
    if model_type is not None:
        stored["model_type"] = model_type
    (folder / CONFIG).write_text(json.dumps(stored))


def stanford(folder: Path, **metadata: object) -> None:
    """As ColBERT's own code saves it: the projection lies among the encoder's weights."""
    weights = load_file(folder / "model.safetensors")
    linear = load_file(folder / "1_Dense" / "model.safetensors")["linear.weight"]
    weights = {f"bert.{name}": value for name, value in weights.items()}
    save_file({**weights, "linear.weight": linear}, folder / "model.safetensors", {"format": "pt"})
    edit(folder / "config.json", architectures=["HF_ColBERT"])
    for path in (*folder.glob("*_*"), folder / "modules.json"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    write_tokenizer(folder)
    (folder / "artifact.metadata").write_text(json.dumps(metadata))


def write_tokenizer(folder: Path) -> None:
    """The files whose names the loop above takes for modules'."""
    vocabulary = write_vocabulary(folder / "vocab.txt")
    BertTokenizerFast(vocab=str(vocabulary), model_max_length=64).save_pretrained(folder)


FORMS: dict[str, Callable[[Path], None]] = {
    "masks": partial(own, query_expansion=MASKED),
    "masks that are attended to": partial(own, query_expansion={**MASKED, "attend": True}),
    "long queries stay": partial(
        own, query_expansion={**MASKED, "strategy": "min", "token": "[SEP]"}, query_length=20
    ),
    "lengths": partial(own, query_length=9, document_length=30),
    "skipped words": partial(own, skip={"skiplist_words": [",", ".", "(", "none such"]}),
    "skipped in queries": partial(
        own, skip={"skiplist_words": [","], "skiplist_tasks": ["query"]}, query_expansion=MASKED
    ),
    "PyLate": partial(
        pylate,
        query_prefix="[unused0]",
        document_prefix="[unused1]",
        query_length=16,
        document_length=40,
        attend_to_expansion_tokens=False,
        skiplist_words=[".", "!"],
    ),
    "PyLate without a type": partial(
        pylate,
        model_type=None,
        query_prefix="[Q] ",
        document_prefix="[D] ",
        attend_to_expansion_tokens=True,
    ),
    "PyLate without masks": partial(pylate, do_query_expansion=False, query_length=8),
    "Stanford": partial(stanford, query_maxlen=16, doc_maxlen=30, attend_to_mask_tokens=False),
    "Stanford without punctuation": partial(stanford, mask_punctuation=False),
}


def made(saved: Path, folder: Path, form: Callable[[Path], None]) -> Path:
    shutil.copytree(saved, folder / "model")
    form(folder / "model")
    return folder / "model"


def pooled(folder: Path, **settings: object) -> None:
    """A model of sentence vectors instead."""
    shutil.rmtree(folder)
    base = save_checkpoint(BertModel(BERT).eval(), folder.parent / "plain")
    SentenceTransformer(modules=[Transformer(str(base)), Pooling(32)]).save(str(folder))
    edit(folder / ENCODER, **settings)
