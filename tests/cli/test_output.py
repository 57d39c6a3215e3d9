"""Whatever stands in a name, a table or a message: it is shown, and does nothing."""

import json
import os
import re
import shutil
from dataclasses import replace

import pytest
from plugins.installed import Command, install

from ganzoo.cli import output
from ganzoo.cli.models.models import show
from ganzoo.registry.stores.protocol import Listing
from ganzoo.runs.observers import display

NASTY = "[/x][red]:smile:\x1b]0;t\x07\u202eb\r\n\x9b2J"
SHOWN = r"[/x][red]:smile:\x1b]0;t\x07\u202eb\r\n\x9b2J"
LONG = "x" * 10_000


def clean(text):
    """Nothing in it steers a terminal."""
    assert all(char.isprintable() or char == "\n" for char in text), ascii(text)
    return text


def test_cells_of_every_column(capsys):
    output.print_table((NASTY, "two", "three"), [[NASTY] * 3], right=("two",))
    heads, row = clean(capsys.readouterr().out).splitlines()
    assert SHOWN in heads
    assert row.split() == [SHOWN] * 3


def test_a_long_name_leaves_room_for_other_columns(capsys):
    output.print_table(("one", "two", "three"), [["a", "other", "c"], [LONG, "b", LONG]], whole=("one",))
    _, short, long = clean(capsys.readouterr().out).splitlines()
    assert short.split() == ["a", "other", "c"]
    assert re.fullmatch(r" +x{99}\N{HORIZONTAL ELLIPSIS} +b +x{50,}\N{HORIZONTAL ELLIPSIS} +", long)


@pytest.mark.parametrize("field", ["reference", "variant", "data", "where"])
def test_models_with_odd_names_beside_others(capsys, field):
    good = Listing("good", "dcgan", "mnist", (1, 28, 28), where="pulled")
    show([good, replace(good, **{field: NASTY}), replace(good, **{field: LONG})], as_json=False)
    _, first, second, _ = clean(capsys.readouterr().out).splitlines()
    assert first.split() == ["good", "dcgan", "mnist", "1x28x28", "pulled"]
    assert SHOWN in second.split()
    show([replace(good, **{field: NASTY})], as_json=True)
    assert json.loads(clean(capsys.readouterr().out))[0][field] == NASTY


@pytest.mark.parametrize("tell", [output.complain, output.warn, output.console.print, output.errors.print])
def test_messages(capsys, tell):
    tell(f"before {NASTY} after")
    tell(LONG)
    said = capsys.readouterr()
    text = clean(said.out + said.err)
    assert r"[/x][red]:smile:\x1b]0;t\x07\u202eb" in text
    assert LONG in text


def test_errors_are_one_line(capsys):
    with pytest.raises(SystemExit):
        output.fail(f"{NASTY} {LONG}", 1)
    said = clean(capsys.readouterr().err)
    assert said.startswith(r"error: [/x][red]:smile:\x1b]0;t\x07\u202eb \x9b2J xxx")
    assert said.count("\n") == 1


def test_what_a_training_shows(capsys, monkeypatch):
    display.PlainDisplay().log(NASTY)
    assert r"[/x][red]:smile:\x1b]0;t\x07\u202eb\r" in clean(capsys.readouterr().out)
    live = display.LiveDisplay()
    live.start(NASTY, 0, 10)
    live.tick(display.Tick(1, 1.0, 1.0, 1, {f"{NASTY}/{NASTY}": 1.0}))
    live.log(NASTY)
    live.stop()
    out = clean(capsys.readouterr().out)
    assert out.count(r"[/x][red]:smile:\x1b]0;t\x07\u202eb\r") >= 2


def test_secrets_do_not_leave(capsys, monkeypatch):
    token = "hf_" + "Ab1" * 11
    monkeypatch.setenv("HF_TOKEN", "other-secret")
    output.console.print(f"{token} other-secret")
    output.print_json({"a": f"https://u:{token}@h"})
    output.print_table(["a"], [[token]])
    display.PlainDisplay().log(token)
    with pytest.raises(SystemExit):
        output.fail(token, 1)
    try:
        raise ValueError(f"the server says {token}, other-secret")
    except ValueError:
        output.print_traceback()
    said = capsys.readouterr()
    text = said.out + said.err
    assert "Ab1" not in text
    assert "other-secret" not in text
    assert text.count("hf_***") == 5
    assert '"a": "https://***@h"' in text
    assert "Traceback" in said.err


PLUGIN = """
import typer
from typing import Literal
from pydantic import Field
from ganzoo import CommandGroup, Variant, VariantConfig, hookimpl

app = typer.Typer(help="Its own.")

@app.command()
def one(): ...

@app.command()
def two(): ...

class Config(VariantConfig):
    presets = {{"laptop": {{}}, "paper": {{}}}}
    speed: str = Field({title!r}, description={title!r})

@hookimpl
def ganzoo_variants():
    return [Variant("nasty", {title!r}, {title!r}, "ganzoo_nasty:Config", "ganzoo_nasty:build")]

@hookimpl
def ganzoo_commands():
    return [CommandGroup("nastier", {title!r}, "ganzoo_nasty:app")]
"""


@pytest.mark.parametrize("long", [False, True])
def test_titles_of_plugins(site, tmp_path, long):
    install(site, "ganzoo_nasty", PLUGIN.format(title=f"{NASTY} {LONG if long else ''}"))
    ganzoo = Command(site, tmp_path)
    for line in ("--help", "list", "plugins", "train --help", "train nasty --help", "info nasty", "nastier --help"):
        done = ganzoo(*line.split())
        assert done.returncode == 0, (line, done.stderr)
        assert clean(done.stderr) == ""
        assert ("[/x]" in clean(done.stdout)) == (line not in ("plugins", "nastier --help")), line


def test_runs_in_folders_of_any_name(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", "40", "--out", "runs/[red]r")
    assert "runs/[red]r" in (done := ganzoo("resume", "runs/[red]r", "--images", "60")).out
    assert "ganzoo sample 'runs/[red]r' --seed 1" in done.out
    for name in (NASTY.replace("/", "|"), "x" * 200):
        shutil.copytree(tmp_path / "runs/[red]r", tmp_path / "runs" / name)
    for name in ("[|x]", "\x1b[2J"):
        os.makedirs(tmp_path / "runs" / name)
        (tmp_path / "runs" / name / "config.json").write_text("{}")
    for command in ("runs", "models"):
        done = ganzoo(command)
        assert SHOWN.replace("/", "|") in clean(done.out)
        assert "runs/[red]r" in done.out
        assert r"runs/\x1b[2J/config.json: variant is missing" in clean(done.err)
        assert len(done.err.splitlines()) == 2
