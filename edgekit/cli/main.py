"""The command line: a file a command, which parses, calls the library and renders.

Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from edgekit.cli.app import app
from edgekit.cli.bench import bench
from edgekit.cli.buckets import buckets
from edgekit.cli.check import check
from edgekit.cli.completion import completion
from edgekit.cli.convert import convert
from edgekit.cli.devices import devices
from edgekit.cli.distill import distill
from edgekit.cli.eval import evaluate
from edgekit.cli.inspect import inspect
from edgekit.cli.report import report
from edgekit.cli.run import run
from edgekit.cli.schema import schema
from edgekit.cli.serve import serve
from edgekit.cli.support import support
from edgekit.cli.verify import verify
from edgekit.errors import EdgekitError
from edgekit.version import VERSION

COMMANDS = (
    convert, inspect, verify, support, run, app, serve, bench, devices, report, evaluate, check,
    buckets, distill, schema, completion,
)  # fmt: skip
_ENDING = ("SIGTERM", "SIGHUP")  # SIGINT is KeyboardInterrupt already; Windows has no SIGHUP


@click.group(
    commands=COMMANDS,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "EDGEKIT",  # --to of convert is EDGEKIT_CONVERT_TO
    },
)
@click.version_option(VERSION, prog_name="edgekit")
@click.pass_context
def cli(context: click.Context) -> None:
    """Transformers encoders on phones: converted, quantised, proven, measured.

    \b
    Examples:
      edgekit convert demo
      edgekit run all-MiniLM-L6-v2.edgekit "a cat" "a dog"
      edgekit bench all-MiniLM-L6-v2.edgekit
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line: every failure is one line on standard error and an exit code.

    Args:
        arguments: those after the program's name; None: the process's own.
    """
    _interrupt_when_ended()
    _print_anything()
    debug = "--debug" in (sys.argv if arguments is None else arguments)
    try:
        cli.main(arguments, prog_name="edgekit", standalone_mode=False)
        code = 0
    except click.ClickException as error:
        code = _report(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        code = _report("interrupted: nothing was written", 2)
    except BrokenPipeError:
        code = 0  # the reader, like head, has seen enough
    except OSError as error:
        if debug:
            raise
        code = _report(f"{error.filename or 'the system'}: {error.strerror or error}", 2)
    except Exception as error:
        if debug:
            raise
        code = _report(_one_line(error), getattr(error, "exit_code", 1))
    sys.exit(code)


def _interrupt_when_ended() -> None:
    """Lets every signal that ends the process do it as Ctrl-C does: folders are cleaned up."""
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(number, _interrupted)


def _print_anything() -> None:
    """Lets output that is no terminal hold what its encoding lacks, as Windows' often does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _one_line(error: Exception) -> str:
    """An error as one line; one that edgekit did not raise on purpose is called unexpected."""
    if isinstance(error, EdgekitError):
        return " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())} (try --debug)"


def _report(message: str, code: int) -> int:
    """Prints an error to standard error, and returns ``code``, the exit code."""
    click.echo(f"error: {' '.join(message.split())}", err=True)
    return code
