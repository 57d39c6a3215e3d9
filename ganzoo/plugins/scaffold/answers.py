"""`Answers`: what a new plugin is made from, and what may be answered."""

from __future__ import annotations

import keyword
import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec

from rich.cells import cell_len

from ganzoo import plugins
from ganzoo.core.dotted import check_name
from ganzoo.errors import ConfigError, PluginError

PREFIX = "ganzoo-"
"""Of every third party's distribution."""

LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause")
"""SPDX identifiers; each has a template."""

LONGEST_NAME, LONGEST_LINE = 50, 80
"""Columns. With more, lines of what is written would be longer than its own linter allows."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the templates are told.

    Args:
        name: The variant's, as `check_variant` takes it.
        title: One line for people.
        paper: Where it comes from.
        conditional: Its players are given labels.
        author: Of the distribution, and holder of the copyright.
        email: Empty for none.
        license: One of `LICENSES`.
    """

    name: str
    title: str
    paper: str
    conditional: bool
    author: str
    email: str
    license: str

    @property
    def distribution(self) -> str:
        """What is installed: `ganzoo-my-gan`."""
        return PREFIX + self.name

    @property
    def package(self) -> str:
        """What is imported: `ganzoo_my_gan`."""
        return package_of(self.name)


def package_of(name: str) -> str:
    """The import package of a variant: `ganzoo_my_gan` of `my-gan`."""
    return (PREFIX + name).replace("-", "_")


def check_variant(name: str) -> None:
    """Refuse what cannot be the name of a new variant, of its distribution and its package.

    Raises:
        ConfigError: If it is no variant's name, or is taken.
    """
    try:
        check_name("variant", name)
    except PluginError as error:
        raise ConfigError(str(error)) from error
    if len(name) > LONGEST_NAME:
        raise ConfigError(f"a variant's name has at most {LONGEST_NAME} characters, and {name!r} has {len(name)}")
    if keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is a word of Python: take another name, as {name}-gan")
    for record in plugins.registry().records:
        if name in (record.name, *record.variants) or record.distribution == PREFIX + name:
            raise ConfigError(
                f"{name!r} is taken by {record.distribution} {record.version}: take another name, or uninstall that"
            )
    if find_spec(package_of(name)) is not None:
        raise ConfigError(f"{name!r} is taken: there is a package {package_of(name)} on Python's path")


def check_line(what: str, text: str) -> str:
    """Text that may stand in Python, TOML and Markdown as it is.

    Raises:
        ConfigError: If it may not, or is too long or empty.
    """
    text = text.strip()
    if not text or cell_len(text) > LONGEST_LINE or not text.isprintable() or any(mark in text for mark in '"\\'):
        raise ConfigError(
            f"{what} (={text!r}) must be one line of at most {LONGEST_LINE} characters, without double quotes and "
            "backslashes"
        )
    return text


def check_email(text: str) -> str:
    """An address, or nothing.

    Raises:
        ConfigError: If it is neither.
    """
    text = text.strip()
    if text and not re.fullmatch(r"[\w.%+-]+@[\w-]+(\.[\w-]+)+", text, re.ASCII):
        raise ConfigError(f"--email (={text!r}) must look like name@example.org, or be left out")
    return text


def check_license(text: str) -> str:
    """One of `LICENSES`, however its letters are written.

    Raises:
        ConfigError: If it is another.
    """
    for license in LICENSES:
        if text.strip().lower() == license.lower():
            return license
    raise ConfigError(f"--license (={text!r}) must be one of {', '.join(LICENSES)}")


def author_of_git() -> str:
    """`git config user.name`; empty where it is not set or there is no git."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, timeout=5)
        return check_line("author", done.stdout)
    except (OSError, subprocess.SubprocessError, UnicodeError, ConfigError):
        return ""
