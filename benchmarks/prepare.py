"""The bundles of a suite: opened, or converted once into the results' folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import MANIFEST, TOKENIZER, Bundle
from edgekit.conversion import pipeline, plan
from edgekit.errors import BundleError, PlanError, ProofError
from edgekit.runtime.feeding import fit

Say = Callable[[str], None]
_CHUNK = 1000  # texts tokenized at once


def bundles(suite: Suite, out: Path, say: Say) -> list[tuple[str, Bundle]]:
    """Each model's name and bundle, every file checked against its manifest.

    Two of one name are called by their folders.

    Raises:
        EdgekitError: a bundle is damaged or named twice, or a model cannot be converted.
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
    if len({(bundle.path / MANIFEST).read_bytes() for _, bundle in named}) < len(named):
        raise PlanError("the same bundle is named twice: name each one once")
    return named


def _bundle(model: Model, suite: Suite, out: Path, say: Say) -> Bundle:
    if model.bundle is not None:
        return Bundle.open(model.bundle)
    name = model.name or Path(str(model.convert["model"])).name
    folder = out / "bundles" / f"{name}.edgekit"
    if not (folder / MANIFEST).exists():
        _convert(model, suite, folder, say)
    return Bundle.open(folder)


def _convert(model: Model, suite: Suite, folder: Path, say: Say) -> None:
    options: dict[str, Any] = {"recipes": suite.recipes or ("fp32", "int8"), **model.convert}
    options.setdefault("buckets", sorted(suite.lengths))
    options.setdefault("max_length", max(suite.lengths))
    if model.config is not None:
        config = folder.with_suffix("") / "config.json"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps(dict(model.config)))
        options["model"] = f"config:{config}"
    planned = plan.make(**{**options, "out": folder})
    say(f"convert {folder.stem}: {', '.join(row.file for row in planned.artifacts)}")
    try:
        pipeline.convert(planned, jobs=2)
    except ProofError as error:
        if not folder.exists():
            raise
        say(f"    {error}")


def with_texts(suite: Suite, found: Sequence[tuple[str, Bundle]], path: Path) -> Suite:
    """The suite at the lengths of the user's own texts, one a line: the buckets an app would pick.

    Tokenized by the first bundle; longer texts are cut, as the app would.

    Raises:
        PlanError: the file has no text, or no bundle has a tokenizer.
    """
    bundle = found[0][1]
    most, buckets = bundle.manifest.max_length, bundle.manifest.buckets
    try:
        with path.open(encoding="utf-8-sig") as file:
            counts = list(_token_counts(bundle, file))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is in another encoding"
        raise PlanError(f"{path} cannot be read as UTF-8 text, one text a line: {why}") from error
    if not counts:
        raise PlanError(f"{path} has no text: give one text a line")
    used = Counter(fit(min(count, most), buckets) for count in counts)
    texts = {
        "file": path.name,
        "count": len(counts),
        "lengths": {str(bucket): used[bucket] for bucket in sorted(used)},
        "max_length": most,
        "cut": sum(count > most for count in counts),
        "tokenizer": found[0][0],
    }
    return replace(suite, lengths=tuple(sorted({*used, most})), texts=texts)


def _token_counts(bundle: Bundle, lines: Iterable[str]) -> Iterator[int]:
    """Tokens of each line that has any text, special ones included.

    Some lines at a time: a file may be larger than the memory.
    """
    from tokenizers import Tokenizer

    path = bundle.path / TOKENIZER / "tokenizer.json"
    if not path.is_file():
        raise BundleError(f"{bundle.path} has no tokenizer to count tokens with: use --lengths")
    tokenizer: Any = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = (line.strip() for line in lines if line.strip())
    while chunk := list(islice(texts, _CHUNK)):
        yield from (len(encoding.ids) for encoding in tokenizer.encode_batch_fast(chunk))
