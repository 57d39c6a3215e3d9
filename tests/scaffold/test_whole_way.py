"""A plugin as written, all the way: built, installed, listed, tested, linted, trained, pushed, pulled, sampled."""

import json
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from scaffold.environments import TINY, Environment, build, travel

# Of every length and kind of name: ruff's line length is a promise of the template's.
NAMES = {"unconditional": "my-gan2", "conditional": "3d-" + "long-" * 9 + "x9"}
SAYS = {"title": "T" * 80, "paper": "P" * 80, "author": "A" * 80}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Both forms, each a wheel in one environment, and a folder for its commands."""
    folder = tmp_path_factory.mktemp("made")
    running, environment = Environment(None), Environment(folder / "environment")
    sources = {}
    for form, name in NAMES.items():
        said = [word for key, value in SAYS.items() for word in (f"--{key}", value)] if form == "conditional" else []
        running.ganzoo("plugins", "new", name, f"--{'no-' * (form[0] == 'u')}conditional", *said, folder=folder)
        sources[form] = folder / f"ganzoo-{name}"
        environment.install(build(sources[form], folder / f"wheel-of-{form}"))
    return SimpleNamespace(environment=environment, sources=sources, folder=folder)


@pytest.mark.parametrize("form", NAMES)
def test_its_own_tests_pass(made, form):
    told = made.environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=made.sources[form]).stdout
    assert "test_conformance" not in told  # only what was skipped or failed is named
    assert int(told.split()[-4]) > 20, told


@pytest.mark.parametrize("form", NAMES)
@pytest.mark.parametrize("command", [("ruff", "check", "--no-cache"), ("ruff", "format", "--check", "--no-cache")])
def test_lint_passes(made, form, command):
    if find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    made.environment.run("-m", *command, ".", folder=made.sources[form])


@pytest.mark.parametrize("form", NAMES)
def test_types_pass(made, form):
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    cache = ("--cache-dir", made.folder / "mypy")
    assert "Success" in made.environment.run("-m", "mypy", *cache, folder=made.sources[form]).stdout


def test_both_are_listed(made, tmp_path):
    listed = json.loads(made.environment.ganzoo("list", "--json", folder=tmp_path).stdout)["variants"]
    assert set(NAMES.values()) <= {variant["name"] for variant in listed}
    records = json.loads(made.environment.ganzoo("plugins", "--json", folder=tmp_path).stdout)
    for name in NAMES.values():
        record = next(record for record in records if record["name"] == name)
        assert (record["distribution"], record["status"], record["builtin"]) == (f"ganzoo-{name}", "ok", False)


def test_it_is_trained_pushed_pulled_and_sampled(made, tmp_path):
    name = NAMES["conditional"]
    reference = travel(made.environment, name, tmp_path, "--label", 7)
    # In the running environment there is no such plugin.
    failed = Environment(None).ganzoo("sample", reference, folder=tmp_path / "there", code=1)
    assert f"needs the variant {name!r}, which no installed plugin provides" in failed.stderr
    assert f"`pip install ganzoo-{name}`" in failed.stderr
    pulled = Environment(None).ganzoo("pull", reference, folder=tmp_path / "there").stdout
    assert f"it needs the variant {name!r}" in pulled
    assert "draws from it" not in pulled


def test_the_unconditional_form_trains(made, tmp_path):
    made.environment.ganzoo("train", NAMES["unconditional"], *TINY, "--out", "run", "--quiet", folder=tmp_path)
    assert (tmp_path / "run" / "samples" / "0000000200.png").is_file()
