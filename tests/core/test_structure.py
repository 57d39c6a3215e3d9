"""The package is laid out so that each thing is found in one guess, and speaks the field's language."""

import re
from pathlib import Path

import pytest

from ganzoo.plugins.entry_points import STANDARD

ROOT = Path(__file__).parents[2]
VARIANTS = sorted((ROOT / "plugins").iterdir())
WRITTEN = [
    path
    for folder in ("ganzoo", "plugins")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".j2", ".html", ".css", ".js"} and "__pycache__" not in path.parts
]

# In the middle of a name too, as in `find_stranger` and `StrangerError`.
OURS = re.compile(
    r"""(?<![a-z])(
        strangers? | brings? | brought | bringing | mend(s|ed|ing)? | anew | randomness
        | (optim|regular|initial|equal|normal|memor|real|organ|recogn|general|minim|maxim|summar|serial|penal)
          is(e|es|ed|ing|er|ers|ation)
        | colour\w* | licences? | behaviours? | centres? | centred | grey | labell(ed|ing) | neighbours?
    )(?![a-z])""",
    re.VERBOSE | re.IGNORECASE,
)


def entries(folder):
    return {path.name for path in folder.iterdir()} - {"__pycache__", "py.typed"}


def words(text):
    """Those of our own, in a text whose names are taken apart."""
    return [match[0] for match in OURS.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))]


def test_the_package_is_seen_at_a_glance():
    assert len(entries(ROOT / "ganzoo")) <= 21


def test_every_variant_is_told_by_its_name():
    assert {path.name for path in VARIANTS} == {f"ganzoo_{name}".replace("-", "_") for name in STANDARD[1:]}


@pytest.mark.parametrize("folder", VARIANTS, ids=lambda path: path.name)
def test_every_variant_has_the_same_files(folder):
    assert entries(folder) - {"samples.png"} == {"__init__.py", "config.py", "model.py", "README.md"}


def test_words_are_the_fields():
    assert len(WRITTEN) > 250
    found = {path.relative_to(ROOT).as_posix(): words(path.read_text(encoding="utf-8")) for path in WRITTEN}
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class StrangerError:", ["Stranger"]),
        ("def brought_by(plugin): ...", ["brought"]),
        ("optimisers = Optimisers(adam)", ["optimisers", "Optimisers"]),
        ("amend, recommended, amending, otherwise, premise, color, license, optimizer", []),
    ],
)
def test_such_words_are_noticed(text, found):
    assert words(text) == found
