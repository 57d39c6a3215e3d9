"""`ganzoo plugins new` as a real process: what it writes, what it refuses, what it asks, and what a kill leaves."""

import ast
import datetime
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from plugins.installed import describe

from ganzoo.plugins.scaffold.writing import requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MAIN = "from ganzoo.cli.app import main; main()"
FILES = {
    ".github/workflows/ci.yml", ".github/workflows/release.yml", ".gitignore", "LICENSE", "README.md", "pyproject.toml",
    "src/ganzoo_my_gan2/__init__.py", "src/ganzoo_my_gan2/config.py", "src/ganzoo_my_gan2/model.py",
    "src/ganzoo_my_gan2/py.typed", "tests/test_my_gan2.py",
}  # fmt: skip


def environment(tmp_path, git="[user]\nname = Ada Lovelace\n"):
    """Of a user whose git knows her name."""
    config = tmp_path.parent / f"{tmp_path.name}.gitconfig"
    config.write_text(git)
    of_git = {"GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    return {**os.environ, **of_git, "GANZOO_HOME": str(tmp_path / "home"), "TERM": "dumb", "COLUMNS": "200"}


def command(arguments, first=""):
    """What starts `ganzoo plugins new`, after some code of the test's."""
    code = f"import sys; sys.argv = {['ganzoo', 'plugins', 'new', *map(str, arguments)]!r}\n{first}\n{MAIN}"
    return [sys.executable, "-W", "error", "-c", code]


@pytest.fixture
def new(tmp_path):
    """`new("my-gan", ..., code=0)`: run it in `tmp_path`, where no terminal answers."""

    def run(*arguments, code=0, first="", git="[user]\nname = Ada Lovelace\n"):
        done = subprocess.run(
            command(arguments, first), cwd=tmp_path, env=environment(tmp_path, git), stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())


def test_what_is_written_and_said(new, tmp_path):
    shown = new("my-gan2").stdout
    place = tmp_path / "ganzoo-my-gan2"
    assert written(place) == FILES
    for word in ("ganzoo-my-gan2/", "model.py", "release.yml", "cd ganzoo-my-gan2", "pip install -e . pytest",
                 "ganzoo train my-gan2", "ganzoo plugins check ganzoo_my_gan2"):  # fmt: skip
        assert word in shown
    assert shown.count("py.typed") == 1
    of_project = project(place)["project"]
    assert of_project["name"] == "ganzoo-my-gan2"
    assert of_project["entry-points"] == {"ganzoo": {"my-gan2": "ganzoo_my_gan2"}}
    assert of_project["dependencies"] == [requirement()]
    assert of_project["authors"] == [{"name": "Ada Lovelace"}]
    assert of_project["license"] == "MIT"
    assert f"Copyright (c) {datetime.date.today().year} Ada Lovelace" in (place / "LICENSE").read_text()
    # Modes are as of any file that the user makes.
    (tmp_path / "mine").mkdir()
    assert place.stat().st_mode == (tmp_path / "mine").stat().st_mode
    assert not list(tmp_path.glob(".ganzoo*"))


def test_the_workflows(new, tmp_path):
    new("my-gan2")
    flows = tmp_path / "ganzoo-my-gan2/.github/workflows"
    tests, release = (yaml.safe_load((flows / name).read_text()) for name in ("ci.yml", "release.yml"))
    assert tests["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    commands = [step["run"] for step in tests["jobs"]["test"]["steps"] if "run" in step]
    assert commands[1:] == ["pip install -e . --group dev", "pytest", "ruff check .", "ruff format --check .", "mypy"]
    python = tests["jobs"]["test"]["steps"][1]["with"]["python-version"]
    assert python == "${{ matrix.python }}"
    # YAML 1.1 reads `on` as true.
    assert release[True] == {"push": {"tags": ["v*"]}}
    publish = release["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["steps"][-1]["uses"].startswith("pypa/gh-action-pypi-publish@")
    assert "password" not in (flows / "release.yml").read_text()
    assert release["jobs"]["build"].get("permissions") is None
    assert release["permissions"] == {"contents": "read"}


def test_all_that_can_be_given(new, tmp_path):
    given = {"title": "GAN des \u00e9toiles {{ 7 * 7 }}", "paper": "arXiv:1234.56789", "author": "Conan O'Brien"}
    flags = [word for name, value in given.items() for word in (f"--{name}", value)]
    new("my-gan2", *flags, "--email", "a@b.example", "--license", "bsd-3-clause", "--conditional", "--out", "deep/er")
    place = tmp_path / "deep/er/ganzoo-my-gan2"
    of_project = project(place)["project"]
    assert of_project["authors"] == [{"name": "Conan O'Brien", "email": "a@b.example"}]
    assert of_project["license"] == "BSD-3-Clause"
    assert "Neither the name of the copyright holder" in (place / "LICENSE").read_text()
    package = ast.parse((place / "src/ganzoo_my_gan2/__init__.py").read_text())
    call = next(node for node in ast.walk(package) if isinstance(node, ast.Call) and node.keywords)
    told = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert told == {
        "name": "my-gan2", "title": given["title"], "paper": "arXiv:1234.56789", "labels": "required",
        "config": "ganzoo_my_gan2.config:Config", "factory": "ganzoo_my_gan2.model:build",
    }  # fmt: skip
    assert given["title"] in (place / "README.md").read_text()


def test_apache_is_the_license_in_full(new, tmp_path):
    new("my-gan2", "--license", "Apache-2.0")
    assert (tmp_path / "ganzoo-my-gan2/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_without_a_name_in_git_the_authors_are_named_after_the_plugin(new, tmp_path):
    new("my-gan2", "--yes", git="")
    assert project(tmp_path / "ganzoo-my-gan2")["project"]["authors"] == [{"name": "The ganzoo-my-gan2 authors"}]


def test_the_prefix_is_dropped_with_a_note(new, tmp_path):
    shown = new("ganzoo-my-gan2").stdout
    assert shown.startswith("the variant is called my-gan2; ganzoo- stands before its distribution\n")
    assert written(tmp_path / "ganzoo-my-gan2") == FILES


def test_an_empty_folder_is_taken(new, tmp_path):
    (tmp_path / "ganzoo-my-gan2").mkdir()
    new("my-gan2")
    assert written(tmp_path / "ganzoo-my-gan2") == FILES


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["My_Gan"], "variant name 'My_Gan' is not allowed: use lower-case letters, digits and single hyphens"),
        (["a--b"], "variant name 'a--b' is not allowed"),
        (["../x"], "variant name '../x' is not allowed"),
        (["ganzoo-"], "variant name '' is not allowed"),
        (["x" * 51], "a variant's name has at most 50 characters, and"),
        (["class"], "'class' is a word of Python: take another name, as class-gan"),
        (["dcgan"], "'dcgan' is taken by torch-ganzoo "),
        (["ganzoo-wgan-gp"], "'wgan-gp' is taken by torch-ganzoo"),
        (["good", "--license", "GPL"], "--license (='GPL') must be one of MIT, Apache-2.0, BSD-3-Clause"),
        (["good", "--email", "me"], "--email (='me') must look like name@example.org, or be left out"),
        (["good", "--title", 'a "deep" one'], "--title (='a \"deep\" one') must be one line of at most 80 characters"),
        (["good", "--title", "a\nb"], "--title (='a\\nb') must be one line"),
        (["good", "--paper", "C:\\x"], "must be one line"),
        (["good", "--author", " "], "--author (='') must be one line"),
        (["good", "--title", "\u5b57" * 41], "must be one line of at most 80"),
        (["good", "--out", "file"], "file/ganzoo-good cannot be written (Not a directory): choose another folder with"),
        (["good", "--out", "/proc"], "/proc/ganzoo-good cannot be written ("),
        (["good", "--out", "full"], "full/ganzoo-good exists already: remove it, or choose another folder with --out"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_one_sentence_and_leaves_nothing(new, tmp_path, arguments, said):
    (tmp_path / "file").touch()
    (tmp_path / "full/ganzoo-good/src").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    failed = new(*arguments, code=2)
    assert failed.stderr.startswith("error: ")
    assert said in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_an_unused_plugin_has_is_taken(new, tmp_path):
    describe(tmp_path / "site", "ganzoo-other", "other", "nowhere", requires="")
    (tmp_path / "site/ganzoo_third.py").touch()
    first = f"sys.path.insert(0, {str(tmp_path / 'site')!r})"
    assert "'other' is taken by ganzoo-other 1.5" in new("other", first=first, code=2).stderr
    assert "there is a package ganzoo_third on Python's path" in new("third", first=first, code=2).stderr


def test_a_full_disk_leaves_nothing(new, tmp_path):
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    failed = new("my-gan2", first=limit + "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))", code=2)
    assert "ganzoo-my-gan2 cannot be written (File too large): choose another folder with --out" in failed.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("files", [1, 5, 11])
def test_a_kill_in_the_middle_leaves_nothing_half_made(new, tmp_path, files):
    killed = new(
        "my-gan2",
        first=f"""
import os, pathlib
write, count = pathlib.Path.write_text, 0
def write_text(path, *arguments, **options):
    global count
    count += 1
    write(path, *arguments, **options)
    if count == {files}:
        os.kill(os.getpid(), {int(signal.SIGKILL)})
pathlib.Path.write_text = write_text
""",
        code=-signal.SIGKILL,
    )
    assert killed.stderr == ""
    assert not (tmp_path / "ganzoo-my-gan2").exists()
    new("my-gan2")
    assert [path.name for path in tmp_path.iterdir()] == ["ganzoo-my-gan2"]
    assert written(tmp_path / "ganzoo-my-gan2") == FILES


def in_the_foreground():
    """Of its terminal, and with Ctrl-C as at a prompt: who runs tests in the background ignores it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def converse(tmp_path, arguments, answers):
    """Type a line at each question of a terminal, or a key; the exit code and all that it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(arguments), cwd=tmp_path, env=environment(tmp_path), stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=in_the_foreground,
    )  # fmt: skip
    os.close(theirs)
    shown, waiting = b"", list(answers)
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # so Linux says that nobody is at the other end
            break
        shown += chunk
        if not chunk:
            break
        if shown.endswith(b": "):
            # Python writes the prompt just before it waits for an answer, and misses a Ctrl-C that comes in between.
            time.sleep(0.5 if waiting[0] == "\x03" else 0)
            os.write(ours, waiting.pop(0).encode())
    os.close(ours)
    assert waiting == []
    return process.wait(60), shown.decode().replace("\r\n", "\n")


def test_a_terminal_is_asked_until_it_is_right(tmp_path):
    (tmp_path / "full/ganzoo-my-gan2/src").mkdir(parents=True)
    answers = ["y", "Stars", "", "", "nobody", "me@b.example", "GPL", "apache-2.0", "full", "here"]
    code, shown = converse(tmp_path, ["my-gan2"], [f"{answer}\n" for answer in answers])
    assert code == 0, shown
    place = tmp_path / "here/ganzoo-my-gan2"
    of_project = project(place)["project"]
    assert of_project["authors"] == [{"name": "Ada Lovelace", "email": "me@b.example"}]
    assert of_project["license"] == "Apache-2.0"
    assert "Stars" in of_project["description"]
    text = (place / "src/ganzoo_my_gan2/__init__.py").read_text()
    assert 'labels="required"' in text
    assert 'paper="unpublished"' in text
    for said in ("Author [Ada Lovelace]", "--email (='nobody') must", "--license (='GPL') must", "exists already"):
        assert shown.count(said) == 1, shown


def test_a_terminal_is_not_asked_what_was_given_nor_with_yes(tmp_path):
    given = ["--title", "T", "--no-conditional", "--author", "A", "--email", "", "--license", "MIT", "--out", "."]
    code, shown = converse(tmp_path, ["my-gan2", *given], ["arXiv:1\n"])
    assert code == 0, shown
    assert "Paper" in shown
    for question in ("labels?", "Title", "Author", "Email", "License", "Folder"):
        assert question not in shown
    code, shown = converse(tmp_path, ["other", "--yes"], [])
    assert code == 0, shown
    assert "Paper" not in shown
    # Before any question.
    code, shown = converse(tmp_path, ["third", "--license", "GPL"], [])
    assert (code, "labels?" in shown) == (2, False)


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_at_a_question_leave_nothing(tmp_path, key):
    code, shown = converse(tmp_path, ["my-gan2"], ["n\n", "Stars\n", key])
    assert code in (1, 130), shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "required"),
    [("0.1.0", ">=0.1,<1"), ("0.12.3", ">=0.12,<1"), ("2.3.4", ">=2.3,<3"), ("0.2.0.dev1", ">=0.2.0.dev1,<1")],
)
def test_the_requirement_has_two_bounds(version, required):
    assert requirement(version) == f"torch-ganzoo{required}"
