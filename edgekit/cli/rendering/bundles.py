"""Plans, bundles and files as tables for people or JSON for programs. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import msgspec

from edgekit.cli.rendering.tables import new_table, print_json, print_table
from edgekit.words import megabytes

if TYPE_CHECKING:
    from rich.table import Table

    from edgekit.benchmarks.devices.driver import Found
    from edgekit.bundle import Bundle
    from edgekit.conversion.plan import ExportPlan
    from edgekit.conversion.steps import Step
    from edgekit.proof.verify import Verified
    from edgekit.runtime.inspection import FileFacts
    from edgekit.support import Support

RANDOM = "random weights: right for size, speed and parity, meaningless for accuracy"
MATRIX = "worst error relative to the largest output; -: no such model; empty: not measured"


def plan(planned: ExportPlan, as_json: bool) -> None:
    """What would be built and checked."""
    if as_json:
        print_json(_plan_json(planned))
        return
    click.echo(f"{planned.source.name}: {planned.task.name} -> {planned.out} (dry run)")
    if planned.source.random_weights:
        click.echo(RANDOM)
    lengths = ", ".join(map(str, planned.buckets))
    click.echo(f"up to {planned.max_length} tokens; buckets {lengths}")
    table = new_table("file", "format", "recipe", "estimated size")
    for row in planned.artifacts:
        table.add_row(row.file, row.format, row.recipe, megabytes(row.size_bytes))
    print_table(table)
    click.echo("each file is opened in its runtime and compared with PyTorch on:")
    for check in _checks(planned):
        click.echo(f"  - {check}")


def _checks(planned: ExportPlan) -> list[str]:
    texts = (
        "real sentences in 17 languages, emoji, marks, control characters, pairs and cuts"
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
    return {
        "name": planned.source.name,
        "task": planned.task.name,
        "random_weights": planned.source.random_weights,
        "max_length": planned.max_length,
        "buckets": planned.buckets,
        "out": str(planned.out),
        "artifacts": [asdict(row) for row in planned.artifacts],
        "checks": _checks(planned),
    }


def bundle(bundle: Bundle, as_json: bool, steps: Sequence[Step] = ()) -> None:
    """The artifacts with their sizes and proofs."""
    if as_json:
        timings = {"timings": [asdict(step) for step in steps]} if steps else {}
        manifest = msgspec.to_builtins(bundle.manifest)
        print_json({"path": str(bundle.path), **manifest, **timings})
        return
    manifest, source = bundle.manifest, bundle.manifest.source
    click.echo(
        f"\n{bundle.name} ({source.model_type}, {source.parameters / 1e6:.1f} M parameters), "
        f"{manifest.task}, up to {manifest.max_length} tokens"
    )
    if manifest.random_weights:
        click.echo(RANDOM)
    print_table(_proof_table(bundle))
    if not steps:
        for artifact in (*bundle.artifacts, *bundle.text_artifacts):
            needs = _needs(artifact.least_runtime, artifact.minimum_os)
            click.echo(f"{artifact.file} needs {needs}")
    click.echo(f"buckets {', '.join(map(str, manifest.buckets))}; {bundle.path}/")


def _proof_table(bundle: Bundle) -> Table:
    table = new_table("file", "size", "proven in", "runs", "max abs", "cosine", "agreement", "")
    for artifact in (*bundle.artifacts, *bundle.text_artifacts):
        for index, proof in enumerate(artifact.proofs):
            table.add_row(
                "" if index else artifact.path.name,
                "" if index else megabytes(artifact.total_bytes),
                proof.runtime,
                str(proof.runs),
                f"{proof.max_abs:.1e}",
                f"{proof.cosine:.6f}",
                _agreement(proof.agreement if proof.decisions else None, proof.decisions),
                "[green]pass[/green]" if proof.passed else "[red]FAIL[/red]",
            )
    return table


def _needs(least_runtime: Mapping[str, str], minimum_os: str) -> str:
    """The oldest runtimes and systems that open a file."""
    runtimes = [f"{name} {version}" for name, version in least_runtime.items()]
    return f"{' or '.join(runtimes) or 'an unknown runtime version'}; {minimum_os}"


def file(facts: FileFacts, as_json: bool) -> None:
    """One artifact: its interface, its metadata and what it is made of."""
    if as_json:
        print_json(asdict(facts))
        return
    click.echo(f"{facts.file}: {facts.format}, {megabytes(facts.size_bytes)}, {facts.version}")
    for title, rows in (("inputs", facts.inputs), ("outputs", facts.outputs)):
        click.echo(title)
        for row in rows:
            click.echo(f"  {row.name:<22} {row.dtype:<8} {list(row.shape)} {row.description}")
    if facts.functions:
        click.echo(f"functions\n  {', '.join(facts.functions)}")
    click.echo(f"needs\n  {_needs(facts.least_runtime, facts.minimum_os)}")
    click.echo("metadata")
    for key, value in facts.metadata.items():
        click.echo(f"  {key:<22} {value}")
    operations = sorted(facts.operations.items(), key=lambda item: -item[1])
    click.echo(f"{sum(facts.operations.values())} operations")
    click.echo("  " + ", ".join(f"{count} {name}" for name, count in operations))


def verified(results: Sequence[Verified], as_json: bool) -> None:
    """Each artifact in each runtime against the bundle's golden outputs."""
    if as_json:
        print_json([asdict(result) for result in results])
        return
    table = new_table("file", "verified in", "cases", "runs", "max abs", "cosine", "agreement", "")
    for result in results:
        table.add_row(
            result.file,
            result.runtime,
            str(result.cases),
            str(result.runs),
            f"{result.max_abs:.1e}",
            "-" if result.cosine is None else f"{result.cosine:.6f}",
            _agreement(result.agreement, result.decisions),
            "[green]pass[/green]" if result.passed else f"[red]FAIL[/red] {result.failure}",
        )
    print_table(table)


def _agreement(share: float | None, decisions: int) -> str:
    return "-" if share is None else f"{share:.1%} of {decisions}"


def support(measured: Support, as_json: bool) -> None:
    """The worst error of each cell, and why the red ones are red."""
    if as_json:
        print_json(asdict(measured))
        return
    table = new_table("architecture", "task", *map("\n".join, measured.columns()))
    table.collapse_padding = True  # a column for each format and recipe: names are to stay whole
    for row in measured.table():
        table.add_row(*row)
    print_table(table)
    for line in measured.failures():
        click.echo(line)
    click.echo(MATRIX)


def devices(found: Sequence[Found], as_json: bool) -> None:
    """What can be measured on, and the command that makes the rest usable."""
    if as_json:
        print_json([{**asdict(row), "ready": row.ready} for row in found])
        return
    table = new_table("device", "what it is", "")
    for row in found:
        state = "[green]ready[/green]" if row.ready else f"[yellow]{row.remedy}[/yellow]"
        table.add_row(row.name, row.description, state)
    print_table(table)
