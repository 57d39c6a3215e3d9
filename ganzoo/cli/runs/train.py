"""`ganzoo train VARIANT` and `ganzoo resume RUN`. Each variant is a command with its own options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from ganzoo import plugins
from ganzoo.cli.completion import complete_run
from ganzoo.cli.output import close_output, console, decoding_bar, in_help, print_json
from ganzoo.cli.runs.processes import HELP, start
from ganzoo.engine.processes import Processes
from ganzoo.errors import TrainingInterrupted
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ganzoo.core.variant import Variant
    from ganzoo.runs.run import Run


class VariantCommands(typer.core.TyperGroup):
    """A group with one command a variant, made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [variant.name for variant in plugins.variants()]

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        # A file or a run that is named first names the variant.
        if args and args[0].startswith("-"):
            from ganzoo.runs.asked import variant_of

            named = variant_of(args)
            args = args if named is None else [named, *args]
        return super().make_context(info_name, args, parent, **extra)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return VariantCommand(plugins.registry().find(cmd_name))


class VariantCommand(typer.core.TyperCommand):
    """Stands for a variant in lists, and imports its config when it is to run: one that cannot be costs only itself."""

    def __init__(self, variant: Variant) -> None:
        super().__init__(variant.name, help=_title(variant))
        self._variant = variant

    @cached_property
    def whole(self) -> Any:
        """The command with its options."""
        return _command(self._variant)

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        return self.whole.make_context(*arguments, **extra)


HELP_OF_ALL = (
    "Train a variant: `ganzoo train dcgan`. Each has options of its own: `ganzoo train dcgan --help`. "
    "With `--config FILE` or `--like RUN` the variant need not be named."
)
app = typer.Typer(
    cls=VariantCommands,
    add_completion=False,
    no_args_is_help=True,
)


@app.callback(help=HELP_OF_ALL)
def variants() -> None:
    """No option of its own: each variant is a command."""


def _command(variant: Variant) -> Any:
    """The command that trains one variant, with an option for every field of its config."""

    def run(**given: Any) -> None:
        _train(variant, **given)

    run.__signature__ = inspect.Signature(_parameters(variant))  # type: ignore[attr-defined]
    run.__doc__ = _title(variant)
    single = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
    single.command(variant.name)(run)
    return typer.main.get_command(single)


def _title(variant: Variant) -> str:
    return in_help(f"Train {variant.name}: {variant.title} ({variant.paper}).")


def _parameters(variant: Variant) -> list[inspect.Parameter]:
    from ganzoo.cli.options import parameters
    from ganzoo.core.config import VariantConfig
    from ganzoo.data.options import DataOptions
    from ganzoo.runs.options import TrainOptions

    config = variant.load_config()

    def training_panel(name: str, field: FieldInfo) -> str:
        extra = field.json_schema_extra
        return str(extra["panel"]) if isinstance(extra, dict) and "panel" in extra else "training"

    own = parameters(config, lambda name, _: "training" if name in VariantConfig.model_fields else variant.name)
    # The variant's own options first, then those that every training has.
    own.sort(key=lambda parameter: parameter.name in VariantConfig.model_fields)
    presets = in_help(", ".join(config.presets))
    extra: list[tuple[str, Any]] = [
        (
            "preset",
            typer.Option(help=f"One of {presets}; without it a CPU takes laptop.", rich_help_panel=variant.name),
        ),
        (
            "config",
            typer.Option(
                metavar="FILE",
                help="Options from a TOML, YAML or JSON file, a run's config.json among them; what is typed wins.",
                rich_help_panel=variant.name,
            ),
        ),
        (
            "like",
            typer.Option(
                metavar="RUN",
                help="All options of a run; what is typed wins.",
                rich_help_panel=variant.name,
                autocompletion=complete_run,
            ),
        ),
        ("out", typer.Option(help="The run's directory; runs/VARIANT-DATA-N without it.", rich_help_panel="output")),
        ("processes", typer.Option(help=in_help(HELP), rich_help_panel="training")),
        ("quiet", typer.Option("--quiet", "-q", help="Print only what went wrong.", rich_help_panel="output")),
        (
            "dry_run",
            typer.Option("--dry-run", help="Show config, sizes and time; train nothing.", rich_help_panel="output"),
        ),
    ]
    kinds: dict[str, Any] = {
        "preset": str | None,
        "config": str | None,
        "like": str | None,
        "out": Path | None,
        "processes": int | None,
        "quiet": bool,
        "dry_run": bool,
    }
    mine = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if kinds[name] is bool else None,
            annotation=Annotated[kinds[name], option],
        )
        for name, option in extra
    ]
    shared = [
        *parameters(DataOptions, lambda *_: "data", data=config.default_data),
        *parameters(TrainOptions, training_panel),
    ]
    return [*mine[:3], *own, *shared, *mine[3:]]


def _train(
    variant: Variant,
    *,
    preset: str | None,
    config: str | None,
    like: str | None,
    out: Path | None,
    processes: int | None,
    quiet: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    options = {name: value for name, value in given.items() if value is not None}
    if processes is not None:
        options.setdefault("slices", processes)
    if dry_run:
        _dry_run(variant.name, preset=preset, config=config, like=like, **options)
        return
    if processes is not None and processes != 1:
        start(processes)
        return
    from ganzoo import api
    from ganzoo.runs.observers.display import choose_display

    quiet = quiet or not Processes.of_environment().first
    with _stopped_at_once(), decoding_bar(quiet=quiet) as decoding:
        display = choose_display(quiet=quiet)
        asked = {"preset": preset, "config": config, "like": like, **options}
        run = api.train(variant.name, out=out, display=display, decoding=decoding, **asked)
    if not quiet:
        _report(run)


def _dry_run(variant: str, **asked: Any) -> None:
    from ganzoo.runs.dry_run import dry_run
    from ganzoo.utils.figures import duration, memory

    with decoding_bar(quiet=False) as decoding:
        found = dry_run(variant, decoding=decoding, warn=console.print, **asked)
    print_json(found.config.to_dict())
    for player, count in found.parameters.items():
        console.print(f"{player:<14} {count:,} parameters")
    console.print(f"memory         {memory(found.memory_bytes)} at its peak")
    console.print(
        f"speed          {found.images_per_second:,.0f} images/s, measured over {found.measured_images:,} images"
    )
    console.print(f"time           about {duration(found.seconds)} for {found.config.options.images:,} images")


def _resume(
    run: Annotated[str, typer.Argument(help="A run's directory, or its name in ./runs.", autocompletion=complete_run)],
    processes: Annotated[int | None, typer.Option(help=in_help(HELP))] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong.")] = False,
    **given: Any,
) -> None:
    if processes is not None and processes != 1:
        start(processes)
        return
    from ganzoo import api
    from ganzoo.runs.observers.display import choose_display

    quiet = quiet or not Processes.of_environment().first
    with _stopped_at_once(), decoding_bar(quiet=quiet) as decoding:
        finished = api.resume(run, display=choose_display(quiet=quiet), decoding=decoding, **given)
    if not quiet:
        _report(finished)


def _resume_command() -> Any:
    """`_resume` with what may change spelled out: without such an option it stays as the run has it."""

    def resumed(run: str, **given: Any) -> None:
        _resume(run, **given)

    from ganzoo.cli.options import parameters
    from ganzoo.core.config import VariantConfig
    from ganzoo.data.options import DataOptions
    from ganzoo.runs.config import CHANGEABLE
    from ganzoo.runs.options import TrainOptions

    named, processes, quiet, _ = inspect.signature(_resume, eval_str=True).parameters.values()
    options = [
        option
        for owner in (VariantConfig, DataOptions, TrainOptions)
        for option in parameters(owner, lambda *_: "what changes", **dict.fromkeys(owner.model_fields))
        if option.name in CHANGEABLE
    ]
    resumed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [named, *options, *(own.replace(kind=inspect.Parameter.KEYWORD_ONLY) for own in (processes, quiet))]
    )
    resumed.__doc__ = "Go on with a run from its newest checkpoint, as if it had never stopped."
    return resumed


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """Say what there is of a run when Ctrl-C came twice; typer would say that it was aborted."""
    try:
        yield
    except KeyboardInterrupt as error:
        if error.args:
            raise TrainingInterrupted(str(error)) from error
        raise


def _report(run: Run) -> None:
    samples = run.samples()
    lines = [f"run        {run.path}"]
    if samples:
        lines += [
            f"progress   {run.path / 'progress.png'}",
            f"curves     {run.path / 'curves.png'}",
            f"samples    {samples[-1]}",
        ]
    lines.append(f"more       {typed('ganzoo', 'sample', run.path, '--seed', '1')}")
    # The run is trained, whoever hears of it: a log that could not be written is no failure of it.
    with suppress(OSError):
        console.print("\n".join(lines))
    close_output()


resume = _resume_command()
