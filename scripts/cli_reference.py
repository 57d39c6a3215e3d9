"""Write `docs/cli.md` from the commands themselves: `python scripts/cli_reference.py`.

What is said of a command, an option or an error is written where it is made, and nowhere else. typer can write such a
page too (`typer ganzoo.cli.app utils docs`), but repeats the options that all trainings share for every variant.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

INTRODUCTION = """# Command line

Every command and option, as the commands themselves tell them: this page is made by `python scripts/cli_reference.py`,
and `--help` behind any command says the same.
"""

VARIABLES = {
    "GANZOO_HOME": "folder for everything that is not a run: settings (`config.toml`), pulled models, decoded data, "
    "what is known of references. Without it the platform's folder for user data. It may be deleted",
    "GANZOO_PLUGINS": "the plugins of others that are used, with commas between them; empty: none. Without it all",
    "GANZOO_TRACE_PLUGINS": "`1` prints what plugins do while they are discovered, and how long it takes, on stderr",
    "HF_ENDPOINT": "another server that speaks the Hub's protocol",
    "HF_TOKEN": "token of the Hub; without it that of `hf auth login`",
    "HF_HUB_OFFLINE": "`1` asks no network, as `--offline` does",
    "HF_HUB_CACHE, HF_HOME": "where files from the Hub are kept, by the Hub client's own rules",
    "OMP_NUM_THREADS": "threads that PyTorch and onnxruntime compute with. "
    "A resumed run has the same bits for the same number",
}

Row = tuple[str, str, str]
"""An option as it is typed, what it does, and its default."""


def page() -> str:
    """The whole page. Only what comes with ganzoo is on it, whatever else is installed."""
    import typer.main

    from ganzoo.cli.app import app

    root = typer.main.get_command(app)
    parts = [INTRODUCTION, "| command | |\n| --- | --- |"]
    names = root.list_commands(None)  # type: ignore[attr-defined]
    commands = {name: root.get_command(None, name) for name in names}  # type: ignore[attr-defined]
    parts[-1] += "".join(f"\n| [`{name}`](#ganzoo-{name}) | {first(command)} |" for name, command in commands.items())
    parts.append("## Everywhere\n\n" + table(rows(root)))
    parts.append("## Exit codes\n\n" + exit_codes())
    variables = [(f"`{name}`", meaning, "") for name, meaning in VARIABLES.items()]
    parts.append("## Environment variables\n\n" + table(variables))
    for name, command in commands.items():
        parts += training(command) if name == "train" else section(command, f"ganzoo {name}", 2)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def section(command: Any, path: str, level: int) -> Iterator[str]:
    """A command, and below it those of a group."""
    context = command.context_class(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield f"{'#' * level} {path}\n\n{cell(command.help)}\n\n`{usage}`"
    told = rows(command, context)
    if told:
        yield table(told)
    if hasattr(command, "list_commands"):
        for name in command.list_commands(context):
            yield from section(command.get_command(context, name), f"{path} {name}", level + 1)


def training(group: Any) -> Iterator[str]:
    """`ganzoo train`: what all variants share, once, and then what is each one's own."""
    context = group.context_class(group, info_name="ganzoo train")
    commands = {name: group.get_command(context, name).whole for name in group.list_commands(context)}
    panels = {name: dict(panelled(command)) for name, command in commands.items()}
    others = [{(typed, text) for told in panel.values() for typed, text, _ in told} for panel in panels.values()]
    shared = set.intersection(*others)
    yield f"## ganzoo train\n\n{cell(group.help)}\n\n`ganzoo train VARIANT [OPTIONS]`"
    yield "These options are every variant's. Lengths are real images shown, and may end in k or M."
    for panel, told in next(iter(panels.values())).items():
        common = [(typed, text, defaults_of(typed, panels)) for typed, text, _ in told if (typed, text) in shared]
        if common:
            yield f"### {panel.capitalize()}\n\n{table(common)}"
    for name, command in commands.items():
        own = [row for told in panels[name].values() for row in told if row[:2] not in shared]
        yield f"### ganzoo train {name}\n\n{cell(command.help)}\n\n{table(own)}"


def panelled(command: Any) -> Iterator[tuple[str, list[Row]]]:
    """The options of a training by their panel in `--help`."""
    found: dict[str, list[Row]] = {}
    for parameter, row in zip(options(command), rows(command), strict=True):
        found.setdefault(parameter.rich_help_panel, []).append(row)
    yield from found.items()


def defaults_of(typed: str, panels: dict[str, dict[str, list[Row]]]) -> str:
    """The default of an option, and beside it every variant that has another."""
    found = {
        name: next(row[2] for told in panel.values() for row in told if row[0] == typed)
        for name, panel in panels.items()
    }
    usual = Counter(found.values()).most_common(1)[0][0]
    return "; ".join([usual, *(f"{name} {default}" for name, default in found.items() if default != usual)])


def options(command: Any) -> list[Any]:
    """All parameters but `--help`."""
    return [parameter for parameter in command.params if "--help" not in parameter.opts]


def rows(command: Any, context: Any = None) -> list[Row]:
    """Each argument and option of a command."""
    context = context or command.context_class(command)
    return [row(parameter, context) for parameter in options(command)]


def row(parameter: Any, context: Any) -> Row:
    """How it is typed, what it does, its default."""
    text, default = parameter.help or "", ""
    match = re.fullmatch(r"(.*) \(((?:default )?[^():]+)\)", text)
    if match and parameter.show_default is False:
        text, default = match[1], re.sub(r"\bTrue\b", "on", match[2].removeprefix("default "))
    elif parameter.show_default and parameter.default not in (None, False, ()) and not parameter.required:
        default = str(parameter.default)
    if parameter.param_type_name == "argument":
        return f"`{parameter.make_metavar(context)}`", text, default
    value = (
        ""
        if parameter.is_flag
        else " " + re.sub("<.*>", lambda name: name[0][1:-1].upper(), parameter.make_metavar(context))
    )
    names = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(f"`{name}{value if name.startswith('--') else ''}`" for name in names), text, default


def exit_codes() -> str:
    """Of the tree of errors, by their codes."""
    from ganzoo import errors

    kinds = [getattr(errors, name) for name in errors.__all__]
    told = [("0", "all went well", "")]
    for code in (1, 2):
        names = [f"`{kind.__name__}`" for kind in kinds if kind.exit_code == code and kind.__name__[:8] != "Training"]
        told.append((str(code), {1: "an error", 2: "an option that is refused"}[code], ", ".join(names)))
    told[1] = (*told[1][:2], f"{told[1][2]}, `TrainingCollapsed`, `TrainingDiverged`")
    told.append(("130, 143", "Ctrl-C or SIGTERM, after a checkpoint was saved", "`TrainingInterrupted`"))
    return table([(f"`{code}`", meaning, kind) for code, meaning, kind in told], ("code", "", "in Python"))


def table(told: list[Row], heads: Row = ("option", "", "default")) -> str:
    """A table; its last column is left out where it is empty."""
    width = 3 if any(row[2] for row in told) else 2
    lines = [heads[:width] if width == 3 else ("", ""), ("---",) * width, *(row[:width] for row in told)]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str | None) -> str:
    """Text in which only backticks mean something to Markdown, on one line."""
    # A help page reads brackets as markup, where they are not escaped.
    plain = Text.from_markup(text or "").plain
    parts = re.split(r"(`[^`]*`)", " ".join(plain.split()))
    return "".join(part if part[:1] == "`" else re.sub(r"([*_<\[])", r"\\\1", part) for part in parts).replace(
        "|", r"\|"
    )


def first(command: Any) -> str:
    """The first sentence of a command's help."""
    return cell(re.split(r"(?<=\.)\s", command.help or "")[0])


def main() -> None:
    """Write the page, or another file; the same for whatever user."""
    os.environ["GANZOO_PLUGINS"] = ""
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANZOO_HOME"] = home
        (Path(sys.argv[1]) if sys.argv[1:] else PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
