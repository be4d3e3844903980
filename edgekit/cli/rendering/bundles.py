"""Plans, bundles and files as tables for people or JSON for programs. Nothing is computed here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import msgspec
from rich.markup import escape

from edgekit.cli.rendering.tables import print_json
from edgekit.layout import Column, print_table, print_words
from edgekit.words import megabytes

if TYPE_CHECKING:
    from edgekit.benchmarks.devices.driver import Found
    from edgekit.bundle import Bundle
    from edgekit.conversion.plan import ExportPlan
    from edgekit.conversion.steps import Step
    from edgekit.converters.facts import FileFacts
    from edgekit.manifest.texts import TokenizerFacts
    from edgekit.proof.verify import Verified
    from edgekit.signature import TensorSpec
    from edgekit.support import Support

RANDOM = "random weights: right for size, speed and parity, meaningless for accuracy"
NO_TOKENIZER = "warning: no tokenizer: an app makes the ids itself; run and eval take texts only"
MATRIX = "worst error relative to the largest output; -: no such model; empty: not measured"


def plan(planned: ExportPlan, as_json: bool) -> None:
    """Prints a plan: what would be built and checked."""
    if as_json:
        print_json(_plan_json(planned))
        return
    click.echo(f"{planned.source.name}: {planned.task.name} -> {planned.out} (dry run)")
    if planned.source.random_weights:
        print_words(RANDOM)
    lengths = ", ".join(map(str, planned.buckets))
    click.echo(f"up to {planned.max_length} tokens; buckets {lengths}")
    if not planned.source.has_tokenizer:
        print_words(NO_TOKENIZER)
    columns = (*map(Column, ("file", "format", "recipe")), Column("estimated size", right=True))
    files = planned.artifacts
    rows = [(row.file, row.format, row.recipe, megabytes(row.size_bytes)) for row in files]
    print_table(columns, rows)
    click.echo("each file is opened in its runtime and compared with PyTorch on:")
    for check in _checks(planned):
        click.echo(f"  - {check}")


def _checks(planned: ExportPlan) -> list[str]:
    """What the proof is going to feed the files, a line each."""
    texts = (
        "real sentences in 17 languages, emoji, control characters, pairs and cuts"
        if planned.source.has_tokenizer
        else "no sentences: the source has no tokenizer"
    )
    return [
        f"lengths from 1 to {planned.max_length} tokens",
        "padding up to 90% and beyond, which must not change the answer",
        texts,
        "all [PAD] but one, repeated tokens, the vocabulary's ends",
        "batches of different lengths, where the format has batches",
    ]


def _plan_json(planned: ExportPlan) -> dict[str, object]:
    """A plan as JSON has it."""
    return {
        "name": planned.source.name,
        "task": planned.task.name,
        "random_weights": planned.source.random_weights,
        "max_length": planned.max_length,
        "notes": planned.notes,
        "buckets": planned.buckets,
        "out": str(planned.out),
        "artifacts": [asdict(row) for row in planned.artifacts],
        "checks": _checks(planned),
    }


def converted(bundle: Bundle, as_json: bool, steps: Sequence[Step]) -> None:
    """Prints a new bundle: its artifacts with sizes and proofs.

    JSON also has what took how long.
    """
    if as_json:
        print_json({**_bundle_json(bundle), "timings": [asdict(step) for step in steps]})
        return
    click.echo()
    _head(bundle)
    click.echo(f"buckets {', '.join(map(str, bundle.manifest.buckets))}; {bundle.path}/")


def inspected(bundle: Bundle, as_json: bool) -> None:
    """Prints a bundle as its manifest describes it; its hashes have been checked before."""
    if as_json:
        print_json(_bundle_json(bundle))
        return
    manifest = bundle.manifest
    _head(bundle)
    click.echo()
    _tensors(manifest.artifacts[0].inputs, manifest.artifacts[0].outputs)
    print_words(", ".join(map(str, manifest.buckets)), "buckets")
    print_words(", ".join(manifest.labels), "labels")
    print_words(_tokenizer(manifest.tokenizer), "tokenizer")
    print_words(
        f"edgekit {manifest.edgekit_version}, manifest {manifest.schema_version}", "made by"
    )
    rows = [
        (row.file, _runtimes(row.least_runtime), row.minimum_os)
        for row in (*bundle.artifacts, *bundle.text_artifacts)
    ]
    click.echo()
    print_table([Column("file"), *(Column(name, wraps=True) for name in ("needs", "system"))], rows)
    click.echo()
    print_words(
        f"All {len(list(bundle.files()))} files have the SHA-256 of the manifest, whose numbers "
        f"these are. Nothing was run: edgekit verify {shlex.quote(str(bundle.path))} does that."
    )


def _bundle_json(bundle: Bundle) -> dict[str, object]:
    return {"path": str(bundle.path), **msgspec.to_builtins(bundle.manifest)}


def _head(bundle: Bundle) -> None:
    """Prints what new and inspected bundles both begin with: the model, the table of proofs."""
    manifest, source = bundle.manifest, bundle.manifest.source
    print_words(
        f"{bundle.name} ({source.model_type}, {source.parameters / 1e6:.1f} M parameters), "
        f"{manifest.task}, up to {manifest.max_length} tokens"
    )
    if manifest.random_weights:
        print_words(RANDOM)
    if manifest.tokenizer is None:
        print_words(NO_TOKENIZER)
    click.echo()
    print_table(_PROOF, list(_proofs(bundle)))


_PROOF = (
    Column("file"),
    Column("size", right=True),
    Column("proven in", leave=1),
    Column("runs", right=True, leave=4),
    Column("max abs", right=True),
    Column("cosine", right=True, leave=2),
    Column("agreement", right=True, leave=3),
    Column(""),
)


def _proofs(bundle: Bundle) -> Iterator[tuple[str, ...]]:
    """The table of proofs: a row for each artifact and runtime."""
    for artifact in (*bundle.artifacts, *bundle.text_artifacts):
        for index, proof in enumerate(artifact.proofs):
            yield (
                "" if index else artifact.path.name,
                "" if index else megabytes(artifact.total_bytes),
                _short(proof.runtime),
                str(proof.runs),
                f"{proof.max_abs:.1e}",
                f"{proof.cosine:.6f}",
                _agreement(proof.agreement if proof.decisions else None, proof.decisions),
                "[green]pass[/green]" if proof.passed else "[red]FAIL[/red]",
            )


def _short(runtime: str) -> str:
    """A runtime's name, shortened for a column."""
    return runtime.removeprefix("edgekit ")


def _tokenizer(facts: TokenizerFacts | None) -> str:
    """The kind of tokenizer in words."""
    if facts is None:
        return ""
    special = ", ".join(f"{role} {token}" for role, token in facts.special_tokens.items())
    return f"{facts.kind}; {', '.join(facts.normalizer) or 'no normalizer'}; {special}"


def _tensors(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Prints the table of a model's inputs and outputs."""
    rows = [
        (
            title if not place else "",
            row.name,
            row.dtype,
            f"[{', '.join(map(str, row.shape))}]",
            row.description,
        )
        for title, specs in (("inputs", inputs), ("outputs", outputs))
        for place, row in enumerate(specs)
    ]
    columns = [*map(Column, ("", "name", "type", "shape")), Column("what", wraps=True, leave=1)]
    print_table(columns, [tuple(map(escape, row)) for row in rows])


def _shape(row: TensorSpec) -> str:
    return f"[{', '.join(map(str, row.shape))}]"


def _runtimes(least: Mapping[str, str]) -> str:
    """The oldest runtimes that open a file, by name, as words: ``onnxruntime 1.15``."""
    return " or ".join(f"{name} {version}" for name, version in least.items())


def file(facts: FileFacts, as_json: bool) -> None:
    """Prints what is inside one exported file: interface, metadata, operators."""
    if as_json:
        print_json(asdict(facts))
        return
    print_words(f"{facts.file}: {facts.format}, {megabytes(facts.size_bytes)}, {facts.version}")
    click.echo()
    _tensors(facts.inputs, facts.outputs)
    print_words(", ".join(facts.functions), "functions")
    click.echo()
    runtimes = _runtimes(facts.least_runtime)
    print_words(f"{runtimes}; {facts.minimum_os}" if runtimes else facts.minimum_os, "needs")
    operations = sorted(facts.operations.items(), key=lambda item: -item[1])
    made_of = ", ".join(f"{count} {name}" for name, count in operations)
    print_words(f"{sum(facts.operations.values())}: {made_of}", "operations")
    click.echo("metadata")
    for key, value in facts.metadata.items():
        print_words(f"{key}: {value}", " ")


def verified(results: Sequence[Verified], as_json: bool) -> None:
    """Prints how each artifact did against the bundle's golden outputs, a row for each runtime."""
    if as_json:
        print_json([asdict(result) for result in results])
        return
    print_table(_VERIFIED, [_verified(result) for result in results])
    for result in results:
        if result.failure:
            where = f" in {result.runtime}" if result.runs else ""
            click.echo(f"{result.file}{where}: {result.failure}")


_VERIFIED = (
    Column("file"),
    Column("verified in", leave=1),
    Column("cases", right=True, leave=3),
    Column("runs", right=True, leave=5),
    Column("max abs", right=True),
    Column("cosine", right=True, leave=2),
    Column("agreement", right=True, leave=4),
    Column(""),
)


def _verified(result: Verified) -> tuple[str, ...]:
    """A file in one runtime as a row."""
    if not result.runs:
        return (result.file, "", "", "", "", "", "", "[red]NOT RUN[/red]")
    return (
        result.file,
        _short(result.runtime),
        str(result.cases),
        str(result.runs),
        f"{result.max_abs:.1e}",
        "" if result.cosine is None else f"{result.cosine:.6f}",
        _agreement(result.agreement, result.decisions),
        "[green]pass[/green]" if result.passed else "[red]FAIL[/red]",
    )


def _agreement(share: float | None, decisions: int) -> str:
    """A share of decisions as a cell; empty for None."""
    return "" if share is None else f"{share:.1%} of {decisions}"


def support(measured: Support, as_json: bool) -> None:
    """Prints the measured matrix: each cell's worst error, and why the red ones are red."""
    if as_json:
        print_json(asdict(measured))
        return
    numbers = [Column("\n".join(names), right=True) for names in measured.columns()]
    print_table([Column("architecture"), Column("task"), *numbers], list(measured.table()))
    for line in measured.failures():
        print_words(line)
    print_words(MATRIX)


def devices(found: Sequence[Found], as_json: bool) -> None:
    """Prints what can be measured on, and the command that makes each of the others usable."""
    if as_json:
        print_json([{**asdict(row), "ready": row.ready} for row in found])
        return
    columns = [Column("device"), Column("what it is", wraps=True), Column("", wraps=True)]
    rows = [
        (
            row.name,
            escape(row.description),
            "[green]ready[/green]" if row.ready else f"[yellow]{escape(row.remedy)}[/yellow]",
        )
        for row in found
    ]
    print_table(columns, rows)
