"""`ganzoo plugins new`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.output import console
from ganzoo.errors import ConfigError
from ganzoo.utils.shell import typed


def new(
    name: Annotated[str, typer.Argument(help="Of the variant, as in `ganzoo train NAME`: lower case, hyphens.")],
    title: Annotated[str | None, typer.Option(help="One line for people.", show_default="from the name")] = None,
    paper: Annotated[str | None, typer.Option(help="As arXiv:1406.2661.", show_default="unpublished")] = None,
    conditional: Annotated[
        bool | None,
        typer.Option("--conditional/--no-conditional", help="Both players are given labels.", show_default="no"),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who holds the copyright.", show_default="git's user.name")] = None,
    email: Annotated[str | None, typer.Option(help="The author's.", show_default=False)] = None,
    license: Annotated[
        str | None, typer.Option("--license", "--license", help="MIT, Apache-2.0 or BSD-3-Clause.", show_default="MIT")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write into.", show_default="this one")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")] = False,
) -> None:
    """Begin a plugin: a small GAN that trains, with tests, README, license, CI and release, ready to be changed."""
    from ganzoo.plugins.scaffold import answers, writing

    if name.startswith(answers.PREFIX):
        name = name.removeprefix(answers.PREFIX)
        console.print(f"the variant is called {name}; {answers.PREFIX} stands before its distribution")
    answers.check_variant(name)

    def check_out(folder: str) -> str:
        writing.check_place(Path(folder).expanduser(), answers.PREFIX + name)
        return folder

    git, nobody = answers.author_of_git(), f"The {answers.PREFIX}{name} authors"
    questions = {
        "title": _Question(title, "Title", name.replace("-", " ").capitalize(), partial(answers.check_line, "--title")),
        "paper": _Question(paper, "Paper, as arXiv:1406.2661", "unpublished", partial(answers.check_line, "--paper")),
        "author": _Question(author, "Author", git or nobody, partial(answers.check_line, "--author")),
        "email": _Question(email, "Email, or nothing", "", answers.check_email),
        "license": _Question(license, f"License: {', '.join(answers.LICENSES)}", "MIT", answers.check_license),
        "out": _Question(None if out is None else str(out), "Folder to write into", ".", check_out),
    }
    asks = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    # What was given is checked before the first question.
    given = {key: question.check(question.given) for key, question in questions.items() if question.given is not None}
    if conditional is None:
        conditional = asks and typer.confirm("Are both players given labels?", default=False)
    texts = given | {key: question.answer(asks) for key, question in questions.items() if key not in given}
    _report(writing.new_plugin(name, conditional=conditional, **texts), name)


@dataclass(frozen=True)
class _Question:
    """What is asked where it was not given."""

    given: str | None
    text: str
    default: str
    check: Callable[[str], str]

    def answer(self, asks: bool) -> str:
        """Of the user, who is asked again until it is right; or the default."""
        if not asks:
            return self.check(self.default)
        answer: str = typer.prompt(
            self.text, default=self.default, show_default=bool(self.default), value_proc=self._judge
        )
        return answer

    def _judge(self, text: str) -> str:
        try:
            return self.check(text)
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from error


def _report(place: Path, name: str) -> None:
    from rich.tree import Tree

    def grow(tree: Tree, folder: Path) -> Tree:
        for path in sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name)):
            if path.is_dir():
                grow(tree.add(f"{path.name}/"), path)
            else:
                tree.add(path.name)
        return tree

    console.print(grow(Tree(f"{place}/"), place))
    console.print("\nNow type:\n")
    for command, why in (
        (typed("cd", place), ""),
        ("pip install -e . pytest", ""),
        ("pytest", "all that ganzoo expects of a plugin"),
        (f"ganzoo train {name}", "MNIST; its networks and its loss are in model.py"),
        (f"ganzoo plugins check {place.name.replace('-', '_')}", "before it is published"),
    ):
        console.print(f"  {command:<40}{'# ' if why else ''}{why}".rstrip())
