"""The user's own texts, one a line of a file: how long they are, and what a suite makes of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from edgekit.benchmarks.measurement import Texts
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Bundle
from edgekit.contents import TOKENIZER
from edgekit.errors import BundleError, PlanError
from edgekit.runtime.feeding import fit

_CHUNK = 1000  # texts tokenized at once


def with_texts(suite: Suite, found: Sequence[tuple[str, Bundle]], path: Path) -> Suite:
    """Replaces a suite's lengths by those that an app would choose for the user's own texts.

    Args:
        suite: the suite.
        found: its models' names and bundles. The first one tokenizes, and gives the buckets.
        path: a UTF-8 file with one text a line. Longer texts are cut, as the app would do it.

    Raises:
        PlanError: the file cannot be read or has no text.
        BundleError: the first bundle has no tokenizer.
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
        bundle: its tokenizer counts.
        path: a UTF-8 file with one text a line.

    Raises:
        PlanError: the file cannot be read or has no text.
        BundleError: the bundle has no tokenizer.
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
    """The tokens of each line that is not blank, special ones included, nothing cut.

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
