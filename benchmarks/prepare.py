"""The bundles of a suite: opened, or converted once into the results' folder."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from edgekit.benchmarks import foreign
from edgekit.benchmarks.measurement import Texts
from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST, TOKENIZER
from edgekit.conversion import pipeline, plan
from edgekit.conversion.request import ConversionRequest
from edgekit.errors import BundleError, ConversionError, PlanError
from edgekit.files import output_folder, write_text
from edgekit.runtime.feeding import fit

Say = Callable[[str], None]
_CHUNK = 1000  # texts tokenized at once


def bundles(suite: Suite, out: Path, say: Say) -> list[tuple[str, Bundle]]:
    """Opens the bundles of a suite's models, each file checked against its manifest.

    A model that is no bundle yet is converted into the folder of results, once.

    Args:
        suite: The suite.
        out: The folder of results.
        say: Is told what is converted.

    Returns:
        Each model's name and bundle. Two models of one name are called by their folders.

    Raises:
        EdgekitError: A bundle is damaged or named twice, or a model cannot be converted.
    """
    found = [(model.name, _bundle(model, suite, out, say)) for model in suite.models]
    names = Counter(name or bundle.name for name, bundle in found)
    named = [
        (name or (bundle.name if names[bundle.name] == 1 else bundle.path.stem), bundle)
        for name, bundle in found
    ]
    twice = [name for name, count in Counter(name for name, _ in named).items() if count > 1]
    if twice:
        raise PlanError(f"two models are called {twice[0]}: give each a name of its own in a suite")
    if len({bundle.id for _, bundle in named}) < len(named):
        raise PlanError("the same bundle is named twice: name each one once")
    return named


def _bundle(model: Model, suite: Suite, out: Path, say: Say) -> Bundle:
    if model.bundle is not None and model.like is not None:
        return foreign.opened(model.bundle, Bundle.open(model.like))
    if model.bundle is not None:
        return Bundle.open(model.bundle)
    name = model.name or Path(str(model.convert["model"])).name
    folder = out / "bundles" / f"{name}.edgekit"
    if not (folder / MANIFEST).exists():
        _convert(model, suite, folder, say)
    return Bundle.open(folder)


def _convert(model: Model, suite: Suite, folder: Path, say: Say) -> None:
    options: dict[str, Any] = {"recipe": suite.recipes, **model.convert}
    options.setdefault("buckets", sorted(suite.lengths))
    options.setdefault("max_length", max(suite.lengths))
    config = folder.with_suffix("") / "config.json"
    with output_folder(folder.parent):
        try:
            if model.config is not None:
                write_text(config, json.dumps(dict(model.config)))
                options["model"] = f"config:{config}"
            planned = plan.make(ConversionRequest(**{**options, "out": folder}))
            say(f"convert {folder.stem}: {', '.join(row.file for row in planned.artifacts)}")
            pipeline.convert(planned, jobs=2)
        except ConversionError as error:
            if not folder.exists():
                raise
            say(f"    {error}")
        finally:
            if not folder.exists():
                shutil.rmtree(config.parent, ignore_errors=True)


def with_texts(suite: Suite, found: Sequence[tuple[str, Bundle]], path: Path) -> Suite:
    """Replaces a suite's lengths by those that an app would choose for the user's own texts.

    Args:
        suite: The suite.
        found: Its models' names and bundles. The first one tokenizes, and gives the buckets.
        path: A UTF-8 file with one text a line. Longer texts are cut, as the app would do it.

    Raises:
        PlanError: The file cannot be read or has no text.
        BundleError: The first bundle has no tokenizer.
    """
    bundle = found[0][1]
    most, buckets = bundle.manifest.max_length, bundle.manifest.buckets
    counts = token_counts(bundle, path)
    used = Counter(fit(min(count, most), buckets) for count in counts)
    texts = Texts(
        file=path.name,
        count=len(counts),
        lengths={bucket: used[bucket] for bucket in sorted(used)},
        max_length=most,
        cut=sum(count > most for count in counts),
        tokenizer=found[0][0],
    )
    return replace(suite, lengths=tuple(sorted({*used, most})), texts=texts)


def token_counts(bundle: Bundle, path: Path) -> list[int]:
    """How many tokens each text of a file is, special ones included, nothing cut.

    Args:
        bundle: Its tokenizer counts.
        path: A UTF-8 file with one text a line.

    Raises:
        PlanError: The file cannot be read or has no text.
        BundleError: The bundle has no tokenizer.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            counts = list(_counted(bundle, file))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is in another encoding"
        raise PlanError(f"{path} cannot be read as UTF-8 text, one text a line: {why}") from error
    if not counts:
        raise PlanError(f"{path} has no text: give one text a line")
    return counts


def _counted(bundle: Bundle, lines: Iterable[str]) -> Iterator[int]:
    """How many tokens each line that has any text is, special ones included.

    Lines are read some at a time, since the file may be larger than the memory.
    """
    from tokenizers import Tokenizer

    path = bundle.path / TOKENIZER / "tokenizer.json"
    if not path.is_file():
        raise BundleError(f"{bundle.path} has no tokenizer to count tokens with")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = (line.strip() for line in lines if line.strip())
    while chunk := list(islice(texts, _CHUNK)):
        yield from (len(encoding.ids) for encoding in tokenizer.encode_batch_fast(chunk))
