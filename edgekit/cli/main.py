"""The command line: a file a command, which parses, calls the library and renders.

Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from edgekit.cli.app import app
from edgekit.cli.bench import bench
from edgekit.cli.check import check
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
    distill, schema,
)  # fmt: skip
_ENDING = ("SIGTERM", "SIGHUP")  # SIGINT is KeyboardInterrupt already; Windows has no SIGHUP


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="edgekit")
def cli() -> None:
    """Transformers encoders on phones: converted, quantised, proven."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line: every failure is one line on standard error and an exit code.

    Args:
        arguments: those after the program's name; None: the process's own.
    """
    _interrupt_when_ended()
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


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _one_line(error: Exception) -> str:
    if isinstance(error, EdgekitError):
        return " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())} (try --debug)"


def _report(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code
