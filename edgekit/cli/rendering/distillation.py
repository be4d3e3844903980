"""A distillation on the terminal: the sentence, then a table of models, then the losses."""

from __future__ import annotations

import click
from rich.markup import escape

from edgekit.cli.rendering.tables import print_json
from edgekit.distillation import tables
from edgekit.distillation.plan import DistillationPlan
from edgekit.distillation.report import PAPER, DistillationReport
from edgekit.layout import Column, print_table, print_words


def report(found: DistillationReport, plan: DistillationPlan, as_json: bool) -> None:
    """Prints a distillation's comparison, and where student, log and report are."""
    if as_json:
        print_json(found)
        return
    click.echo()
    print_words(found.sentence)
    for title, table in tables.of(found):
        columns = [Column(name, wraps=place > 0) for place, name in enumerate(table.columns)]
        click.echo(title)
        print_table(columns, [tuple(map(escape, row)) for row in table.rows])
    print_words(f"the paper's numbers are those of {PAPER}")
    print_words(f"intervals of 95%, on the same examples; student {plan.out}, report {plan.work}")
