"""Fine-tunes the demo's MiniLM as a sentence classifier: minutes on two cores.

``python -m edgekit.benchmarks.studies.finetune TRAIN.tsv -o FOLDER`` reads lines of
``sentence<TAB>label``, as SST-2 has them. docs/recipes.md measures what int8 costs such a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.errors import EdgekitError, InputError
from edgekit.model import finding, source

if TYPE_CHECKING:
    import torch

Row = tuple[str, int]  # a sentence and the index of its label

EPOCHS = 1
BATCH = 32
LEARNING_RATE = 1e-4
WARM_UP = 0.1  # of all steps
MAX_TOKENS = 64
_TOLD = 20  # steps between words about the loss
_SORTED = 20  # batches that are sorted by length together, so that little is padding


def read(path: Path) -> list[Row]:
    """Sentences with the indices of their labels, which are 0, 1, ...

    Raises:
        InputError: a line is not ``sentence<TAB>label``.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        text, tab, label = line.rpartition("\t")
        if line and (not tab or not label.isdecimal()):
            raise InputError(f"{path}, line {number} is not sentence<TAB>label, like fine<TAB>1")
        if line:
            rows.append((text, int(label)))
    return rows


def train(rows: Sequence[Row], names: Sequence[str], out: Path, epochs: int = EPOCHS) -> None:
    """Fine-tunes the demo's model and saves the checkpoint with its tokenizer.

    The seed is fixed: the same rows always give nearly the same checkpoint.

    Args:
        rows: sentences with the index of their label.
        names: the labels' names, by index.
        out: the checkpoint's folder.
        epochs: how often all rows are seen.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(source.SEED)
    folder = finding.find(source.DEMO).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(names), id2label=dict(enumerate(names))
    )
    model.base_model.embeddings.requires_grad_(False)  # half of all values, and they hardly move
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    schedule = _schedule(optimizer, epochs * -(-len(rows) // BATCH))
    model.train()
    for epoch in range(epochs):
        losses = []
        for batch in _batches(rows, torch.Generator().manual_seed(epoch)):
            texts, labels = zip(*batch, strict=True)
            encoded = tokenizer(
                list(texts), padding=True, truncation=True, max_length=MAX_TOKENS,
                return_tensors="pt",
            )  # fmt: skip
            loss = model(**encoded, labels=torch.tensor(labels)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            if len(losses) % _TOLD == 0:
                mean = sum(losses[-_TOLD:]) / _TOLD
                click.echo(
                    f"epoch {epoch + 1} of {epochs}, step {len(losses)}: mean loss {mean:.4f}"
                )
    model.eval().save_pretrained(out)
    tokenizer.save_pretrained(out)


def _schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """A rate that rises for the first part of all steps and falls to 0 with the last one."""
    import torch

    rise = WARM_UP * steps
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, (steps - step) / (steps - rise))
    )


def _batches(rows: Sequence[Row], generator: torch.Generator) -> Iterator[list[Row]]:
    """The rows in batches of texts of like length, in a random order."""
    import torch

    order = torch.randperm(len(rows), generator=generator).tolist()
    batches = []
    for first in range(0, len(order), BATCH * _SORTED):
        some = sorted(order[first : first + BATCH * _SORTED], key=lambda index: len(rows[index][0]))
        batches += [some[start : start + BATCH] for start in range(0, len(some), BATCH)]
    for place in torch.randperm(len(batches), generator=generator).tolist():
        yield [rows[index] for index in batches[place]]


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--labels", default="negative,positive", show_default=True, help="Names of 0, 1, ...")
@click.option("--epochs", type=click.IntRange(1), default=EPOCHS, show_default=True)
def main(data: Path, out: Path, labels: str, epochs: int) -> None:
    """Fine-tunes all-MiniLM-L6-v2 on DATA, lines of sentence<TAB>label."""
    try:
        rows, names = read(data), labels.split(",")
        if max(label for _, label in rows) >= len(names):
            raise InputError(f"{data} has more labels than --labels names")
        train(rows, names, out, epochs)
    except EdgekitError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
