"""Small real checkpoints, and one real bundle that many tests open."""

from __future__ import annotations

import gc
import json
import os
import shutil
import string
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import bay as bay_of_phones
import pytest
import torch
from bay import Bay
from msgspec.structs import asdict
from phones import LIBRARIES, Phone
from shared import Shared, convert
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    PreTrainedModel,
)

from edgekit.benchmarks.devices.arm64.parts import SETUP as ARM64
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST, entry
from edgekit.toolchains import debian
from edgekit.toolchains.setup import SetupError, command

pytest_plugins = ("web_pages",)  # fixtures of what several files of tests open in a browser

# Two tests side by side on all cores wait for each other's threads: that took half of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of processes that tests start
torch.set_num_threads(1)

SIZES = {"vocab_size": 300, "max_position_embeddings": 64}
BERT = BertConfig(
    **SIZES,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    initializer_range=0.2,  # large enough that attention, and so the mask, matters
)
LABELS = ("bad", "good", 'so "so" / 好')
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
DISTILBERT = DistilBertConfig(
    **SIZES, dim=32, n_layers=2, n_heads=4, hidden_dim=64, initializer_range=0.2
)


# What is imported stays: to search it for garbage again and again took a tenth of the time.
gc.freeze()
gc.set_threshold(100_000)

ON_DEVICES = {"emulator", "open_bay", "browser", "phone", "brief", "apk"}  # fixtures


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs on a device, in a browser or as an app is slow: ``make test`` leaves it out.

    Files with tests of the large bundle come last: one process makes it while others do the rest.
    """
    tests = [item for item in items if isinstance(item, pytest.Function)]
    for item in tests:
        if ON_DEVICES.intersection(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    late = {item.path for item in tests if "bundle" in item.fixturenames}
    items.sort(key=lambda item: item.path in late)


def write_vocabulary(path: Path) -> Path:
    """A WordPiece vocabulary of characters: every ASCII text has ids of its own."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = [c for c in string.printable if not c.isspace() and not c.isupper()]
    words = special + characters + [f"##{c}" for c in characters] + ["the", "##ing", "é", "好"]
    words += [f"[unused{index}]" for index in range(SIZES["vocab_size"] - len(words))]
    path.write_text("\n".join(words) + "\n", encoding="utf-8")
    return path


def save_checkpoint(model: PreTrainedModel, folder: Path) -> Path:
    """As ``save_pretrained`` leaves it after fine-tuning."""
    folder.mkdir()
    model.save_pretrained(folder)
    vocabulary = write_vocabulary(folder / "vocab.txt")
    BertTokenizerFast(vocab=str(vocabulary), model_max_length=64).save_pretrained(folder)
    return folder


def _labelled(names: tuple[str, ...]) -> BertConfig:
    return BertConfig.from_dict({**BERT.to_dict(), "id2label": dict(enumerate(names))})


MODELS: dict[str, Callable[[], PreTrainedModel]] = {
    "question-answering": lambda: DistilBertForQuestionAnswering(DISTILBERT),
    "text-classification": lambda: BertForSequenceClassification(_labelled(LABELS)),
    "token-classification": lambda: BertForTokenClassification(_labelled(TAGS)),
    "fill-mask": lambda: BertForMaskedLM(BERT),
    "sentence-similarity": lambda: BertModel(BERT),
    "feature-extraction": lambda: BertModel(BERT),
}


def save_seeded(make: Callable[[], PreTrainedModel], folder: Path) -> Path:
    """A checkpoint whose random weights are the same each time."""
    torch.manual_seed(0)
    return save_checkpoint(make().eval(), folder)


def save_sparse(folder: Path, strategy: str = "max", activation: str = "relu") -> Path:
    """A SPLADE model with random weights, as sentence-transformers saves it."""
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    torch.manual_seed(3)
    with tempfile.TemporaryDirectory() as place:
        base = save_checkpoint(BertForMaskedLM(BERT).eval(), Path(place) / "base")
        encoder = Transformer(str(base), transformer_task="fill-mask")
        modules = [encoder, SpladePooling(strategy, activation)]
        SparseEncoder(modules=modules, device="cpu").save(str(folder))
    return folder


def save_late(folder: Path) -> Path:
    """A ColBERT model with random weights, a prompt for each role, masks behind queries, and
    documents without punctuation.
    """
    from sentence_transformers import MultiVectorEncoder

    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as place:
        base = save_checkpoint(BertModel(BERT).eval(), Path(place) / "base")
        prompts = {"query": "ask: ", "document": "told: "}
        model = MultiVectorEncoder(str(base), device="cpu", prompts=prompts)
        model[0].document_length = 40
        model[0].query_expansion = {"strategy": "fixed", "length": 20}
        model[2].skiplist_words = list(string.punctuation)
        model.save(str(folder))
    return folder


CHECKPOINTS: dict[str, Callable[[Path], object]] = {  # one of each task
    **{task: partial(save_seeded, make) for task, make in MODELS.items()},
    "sparse-embedding": save_sparse,
    "late-interaction": save_late,
}


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Shared:
    """What is made once for all tests, in all processes."""
    return Shared(pytestconfig.cache.mkdir("edgekit"))


@pytest.fixture(scope="session")
def classifier(shared: Shared) -> Path:
    """A fine-tuned-looking BERT with three labels, one of them with odd characters."""
    return shared.made("classifier", partial(save_seeded, MODELS["text-classification"]))


@pytest.fixture(scope="session")
def reader(shared: Shared) -> Path:
    """A DistilBERT for question answering: two outputs, no token types."""
    return shared.made("reader", partial(save_seeded, MODELS["question-answering"]))


@pytest.fixture(scope="session")
def bare_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but a config.json."""
    folder = tmp_path_factory.mktemp("checkpoints") / "bare"
    folder.mkdir()
    config = {**DISTILBERT.to_dict(), "architectures": ["DistilBertForQuestionAnswering"]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="session")
def converted(shared: Shared) -> Callable[..., Bundle]:
    """``converted(name, checkpoint, **options)``: what ``edgekit.convert`` makes, made once."""

    def made(name: str, checkpoint: Path, **options: Any) -> Bundle:
        make = partial(convert, checkpoint, **options)
        return Bundle.open(shared.made(f"{name}.edgekit", make))

    return made


@pytest.fixture(scope="session")
def bundle(classifier: Path, shared: Shared) -> Bundle:
    """The classifier in every format and recipe, with two buckets."""
    make = partial(convert, classifier, buckets=(16, 64))
    return Bundle.open(shared.made("classifier.edgekit", make))


@pytest.fixture(scope="session")
def brief(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same with three golden texts, which take a while on a device, and a hostile name."""
    folder = tmp_path_factory.mktemp("brief") / "brief 'one' $(exit).edgekit"
    shutil.copytree(bundle.path, folder)
    golden = folder / bundle.manifest.golden.file
    rows = json.loads(golden.read_text())
    golden.write_text(json.dumps({**rows, "cases": rows["cases"][5:8]}))
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["golden"].update(asdict(entry(folder, golden)))
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return Bundle.open(folder)


@pytest.fixture(scope="session")
def small(shared: Shared) -> Callable[[str], Bundle]:
    """A small bundle of any task, as ONNX in full precision, of which one takes int64."""

    @cache
    def made(task: str) -> Bundle:
        checkpoint = shared.made(task, CHECKPOINTS[task])
        make = partial(
            convert,
            checkpoint,
            task=task,
            to=("onnx",),
            recipe=("fp32",),
            buckets=(64,),
            int64_inputs=task == "sparse-embedding",
        )
        return Bundle.open(shared.made(f"small-{task}.edgekit", make))

    return made


@pytest.fixture(scope="session", params=LIBRARIES, ids=lambda row: row.name)
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    """Each phone library, as a program on this machine; without its toolchain a reason to skip."""
    try:
        started = Phone(request.param)
    except SetupError as error:
        pytest.skip(str(error))
    with started:
        yield started


@pytest.fixture(scope="session")
def emulator() -> Path:
    """The real emulator of arm64; it takes some minutes where it is not set up yet."""
    try:
        return ARM64.make(print)
    except SetupError as error:
        if "cannot fetch" not in str(error):
            raise
        pytest.skip(f"no emulated phone without network, apt and pip: {error}")


@pytest.fixture(scope="session")
def open_bay(
    emulator: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Bay]]:
    """Emulated phones, by which adb sees them; without what emulates them, a reason to skip."""
    bay_of_phones.needed_proot()
    folder = tmp_path_factory.mktemp("debian") / "busybox"
    try:
        debian.unpack(("busybox-static",), "arm64", folder, command)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no shell for emulated phones without network and apt: {error}")
    with bay_of_phones.opened(
        emulator, folder / "bin" / "busybox", tmp_path_factory.mktemp
    ) as found:
        yield found


@pytest.fixture(scope="session")
def bay(open_bay: Callable[[str], Bay]) -> Bay:
    return open_bay("adbutils")
