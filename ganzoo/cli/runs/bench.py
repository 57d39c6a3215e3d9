"""`ganzoo bench`: published experiments, done again."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.bench.plan import QUICK, ModesOptions, Result, Run, cores
from ganzoo.cli.options import parameters, short
from ganzoo.cli.output import console, print_json
from ganzoo.errors import ConfigError, GanzooError, TrainingInterrupted

HELP = "Do published experiments again, and print our figures beside the paper's."
_QUICK_SAYS = " ".join(f"--{name} {short(value)}" for name, value in QUICK.items())

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help=HELP, context_settings={"help_option_names": ["-h", "--help"]}
)


@app.callback()
def bench() -> None:  # noqa: D103
    pass


def _modes(
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Short for {_QUICK_SAYS}: too short to compare with the paper.")
    ] = False,
    out: Annotated[
        Path, typer.Option(help="JSON file of the runs that ended; those that it holds are not done again.")
    ] = Path("bench-modes.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    **given: Any,
) -> None:
    typed = {name: value for name, value in given.items() if value is not None}
    options = ModesOptions.parse({**(QUICK if quick else {}), **typed})
    if out.is_dir():
        raise ConfigError(f"--out {out} is a folder: name a file, such as {out / 'bench-modes.json'}")
    from ganzoo.bench import table
    from ganzoo.bench.results import Results

    results = Results(out)
    runs = options.runs()
    _measure(runs, options.processes or cores(), results, quiet=as_json)
    found = results.of(runs)
    lines = table.lines(found)
    said = [*table.protocol(found), *table.differences(lines)]
    if as_json:
        chosen = options.model_dump(include={"rows", "data", "seeds", "steps"})
        print_json({**chosen, "table": [line.to_dict() for line in lines], "notes": said})
        return
    for text in (table.markdown(lines), "", *said, f"written: {out}"):
        console.print(text, markup=False)


def _command() -> Any:
    """`_modes` with the options of `ModesOptions` spelled out."""

    def command(**given: Any) -> None:
        _modes(**given)

    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(_modes, eval_str=True).parameters.values()
        if parameter.name != "given"
    ]
    shared = parameters(ModesOptions, lambda *_: "what is run")
    command.__signature__ = inspect.Signature([*shared, *own])  # type: ignore[attr-defined]
    command.__doc__ = "PacGAN's table of mode coverage (arXiv:1712.04086, table 1): GAN and PacGAN on two mixtures."
    return command


app.command("modes")(_command())


def _measure(runs: list[Run], processes: int, results: Any, *, quiet: bool) -> None:
    """Do the runs that the file lacks.

    Raises:
        GanzooError: If they are stopped, saying what is kept and how to go on.
    """
    from ganzoo.bench.pool import run_all

    kept = {result.run for result in results.of(runs)}
    missing = [run for run in runs if run not in kept]
    if not missing:
        return
    processes = min(processes, len(missing))
    if not quiet:
        before = f" ({len(kept)} more are in {results.path})" if kept else ""
        console.print(f"{_count(len(missing), 'run')} of {runs[0].steps:,} steps{before}, {processes} at a time")
    with _progress(sum(run.steps for run in missing), quiet=quiet) as (advanced, log):

        def finished(result: Result) -> None:
            results.add(result)
            log(str(result))

        try:
            run_all(missing, processes, finished=finished, advanced=advanced)
        except GanzooError as error:
            done = _count(len(results.of(runs)), "finished run")
            message = f"{error}; {results.path} keeps {done} of {len(runs)}, and the same command goes on from there"
            if isinstance(error, TrainingInterrupted):
                raise TrainingInterrupted(message, error.exit_code) from error
            raise GanzooError(message) from error


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """A bar of the steps of all runs, on a terminal; and a function that prints lines, above it."""
    if quiet or not sys.stdout.isatty():
        yield (lambda steps: None), (lambda text: None if quiet else print(text, flush=True))
        return
    from rich import progress as parts

    columns = (parts.BarColumn(), parts.MofNCompleteColumn(), parts.TextColumn("steps"), parts.TimeElapsedColumn())
    left = (parts.TextColumn("left"), parts.TimeRemainingColumn())
    with parts.Progress(*columns, *left, console=console, transient=True) as bar:
        task = bar.add_task("steps", total=total)
        yield (
            lambda steps: bar.update(task, completed=steps),
            lambda text: console.print(text, markup=False),
        )
