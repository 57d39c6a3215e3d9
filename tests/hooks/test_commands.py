"""Command groups of plugins: `ganzoo NAME ...`, imported when one of their commands is used."""

from __future__ import annotations

import pytest

GROUP = """
from ganzoo import CommandGroup, hookimpl

@hookimpl
def ganzoo_commands():
    return [CommandGroup({name!r}, "Greets people.", {app!r})]
"""
APP = """
import sys
import typer

app = typer.Typer()

@app.command()
def hello(name: str = "you", times: int = 1, fail: bool = False):
    '''Greet someone.'''
    if fail:
        raise KeyError("lost")
    print(f"hello {name}! " * times, "torch" in sys.modules)

@app.command()
def goodbye():
    '''Take leave.'''
"""


@pytest.fixture
def group(plugin, site):
    """`group(app_source)`: install a plugin whose command group `greet` lies in a module of its own."""

    def make(source, name="greet", app="ganzoo_greetings:app"):
        plugin("ganzoo_mine", GROUP.format(name=name, app=app))
        (site / "ganzoo_greetings.py").write_text(source)

    return make


def test_commands_with_options_and_help(ganzoo, group):
    group(APP)
    assert ganzoo("greet", "hello", "--name", "Ada", "--times", 2).out.startswith("hello Ada! hello Ada! ")
    shown = ganzoo("greet", "--help").out
    assert "hello" in shown
    assert "Take leave." in shown
    assert "--times" in ganzoo("greet", "hello", "--help").out
    assert "No such option" in ganzoo("greet", "hello", "--nmae", "Ada", code=2).err
    assert "No such command" in ganzoo("greet", "hallo", code=2).err


def test_the_module_of_a_group_is_not_imported_for_anything_else(ganzoo, group):
    group("raise SystemExit('too early')")
    shown = ganzoo("--help")
    assert "Greets people." in shown.out
    assert shown.err == ""
    ganzoo("list")
    failed = ganzoo("greet", "hello", code=1)
    assert failed.err == (
        "error: command 'greet' names 'ganzoo_greetings:app', which cannot be imported: SystemExit: too early\n"
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nowhere_at_all", "which cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("def app(:", "which cannot be imported: SyntaxError"),
        ("", "has no attribute 'app'"),
        ("app = 5", "error: command 'greet': ganzoo_greetings:app is 5, and must be a typer.Typer with commands"),
        ("def app(): pass", "and must be a typer.Typer with commands"),
    ],
)
def test_what_is_no_group_is_one_sentence(ganzoo, group, source, said):
    group(source)
    failed = ganzoo("greet", "hello", code=1)
    assert said in failed.err
    assert len(failed.err.splitlines()) == 1


def test_a_command_that_raises(ganzoo, group):
    group(APP)
    failed = ganzoo("greet", "hello", "--fail", code=1)
    assert failed.err == "error: KeyError: 'lost'. This is a bug in ganzoo or in a plugin; --debug shows where.\n"


def test_a_word_that_is_ganzoos_own(ganzoo, group):
    group(APP, name="train")
    assert "handwritten" not in ganzoo("train", "--help").out
    reason = ganzoo("plugins", "doctor", "mine", code=1).out
    assert "conflict: command 'train' is also provided by 'ganzoo'" in " ".join(reason.split())


def test_a_group_of_a_plugin_that_is_left_out(ganzoo, group):
    group(APP)
    assert ganzoo("greet", "goodbye").err == ""
    failed = ganzoo("greet", "hello", "--no-plugin", "mine", code=2)
    assert failed.err.startswith("error: no command is called 'greet':")
    assert "did you mean greet?" in ganzoo("geret", code=2).err
