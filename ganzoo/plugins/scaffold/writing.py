"""Renders the templates and writes them: a whole distribution, or nothing."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
from pathlib import Path

from packaging.version import Version

from ganzoo import plugins
from ganzoo.errors import ConfigError
from ganzoo.plugins.scaffold.answers import (
    PREFIX,
    Answers,
    author_of_git,
    check_email,
    check_license,
    check_line,
    check_variant,
)
from ganzoo.utils.version import __version__


def requirement(version: str = __version__) -> str:
    """What a plugin made today requires: this minor version, and nothing that may break it."""
    now = Version(version)
    # 0.2.0.dev1 is less than 0.2.
    lowest = now if now.is_prerelease else f"{now.major}.{now.minor}"
    return f"{plugins.DISTRIBUTION}>={lowest},<{now.major + 1}"


def render(answers: Answers) -> dict[str, str]:
    """Every file of the distribution, by its path."""
    # 30 ms, of which no other command knows.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("ganzoo.plugins.scaffold"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    values = {
        **{field.name: getattr(answers, field.name) for field in dataclasses.fields(answers)},
        "distribution": answers.distribution,
        "package": answers.package,
        "requirement": requirement(),
        "year": datetime.date.today().year,
    }
    return {path: templates.get_template(f"{template}.j2").render(values) for path, template in _files(answers).items()}


def check_place(folder: Path, distribution: str) -> Path:
    """Where the distribution would be.

    Raises:
        ConfigError: If something is there already.
    """
    place = folder / distribution
    try:
        taken = place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir())))
    except OSError as error:
        raise _unwritable(place, error) from error
    if taken:
        raise ConfigError(f"{place} exists already: remove it, or choose another folder with --out")
    return place


def write(answers: Answers, folder: Path) -> Path:
    """Write `folder/ganzoo-NAME`, beside its place first, so that it is there in full or not at all.

    Raises:
        ConfigError: If something is there already, or the place cannot be written.
    """
    files = render(answers)
    place = check_place(folder, answers.distribution)
    aside = folder / f".{answers.distribution}.new"
    try:
        # What a process that was killed left there.
        shutil.rmtree(aside, ignore_errors=True)
        for path, text in files.items():
            file = aside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        if place.exists():
            place.rmdir()
        aside.rename(place)
    except OSError as error:
        raise _unwritable(place, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def new_plugin(
    name: str,
    *,
    title: str | None = None,
    paper: str = "unpublished",
    conditional: bool = False,
    author: str | None = None,
    email: str = "",
    license: str = "MIT",
    out: str | Path = ".",
) -> Path:
    """Begin a plugin: a small GAN that trains, with tests, README, license, CI and release, ready to be changed.

    Args:
        name: Of the variant, as in `ganzoo train NAME`: lower case, hyphens.
        title: One line for people; None: from the name.
        paper: As `"arXiv:1406.2661"`.
        conditional: Both players are given labels.
        author: Who holds the copyright; None: git's `user.name`.
        email: The author's.
        license: `"MIT"`, `"Apache-2.0"` or `"BSD-3-Clause"`.
        out: Folder to write into.

    Returns:
        The folder `ganzoo-NAME` in it.

    Raises:
        ConfigError: If a value is refused, the name is taken, or something is there already.
    """
    check_variant(name)
    answers = Answers(
        name=name,
        title=check_line("--title", name.replace("-", " ").capitalize() if title is None else title),
        paper=check_line("--paper", paper),
        conditional=conditional,
        author=check_line("--author", author or author_of_git() or f"The {PREFIX}{name} authors"),
        email=check_email(email),
        license=check_license(license),
    )
    return write(answers, Path(out).expanduser())


def _files(answers: Answers) -> dict[str, str]:
    """Paths in the distribution, and their templates."""
    package = f"src/{answers.package}"
    return {
        ".github/workflows/ci.yml": "workflows/ci.yml",
        ".github/workflows/release.yml": "workflows/release.yml",
        ".gitignore": "gitignore",
        "LICENSE": f"licenses/{answers.license}",
        "README.md": "README.md",
        "pyproject.toml": "pyproject.toml",
        f"{package}/__init__.py": "package/__init__.py",
        f"{package}/config.py": "package/config.py",
        f"{package}/model.py": "package/model.py",
        f"{package}/py.typed": "package/py.typed",
        f"tests/test_{answers.name.replace('-', '_')}.py": "test.py",
    }


def _unwritable(place: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{place} cannot be written ({error.strerror or error}): choose another folder with --out")
