"""The `ganzoo` command. Nothing here imports torch; each command imports what it needs when it runs."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from ganzoo import plugins
from ganzoo.cli.groups import group, groups
from ganzoo.cli.output import close_output, fail, print_traceback, printing_problem
from ganzoo.errors import ConfigError, GanzooError, said
from ganzoo.plugins.builtin import COMMANDS
from ganzoo.utils.version import __version__


class Commands(typer.core.TyperGroup):
    """Makes a command when it is asked for, so that start-up pays for one command and not for all."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS, *groups()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return group(cmd_name)
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        target = getattr(importlib.import_module(module), attribute)
        if not isinstance(target, typer.Typer):
            single = typer.Typer(add_completion=False, context_settings=HELP)
            single.command(cmd_name)(target)
            target = single
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command


TYPED: list[str] = []
"""The arguments as they were typed, for a command that starts itself again."""

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
    no_plugin: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Do not load a plugin. May stand anywhere, and more than once."),
    ] = None,
) -> None:
    """A zoo of GANs: train, resume, sample. Start with `ganzoo train dcgan`."""


def main() -> None:
    """Entry point: runs a command, and turns errors into one line and an exit code (1, 2 or 130)."""
    try:
        _run()
    except SystemExit as left:
        problem = close_output()
        if problem is not None and not left.code:
            fail(f"stdout cannot be written: {problem.strerror or problem}", 1)
        raise


def _run() -> None:
    # Taken out by hand, so that they may stand behind the command too, and before any plugin is looked for.
    TYPED[:] = sys.argv[1:]
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv if argument != "--debug"]
    try:
        sys.argv = _without_plugins(arguments)
        app(prog_name="ganzoo")  # also where it is `python -m ganzoo`
    except KeyboardInterrupt:
        sys.exit(130)
    except GanzooError as error:
        if debug:
            print_traceback()
        fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) went away: no error of anybody's.
        sys.exit(0)
    except Exception as error:
        if debug:
            print_traceback()
        if problem := printing_problem(error):
            close_output()
            fail(f"stdout cannot be written: {problem}", 1)
        fail(f"{said(error)}. This is a bug in ganzoo or in a plugin; --debug shows where.", 1)


def _without_plugins(arguments: list[str]) -> list[str]:
    """Take `--no-plugin NAME` and `--no-plugin=NAME` out of the arguments, and heed them."""
    kept, left_out, rest = [], [], iter(arguments)
    for argument in rest:
        if argument == "--no-plugin":
            name = next(rest, "")
        elif argument.startswith("--no-plugin="):
            name = argument.partition("=")[2]
        else:
            kept.append(argument)
            continue
        if not name or name.startswith("-"):
            raise ConfigError("--no-plugin needs the name of a plugin: `ganzoo plugins` lists them")
        left_out.append(name)
    plugins.leave_out(left_out)
    return kept
