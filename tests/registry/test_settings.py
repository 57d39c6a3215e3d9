"""`config.toml`, and `ganzoo registry`."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from registry import limited
from typer.testing import CliRunner

from ganzoo.cli.models import registry
from ganzoo.errors import GanzooError, RegistryError, RunError
from ganzoo.registry import settings
from ganzoo.utils import last_model

WRITTEN = """# mine
disabled = ["x"]   # why

[registries] # where models are
# the big disk
old = "/srv/old"   # since 2025

[defaults]
seed = 3
"""


@pytest.fixture
def config(home):
    return home / "config.toml"


def test_a_registry_is_kept_and_forgotten(config, tmp_path):
    assert settings.registries() == {}
    assert settings.add_registry("lab", str(tmp_path)) == str(tmp_path)
    assert settings.add_registry("us-2", "hf://our-org") == "hf://our-org"
    assert settings.registries() == {"lab": str(tmp_path), "us-2": "hf://our-org"}
    assert tomllib.loads(config.read_text()) == {"registries": settings.registries()}
    assert settings.add_registry("lab", str(tmp_path)) == str(tmp_path)
    assert settings.remove_registry("lab") == str(tmp_path)
    assert settings.registries() == {"us-2": "hf://our-org"}
    settings.remove_registry("us-2")
    assert settings.registries() == {}


def test_what_a_person_wrote_stays(config, tmp_path):
    config.write_text(WRITTEN)
    settings.add_registry("lab", str(tmp_path))
    assert settings.registries() == {"old": "/srv/old", "lab": str(tmp_path)}
    added = config.read_text()
    assert all(line in added.splitlines() for line in WRITTEN.splitlines())
    settings.remove_registry("lab")
    assert config.read_text() == WRITTEN
    settings.remove_registry("old")
    assert tomllib.loads(config.read_text()) == {"disabled": ["x"], "registries": {}, "defaults": {"seed": 3}}
    assert "# mine" in config.read_text()


@pytest.mark.parametrize(
    "text", ["registries.old = '/a'\n", "registries = {old = '/a'}\n", "[x]\ny=1\n[registries]\nold='/a'\n[z]\n"]
)
def test_other_spellings_of_the_table(config, tmp_path, text):
    config.write_text(text)
    settings.add_registry("lab", str(tmp_path))
    assert settings.registries() == {"old": "/a", "lab": str(tmp_path)}
    settings.remove_registry("old")
    assert settings.registries() == {"lab": str(tmp_path)}


def test_folders_are_kept_in_full(config, tmp_path, monkeypatch):
    (tmp_path / "zoo").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.add_registry("a", "zoo") == settings.add_registry("b", "~/zoo") == str(tmp_path / "zoo")


def test_a_link_to_the_file_stays_a_link(config, tmp_path):
    dotfiles = tmp_path / "dotfiles.toml"
    dotfiles.write_text("# kept elsewhere\n")
    config.symlink_to(dotfiles)
    settings.add_registry("lab", "hf://lab")
    assert config.is_symlink()
    assert dotfiles.read_text().startswith("# kept elsewhere\n")
    assert settings.registries() == {"lab": "hf://lab"}


@pytest.mark.parametrize(
    ("name", "place", "says"),
    [
        ("Lab", "hf://x", "lower-case"), ("", "hf://x", "lower-case"), ("a--b", "hf://x", "lower-case"),
        ("-a", "hf://x", "lower-case"), ("a/b", "hf://x", "lower-case"), ("a" * 41, "hf://x", "at most 40"),
        ("hf", "hf://x", "something else"), ("builtin", "hf://x", "something else"), ("file", "/", "something else"),
        ("lab", "/no/where", "mkdir -p /no/where"), ("lab", "hf://", "hf://org"), ("lab", "hf://a/b", "hf://org"),
        ("lab", "file:///srv", "hf://org"), ("old", "hf://x", "old is /srv/old already"),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(config, name, place, says):
    config.write_text(WRITTEN)
    with pytest.raises(RegistryError, match=says):
        settings.add_registry(name, place)
    with pytest.raises(RegistryError, match="there are old"):
        settings.remove_registry("new")
    assert config.read_text() == WRITTEN


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("registries = 3", "must be a table"), ("[registries]\nlab = 3", "must be an absolute folder or hf://org"),
        ("[registries]\nlab = 'zoo'", "absolute folder"), ("[registries]\nLab = '/zoo'", "lower-case"),
        ("[registries]\nhf = '/zoo'", "something else"), ("a = 1\nb =\n", "is no TOML: .*line 2"),
        ("[registries", "is no TOML"), (b"\xff\xfe", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_one_sentence_and_stays(config, tmp_path, text, says):
    data = text if isinstance(text, bytes) else text.encode()
    config.write_bytes(data)
    for call in (settings.registries, lambda: settings.add_registry("new", str(tmp_path))):
        with pytest.raises(GanzooError, match=says) as caught:
            call()
        assert str(config) in str(caught.value)
    assert config.read_bytes() == data
    assert {path.name for path in config.parent.iterdir()} <= {"config.toml", ".config.lock"}


@pytest.mark.slow
def test_many_at_once_lose_nothing(config, tmp_path):
    code = """
import sys
from ganzoo.registry import settings
from ganzoo.utils import last_model
for number in range(5):
    settings.add_registry(f"{sys.argv[1]}{number}", "/")
"""
    command = [sys.executable, "-c", code]
    processes = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert sorted(settings.registries()) == [f"{name}{i}" for name in "abc" for i in range(5)]


@pytest.mark.slow
def test_no_permission_and_no_room(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(WRITTEN)
    (tmp_path / "home").chmod(0o555)
    code = "print(settings.registries()); refused(lambda: settings.add_registry('lab', '/'))"
    first, second = limited.run(code, tmp_path, first=limited.AS_NOBODY)
    assert first == "{'old': '/srv/old'}"
    assert second.endswith("config.toml cannot be written: Permission denied; GANZOO_HOME moves ganzoo's folder")
    (tmp_path / "home").chmod(0o755)
    code = """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
    refused(lambda: settings.add_registry('lab', '/'))
    """
    (line,) = limited.run(code, tmp_path)
    assert "config.toml cannot be written: File too large" in line
    assert (tmp_path / "home" / "config.toml").read_text() == WRITTEN
    assert sorted(os.listdir(tmp_path / "home")) == [".config.lock", "config.toml"]


def test_the_command(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zoo").mkdir()

    def run(*arguments):
        done = CliRunner().invoke(registry.app, arguments)
        assert done.exception is None or isinstance(done.exception, GanzooError)
        return str(done.exception or done.output)

    assert run("list").startswith("none: `ganzoo registry add")
    assert run("list", "--json") == "[]\n"
    assert run("add", "lab", "zoo") == f"lab/MODEL is a model in {tmp_path / 'zoo'} now\n"
    run("add", "us", "hf://our-org")
    expected = [{"name": "lab", "place": str(tmp_path / "zoo")}, {"name": "us", "place": "hf://our-org"}]
    assert json.loads(run("list", "--json")) == expected
    assert run("list").splitlines()[1] == "us   hf://our-org"
    assert "no store answers to ftp://" in run("add", "new", "ftp://x")
    assert "is no folder" in run("add", "new", "nowhere")
    assert run("remove", "lab") == f"lab is forgotten; {tmp_path / 'zoo'} is as it was\n"
    assert "there are us" in run("remove", "lab")


@pytest.mark.slow
def test_it_is_a_command_of_ganzoo(home):
    command = [sys.executable, "-W", "error", "-c", "from ganzoo.cli.app import main; main()", "registry"]
    done = subprocess.run([*command, "add", "Lab", "/"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: 'Lab' cannot be the name of a registry: use lower-case")
    assert subprocess.run([*command, "add", "lab", "/"], capture_output=True).returncode == 0
    assert settings.registries() == {"lab": "/"}


@pytest.mark.parametrize("place", ["/\\u0000x", "relative", ""])
def test_a_place_that_cannot_be_is_named(config, place):
    config.write_text(f'[registries]\nlab = "{place}"\n')
    with pytest.raises(RegistryError, match="must be an absolute folder or hf://org"):
        settings.registries()


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, '{"path": 3}', '{"path": "\\u0000"}'])
def test_what_is_no_note_of_the_last_model_is_none(home, text):
    (home / "last.json").write_text(text)
    with pytest.raises(RunError, match="no model was trained or pulled yet"):
        last_model.last_model()
