"""A source folder or a wheel, laid out as an installer would in a folder of its own. Nothing is built or installed."""

from __future__ import annotations

import configparser
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any

from ganzoo.errors import PluginError
from ganzoo.plugins.hookspecs import PROJECT

TABLE = f"[project.entry-points.{PROJECT}]"


@dataclass(frozen=True)
class Stage:
    """A folder for the front of `sys.path`: package and dist-info, so that an installed one is not seen.

    Args:
        folder: Where it is.
        distribution: Its name, and `version`.
        version: Likewise.
    """

    folder: Path
    distribution: str
    version: str


def is_path(plugin: str | Path) -> bool:
    """Whether a path is meant, and not a name."""
    text = str(plugin)
    return isinstance(plugin, Path) or "/" in text or "\\" in text or text.endswith(".whl") or _is_project(text)


@contextmanager
def staged(path: Path) -> Iterator[Stage]:
    """Lay it out, for as long as the context lasts.

    Raises:
        PluginError: If it is neither a wheel nor a source folder of a plugin.
    """
    with tempfile.TemporaryDirectory(prefix="ganzoo-check-") as folder:
        stage = Path(folder)
        if path.is_dir():
            _stage_folder(path, stage)
        elif path.suffix == ".whl" and path.is_file():
            _stage_wheel(path, stage)
        elif path.exists():
            raise PluginError(f"{path} is neither a wheel nor a folder: give a .whl, or a folder with a pyproject.toml")
        else:
            raise PluginError(f"{path} does not exist: give a .whl, or a folder with a pyproject.toml")
        found = PathDistribution(next(stage.glob("*.dist-info")))
        yield Stage(stage, found.name, found.version)


def _is_project(text: str) -> bool:
    return text in (".", "..") or (Path(text) / "pyproject.toml").is_file()


def _stage_wheel(path: Path, stage: Path) -> None:
    try:
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(stage)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise PluginError(f"{path} is not a whole wheel ({error}): build it again with `python -m build`") from None
    described = next(stage.glob("*.dist-info/METADATA"), None)
    if described is None:
        raise PluginError(f"{path} is no wheel: it has no *.dist-info/METADATA")
    entries = described.with_name("entry_points.txt")
    try:
        groups = configparser.ConfigParser(delimiters="=", strict=False)
        groups.read_string(entries.read_text(encoding="utf-8") if entries.exists() else "")
    except (configparser.Error, UnicodeDecodeError):
        raise PluginError(
            f"{path}: its entry_points.txt cannot be read: build it again with `python -m build`"
        ) from None
    if not groups.has_section(PROJECT):
        raise PluginError(f"{path} is no plugin: it has no entry point in the group {PROJECT!r}: add {TABLE}")


def _stage_folder(path: Path, stage: Path) -> None:
    project = _project(path)
    name, version = project["name"], str(project.get("version", "0"))
    entries = project["entry-points"][PROJECT]
    source = path / "src" if (path / "src").is_dir() else path
    modules = sorted({target.partition(":")[0].strip().partition(".")[0] for target in entries.values()})
    for module in modules:
        if not any((source / there).exists() for there in (module, f"{module}.py")):
            raise PluginError(
                f"{path} names {module} in {TABLE}, and has neither {module}/ nor src/{module}/: fix the name, or "
                "build a wheel and check that"
            )
    for entry in source.iterdir():
        if source != path or entry.stem in modules or (_is_package(entry) and not entry.name.startswith("test")):
            _copy(entry, stage / entry.name)
    info = stage / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in project.get("dependencies", [])]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    written = "".join(f"{entry} = {target}\n" for entry, target in entries.items())
    (info / "entry_points.txt").write_text(f"[{PROJECT}]\n{written}", encoding="utf-8")


def _project(path: Path) -> dict[str, Any]:
    """The table `[project]` of a plugin's pyproject.toml."""
    file = path / "pyproject.toml"
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PluginError(f"{path} has no pyproject.toml: give the folder of a plugin's source, or a .whl") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PluginError(f"{file} cannot be read: {error}") from None
    project: dict[str, Any] = document.get("project", {})
    if not project.get("name"):
        raise PluginError(f"{file} has no name in [project]: add one, such as ganzoo-mygan")
    if not project.get("entry-points", {}).get(PROJECT):
        raise PluginError(f'{path} is no plugin: {file.name} has no {TABLE}: add it, with `mygan = "ganzoo_mygan"`')
    if "dependencies" in project.get("dynamic", []):
        raise PluginError(f"{file} leaves its dependencies to the build: build a wheel and check that")
    return project


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
