"""The `ganzoo` command. Nothing here imports torch; each command imports what it needs when it runs."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from ganzoo._version import __version__
from ganzoo.cli.output import fail
from ganzoo.errors import ConfigError, GanzooError

COMMANDS = {
    "list": "ganzoo.cli.listing:list_variants",
    "info": "ganzoo.cli.info:info",
    "train": "ganzoo.cli.train:app",
    "resume": "ganzoo.cli.train:resume",
    "runs": "ganzoo.cli.runs:runs",
    "sample": "ganzoo.cli.sample:sample",
    "interpolate": "ganzoo.cli.interpolate:interpolate",
    "arithmetic": "ganzoo.cli.arithmetic:arithmetic",
    "nearest": "ganzoo.cli.nearest:nearest",
    "reconstruct": "ganzoo.cli.reconstruct:reconstruct",
    "eval": "ganzoo.cli.eval:evaluate",
    "report": "ganzoo.cli.report:report",
    "pull": "ganzoo.cli.pull:pull",
    "push": "ganzoo.cli.push:push",
    "models": "ganzoo.cli.models:app",
    "search": "ganzoo.cli.models:search",
    "export": "ganzoo.cli.export:export",
    "bench": "ganzoo.cli.bench:app",
    "registry": "ganzoo.cli.registry:app",
    "plugins": "ganzoo.cli.plugins:plugins",
}


class Commands(typer.core.TyperGroup):
    """Makes a command when it is asked for, so that start-up pays for one command and not for all."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}."
            raise ConfigError(f"no command is called {cmd_name!r}: {hint} `ganzoo --help` shows all.")
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        target = getattr(importlib.import_module(module), attribute)
        if not isinstance(target, typer.Typer):
            single = typer.Typer(add_completion=False, context_settings=HELP)
            single.command(cmd_name)(target)
            target = single
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command


HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="ganzoo", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, context_settings=HELP
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ganzoo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. May stand anywhere.")] = False,
) -> None:
    """A zoo of GANs: train, resume, sample. Start with `ganzoo train dcgan`."""


def main() -> None:
    """Entry point: runs a command, and turns errors into one line and an exit code (1, 2 or 130)."""
    # Taken out by hand, so that it may stand behind the command too.
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except GanzooError as error:
        if debug:
            traceback.print_exc()
        fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) went away: no error of anybody's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        fail(f"{type(error).__name__}: {error}. This is a bug in ganzoo or in a plugin; --debug shows where.", 1)
