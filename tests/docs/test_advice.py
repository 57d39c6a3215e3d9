"""What a message says to type can be typed: every command in the source by its options, the commonest by running it."""

from __future__ import annotations

import ast
import re
import shlex

import pytest
from docs.commands import mistakes
from docs.pages import ROOT

SOURCES = [path for folder in ("ganzoo", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))]
UNKNOWN = "X"


def words_of(call: ast.Call) -> str:
    """Of `typed("ganzoo", "resume", run.path)`: ganzoo resume X."""
    return " ".join(word.value if isinstance(word, ast.Constant) else UNKNOWN for word in call.args)


def is_typed(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "typed"


def text_of(node: ast.AST) -> str:
    """A string of the source, with what is only known when it is made as X."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    if isinstance(node, ast.FormattedValue):
        return words_of(node.value) if is_typed(node.value) else UNKNOWN
    return ""


def advice(source: str) -> set[str]:
    """The commands that the strings of a module have between backticks, and those that it makes by `typed`."""
    found = set()
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docstrings:
            continue
        found |= set(re.findall(r"`(ganzoo [^`]+)`", text_of(node)))
        if is_typed(node) and words_of(node).startswith("ganzoo "):
            found.add(words_of(node))
    # A part of a string that goes on in a replacement field has been read with the whole.
    return {re.sub(r"\s+", " ", line).replace("...", "").strip() for line in found}


ADVICE = sorted({(path.relative_to(ROOT).as_posix(), line) for path in SOURCES for line in advice(path.read_text())})


def test_it_is_found():
    source = """
def told():
    "`ganzoo docstring`"
    return f"`ganzoo info {name}` and {typed('ganzoo', 'resume', run)}", "`ganzoo " "runs`", typed("ganzoo", "eval", x)
"""
    assert advice(source) == {"ganzoo info X", "ganzoo resume X", "ganzoo runs", "ganzoo eval X"}
    assert len(ADVICE) > 60


@pytest.mark.parametrize(("path", "line"), ADVICE)
def test_every_command_in_a_message_exists(path, line):
    assert mistakes(line) == [], path


def commands(text: str) -> list[list[str]]:
    """Between backticks, as a shell splits them."""
    return [shlex.split(part)[1:] for part in re.findall(r"`(ganzoo [^`]+)`", " ".join(text.split()))]


MISTAKES = [
    ("sample",),
    ("sample", "nowhere"),
    ("train", "nothing"),
    ("info",),
    ("info", "nothing"),
    ("eval", "nowhere"),
    ("runs", "nowhere"),
    ("resume", "nowhere"),
    ("report", "nowhere"),
    ("models", "rm", "nowhere"),
    ("models", "info", "runs/one"),
    ("pull", "org/name"),
    ("push", "runs/one", "nowhere"),
    ("registry", "add", "lab", "other"),
    ("plugins", "doctor", "nothing"),
    ("plugins", "disable", "nothing"),
    ("--no-plugin",),
    ("nothing",),
    ("interpolate", "one.onnx", "--seeds", "1,2"),
    ("train", "vanilla", "--data", "tiny.npz", "--out", "runs/one"),
]
"""What a user may type wrong, where there are a run and a registry."""


@pytest.mark.slow
def test_what_is_said_to_be_typed_works(start, tiny, tmp_path):
    """One with a placeholder must only be known, which the test above looks at."""

    def run(*arguments):
        command = start(*arguments)
        command.wait()
        return command

    run(*tiny.train, "--images", 100, "--out", "runs/one", "-q")
    for folder in ("store", "other"):
        (tmp_path / folder).mkdir()
    run("registry", "add", "lab", "store")
    (tmp_path / "home" / "last.json").unlink()
    said = {mistake: run(*mistake) for mistake in MISTAKES}
    assert {mistake: told.code for mistake, told in said.items() if told.code not in (0, 1, 2)} == {}
    found = {tuple(words) for told in said.values() for words in commands(told.out + told.err)}
    tried = sorted(words for words in found if not any(word.isupper() for word in words))
    assert len(tried) >= 8, tried
    for words in tried:
        done = run(*words, *(["--dry-run"] if words[:1] == ("train",) else []))
        assert done.code == 0, (words, done.err)
