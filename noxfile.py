"""What the README's commands run. All sessions share the environment that nox itself lives in.

One environment a clone, because torch's weighs 5.5 GB. `constraints.txt` pins everything that is installed.
"""

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "lint", "types"]

PROJECT = nox.project.load_toml("pyproject.toml")
BIN = Path(sys.executable).parent


DISTRIBUTION = ["--dist", "loadfile", "--no-loadscope-reorder"]
"""A file to a process, in the order of tests/conftest.py."""


def install(session: nox.Session, *groups: str) -> None:
    """Install the project in place, and the dependency groups, into the environment of this nox."""
    needed = [requirement for group in groups for requirement in PROJECT["dependency-groups"][group]]
    session.run(sys.executable, "-m", "pip", "install", "-q", "-c", "constraints.txt", "-e", ".", *needed)


def run(session: nox.Session, command: str, *arguments: str) -> None:
    session.run(str(BIN / command), *arguments, external=True)


@nox.session
def demo(session: nox.Session) -> None:
    """Train DCGAN on the bundled MNIST; ends with the path of a grid of digits."""
    install(session)
    # Shorter than the preset: digits are legible, and a machine half as fast still ends within ten minutes.
    run(session, "ganzoo", "train", "dcgan", "--images", "150k", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests."""
    install(session, "test")
    # A process a core, and in it a thread: trainings this small gain nothing from more, and wait for one another.
    session.env["OMP_NUM_THREADS"] = "1"
    run(session, "pytest", "-n", "auto", "--maxprocesses", "4", *DISTRIBUTION, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and which module may import which."""
    install(session, "lint")
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Strict static types."""
    install(session, "types")
    run(session, "mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into site/; a warning is an error."""
    install(session, "docs")
    run(session, "mkdocs", "build", "--strict", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """All benchmarks, with results in benchmarks/results/. Wants an idle machine, takes half an hour."""
    install(session)
    for script in ("startup", "discovery", "engine", "monitor", "evaluation", "registry"):
        session.run(sys.executable, f"benchmarks/{script}.py", *session.posargs)
