"""How every command prints JSON, for programs."""

from __future__ import annotations

import click


def print_json(value: object) -> None:
    """Prints typed objects or plain data to standard output as indented JSON.

    A number that is not finite, like the error of a file that gives NaN, is null.
    """
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    click.echo(text.decode())
