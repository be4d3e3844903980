"""DistilBERT's paper with what two cores can do: ``python -m ... distilbert DATA -o FOLDER``.

Fine-tunes a teacher, distils it in the paper's three ways, converts what came out, and measures it
against its teachers. Each is a command of its own, whose result is taken over if it is there.
docs/distilbert.md has what it gave. DATA is a folder with ``sst2/train.tsv`` and ``sst2/dev.tsv``
(lines of ``sentence<TAB>label``) and ``stsb/pairs.tsv`` (columns score, sentence1, sentence2).
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import islice
from pathlib import Path

import click

from edgekit.model import finding, source

_NEEDED = ("sst2/train.tsv", "sst2/dev.tsv", "stsb/pairs.tsv")
_SENTENCE = re.compile(r"[A-Z][^.!?<>|`=]{30,240}[.!?]")  # of prose, and not of code or tables
_WORD = re.compile("[a-z]{2,}")
_DETERMINERS = ("a", "the", "two", "some", "his", "many")
_VERBS = ("is", "is", "is", "is", "was")
_PREPOSITIONS = ("in", "on", "with", "at", "to", "from", "of", "for")
_HEADLESS = "minilm-mlm"  # MiniLM under a masked-language head that knows nothing yet
_LETTERS = 0.9  # of a sentence's characters, spaces included, at least
_CLAUSES = 10_000  # made up of the vocabulary's words
_MASKED = 200  # sentences that the masked-language models are judged on


@dataclass(frozen=True)
class Command:
    """One command of the study.

    Attributes:
        result: the file or folder that is there when it has been done.
        module: of edgekit, that is run.
        arguments: of its command line.
    """

    result: str
    module: str
    arguments: tuple[str, ...]


def commands(data: Path) -> Iterator[Command]:
    """All commands in their order, with paths below the folder of results."""
    train, dev, pairs = (str(data / name) for name in _NEEDED)
    own = "edgekit.benchmarks.studies.finetune"
    yield Command("sst2-teacher", own, (train, "--epochs", "1"))
    yield _distil("sst2-student", "sst2-teacher", 3, "task", "--data", train, "--eval", dev,
                  "--epochs", "1", "--cache-teacher", "--controls")  # fmt: skip
    yield _distil("stsb-student", source.DEMO, 3, "embedding", "--texts", "texts.txt", "--texts",
                  "clauses.txt", "--eval", pairs, "--epochs", "1", "--cache-teacher",
                  "--max-length", "48")  # fmt: skip
    mlm = ("--texts", "texts.txt", "--eval", "masked.txt", "--max-length", "48", "--limit", "1250",
           "--lr", "3e-4", "--epochs", "2")  # fmt: skip
    yield _distil("bert", _HEADLESS, 6, "mlm", *mlm, "--weights", "kl=0,cos=0")
    # With the teacher's own seed the student would see the very masks that the teacher learnt by
    # heart, the earliest best: its loss would seem to rise.
    yield _distil("distilbert", "bert", 3, "mlm", *mlm, "--student", "distilbert", "--controls",
                  "--seed", "1")  # fmt: skip
    for name in ("sst2-teacher", "sst2-student", "stsb-student"):
        yield Command(f"{name}.edgekit", "edgekit", ("convert", name, "--to", "onnx"))
    yield Command("minilm.edgekit", "edgekit", ("convert", source.DEMO, "--to", "onnx"))
    sst2 = ("sst2-teacher.edgekit", "sst2-student.edgekit")
    stsb = ("minilm.edgekit", "stsb-student.edgekit")
    yield Command("sst2.eval", "edgekit", ("eval", *sst2, "--data", dev, "--shown", "0"))
    yield Command("stsb.eval", "edgekit", ("eval", *stsb, "--data", pairs, "--shown", "0"))
    yield Command("sst2.bench", "edgekit", ("bench", sst2[1], "--against", sst2[0], "--lengths",
                                         "32,128", "--seconds", "3"))  # fmt: skip


def _distil(result: str, teacher: str, layers: int, objective: str, *more: str) -> Command:
    asked = ("--layers", str(layers), "--objective", objective, "--resume", *more)
    return Command(result, "edgekit", ("distill", teacher, *asked))


def sentences() -> Iterator[str]:
    """English that every installation has: descriptions of packages, and Python's own reference."""
    from pydoc_data.topics import topics

    known = {each.metadata["Name"].lower(): each for each in metadata.distributions()}
    described = (str(known[name].metadata.json.get("description", "")) for name in sorted(known))
    found: set[str] = set()
    for text in (*described, *topics.values()):
        for sentence in _SENTENCE.findall(" ".join(text.split())):
            plain = sum(each.isalpha() or each == " " for each in sentence) / len(sentence)
            if plain >= _LETTERS and sentence not in found:
                found.add(sentence)
                yield sentence


def clauses(words: Sequence[str]) -> Iterator[str]:
    """Made-up English without end, like "the ship is testing two kind choirs with some paper."

    A teacher gives a vector for any text, and these use all of its words, where the sentences of
    one trade use the same few. What is said makes no sense, and need not.

    Args:
        words: of the vocabulary, the most frequent first: half of the draws favour those.
    """
    rng = random.Random(source.SEED)
    doing = [word for word in words if word.endswith("ing")]

    def word() -> str:
        frequent = rng.random() < 0.5
        return words[int(len(words) ** rng.random()) - 1] if frequent else rng.choice(words)

    def thing() -> str:
        kind = f"{word()} " if rng.random() < 0.3 else ""
        return f"{rng.choice(_DETERMINERS)} {kind}{word()}"

    while True:
        said = f"{thing()} {rng.choice(_VERBS)} {rng.choice(doing)}"
        if rng.random() < 0.8:
            said += f" {thing()}"
        if rng.random() < 0.5:
            said += f" {rng.choice(_PREPOSITIONS)} {thing()}"
        yield f"{said}."


def prepare(data: Path, out: Path) -> None:
    """Writes the texts without labels, and MiniLM as a masked-language model."""
    train, dev = (_texts(data / name) for name in _NEEDED[:2])
    demo = finding.find(source.DEMO).folder
    _save_headless(demo, out / _HEADLESS)
    made = islice(clauses(_words(demo / "tokenizer.json")), _CLAUSES)
    for name, texts in {
        "texts.txt": [*train, *sentences()],
        "clauses.txt": made,
        "masked.txt": dev[:_MASKED],
    }.items():
        (out / name).write_text("\n".join(texts) + "\n", "utf-8")


def _save_headless(demo: Path, folder: Path) -> None:
    """MiniLM's layers under a head whose transform is random; its words are the embeddings."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    torch.manual_seed(source.SEED)
    AutoModelForMaskedLM.from_pretrained(demo).save_pretrained(folder)
    AutoTokenizer.from_pretrained(demo).save_pretrained(folder)


def _words(tokenizer: Path) -> list[str]:
    """The whole words of a WordPiece vocabulary in its order, which is that of their frequency."""
    known: dict[str, int] = json.loads(tokenizer.read_text("utf-8"))["model"]["vocab"]
    return [each for each in sorted(known, key=known.__getitem__) if _WORD.fullmatch(each)]


def _texts(path: Path) -> list[str]:
    lines = path.read_text("utf-8").split("\n")
    return [line.rpartition("\t")[0] for line in lines if line]


def run(command: Command, out: Path) -> float:
    """Runs a command in ``out``, and returns its seconds."""
    words = ("-m", command.module, *command.arguments, "-o", command.result)
    click.echo(f"\n$ {' '.join(words)}")
    started = time.monotonic()
    done = subprocess.run((sys.executable, *words), cwd=out, check=False)
    if done.returncode:
        raise click.ClickException(f"{command.result} failed: the same command goes on from there")
    return time.monotonic() - started


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), default="distilbert.study")
def main(data: Path, out: Path) -> None:
    """Distils MiniLM and what is made of it on DATA, and measures the students."""
    missing = [name for name in _NEEDED if not (data / name).is_file()]
    if missing:
        raise click.ClickException(f"{data / missing[0]} is missing: give a folder that has it")
    out.mkdir(parents=True, exist_ok=True)
    prepare(data.absolute(), out)
    log = out / "seconds.json"
    seconds = json.loads(log.read_text("utf-8")) if log.is_file() else {}
    for command in commands(data.absolute()):
        if not (out / command.result).exists():
            seconds[command.result] = round(run(command, out))
            log.write_text(json.dumps(seconds, indent=1) + "\n", "utf-8")
    click.echo("\n" + "\n".join(f"{value:>6} s  {name}" for name, value in seconds.items()))


if __name__ == "__main__":
    main()
