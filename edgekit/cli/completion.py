"""``edgekit completion``: what a shell runs to complete commands, options and their choices."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes commands in your shell.

    Put the line for your shell into its start-up file: ~/.bashrc, ~/.zshrc (after compinit) or
    ~/.config/fish/config.fish.

    \b
    Examples:
      source <(edgekit completion bash)
      source <(edgekit completion zsh)
      edgekit completion fish | source
    """
    made = get_completion_class(shell)
    assert made is not None  # click has all of SHELLS
    program = context.find_root().command
    click.echo(made(program, {}, "edgekit", "_EDGEKIT_COMPLETE").source())
