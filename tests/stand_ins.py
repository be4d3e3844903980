"""Small things in the place of what pages name: models, bundles and data, each made once."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import pyarrow
import torch
from conftest import BERT, LABELS, save_checkpoint
from pyarrow import parquet
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from shared import Shared, convert
from test_check_real import dev_set
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    PreTrainedModel,
)

from edgekit.bundle import Bundle

LENGTH = 128  # what pages measure
TEXTS = [f"the thing {number} is {number * 7 % 13}" for number in range(40)]
PAIRS = "sentence1\tsentence2\tscore\n" + "".join(
    f"{text}\t{TEXTS[-place]}\t{place % 10 / 10}\n" for place, text in enumerate(TEXTS)
)
_WRITTEN = ("-o", "--out", "--init", "--junit", "--markdown")  # before what a command makes


def _config(layers: int) -> BertConfig:
    labels = dict(enumerate(LABELS))
    changed = {
        "max_position_embeddings": LENGTH,
        "num_hidden_layers": layers,
        "id2label": labels,
    }
    return BertConfig.from_dict({**BERT.to_dict(), **changed})


def _save(make: Callable[[BertConfig], PreTrainedModel], layers: int, folder: Path) -> None:
    torch.manual_seed(5)
    save_checkpoint(make(_config(layers)).eval(), folder, LENGTH)


def _save_sentence(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        _save(BertModel, 2, base := Path(place) / "base")
        modules = [Transformer(str(base)), Pooling(BERT.hidden_size)]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder))


@dataclass(frozen=True)
class StandIns:
    """Puts what commands read into the folder in which they are run."""

    shared: Shared
    folder: Path

    def bring(self, words: Sequence[str]) -> None:
        """What a command names stands where it looks for it; what is there already stays."""
        for before, word in pairwise(words):
            name = word.removeprefix("config:")
            what = next((made for it, made in NAMED.items() if re.fullmatch(it, name)), None)
            place = self.folder / name
            if what is None or before in _WRITTEN or place.exists():
                continue
            objective = words[words.index("--objective") + 1] if "--objective" in words else ""
            made = self.made(what.format(objective=objective))
            place.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if made.is_dir() else shutil.copy)(made, place)

    def made(self, what: str) -> Path:
        """One of the things, which nobody may change."""
        if what.endswith((".onnx", ".json")):
            folder, _, file = what.partition("/")
            return self.made(folder) / file
        return self.shared.made(f"stand-in-{what}", partial(MAKERS[what], self))


def _bundle(checkpoint: str, **options: object) -> Callable[[StandIns, Path], object]:
    def make(all_: StandIns, path: Path) -> None:
        convert(all_.made(checkpoint), path, buckets=(32, 64, LENGTH), **options)

    return make


MAKERS: Mapping[str, Callable[[StandIns, Path], object]] = {
    "classifier": lambda _, path: _save(BertForSequenceClassification, 2, path),
    "sentence": lambda _, path: _save_sentence(path),
    "teacher-task": lambda _, path: _save(BertForSequenceClassification, 6, path),
    "teacher-embedding": lambda _, path: _save(BertModel, 6, path),
    "teacher-mlm": lambda _, path: _save(BertForMaskedLM, 6, path),
    "classifier.edgekit": _bundle("classifier", recipe=("int8",), embed_tokenizer=True),
    "sentence.edgekit": _bundle("sentence", to=("onnx", "tflite"), recipe=("int8",)),
    "labelled.tsv": lambda all_, path: path.write_text(
        dev_set(Bundle.open(all_.made("classifier.edgekit")))
    ),
    "pairs.tsv": lambda _, path: path.write_text(PAIRS),
    "texts.txt": lambda _, path: path.write_text("\n".join(TEXTS)),
    "corpus.parquet": lambda _, path: parquet.write_table(pyarrow.table({"text": TEXTS}), path),
}
NAMED: Mapping[str, str] = {  # on pages
    r"(all-MiniLM-L6-v2|minilm)\.edgekit": "sentence.edgekit",
    r"[\w-]+\.edgekit": "classifier.edgekit",
    r"all-MiniLM-L6-v2": "sentence",
    r"path/to/checkpoint|org/model|\./my-model|minilm-sst2": "classifier",
    r"path/to/config\.json": "classifier/config.json",
    r"model-int8\.onnx": "classifier.edgekit/model-int8.onnx",
    r"TEACHER|bert-base-uncased": "teacher-{objective}",
    r"pairs\.tsv": "pairs.tsv",
    r"(dev|train)\.tsv": "labelled.tsv",
    r"texts\.txt": "texts.txt",
    r"corpus\.parquet": "corpus.parquet",
}
