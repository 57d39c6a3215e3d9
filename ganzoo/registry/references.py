"""References to models: what a user types, and where that leads. Imports no torch.

name[@revision]            a built-in model, one that was pulled, or a run; an error where it could be several
builtin:name               a model that comes with ganzoo
lab/name[@revision]        in a registry added by `ganzoo registry add lab ...`
hf://org/name[@revision]   on the Hugging Face Hub; a plugin may provide more such schemes
file:///path, ./path       a run, a package, a package as .zip, or a model in a directory store
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from ganzoo import plugins
from ganzoo.core.descriptors import StoreScheme
from ganzoo.errors import ConfigError, RegistryError
from ganzoo.registry import settings
from ganzoo.registry.packages.archive import is_archive
from ganzoo.registry.packages.package import is_package
from ganzoo.registry.stores.builtin import BuiltinStore
from ganzoo.registry.stores.directory import DirectoryStore
from ganzoo.registry.stores.protocol import Store
from ganzoo.utils.nearest import did_you_mean
from ganzoo.utils.places import CONFIG, RUNS
from ganzoo.utils.shell import typed

BUILTIN = "builtin:"
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"


@dataclass(frozen=True)
class Source:
    """Where a reference leads.

    Args:
        typed: A reference that can only mean this.
        kind: `"run"`, `"package"` (a folder), `"archive"` (a .zip) or `"store"`.
        path: Of all but a store.
        store: Which, with the model's `name` in it and the `revision` that was asked for, if any.
    """

    typed: str
    kind: Literal["run", "package", "archive", "store"]
    path: Path | None = None
    store: Store | None = None
    name: str = ""
    revision: str | None = None


@dataclass(frozen=True)
class Destination:
    """Where a model is pushed to.

    Args:
        reference: Under which it can be pulled, without a tag.
        store: Which, with the model's `name` in it, and the `tag` that followed `@`, if any.
        archive: A .zip file instead.
    """

    reference: str
    store: Store | None = None
    name: str = ""
    tag: str | None = None
    archive: Path | None = None


def locate(text: str, *, offline: bool = False) -> Source:
    """Find out what a reference means. Asks no network.

    Raises:
        ConfigError: If it is no reference, or could mean several models; the message has the strings to type.
        RegistryError: If nothing is there.
    """
    if not text:
        raise ConfigError("name a model: `ganzoo models` lists those that are here")
    scheme = re.match(r"([a-z][a-z0-9]*)://", text)
    if scheme and scheme[1] == "file":
        return _at_path(text, Path(unquote(urlsplit(text).path)))
    if scheme:
        name, revision = _split(text[scheme.end() :], text)
        return Source(text, "store", store=open_scheme(scheme[1], offline=offline), name=name, revision=revision)
    if text.startswith(BUILTIN):
        return _builtin(*_split(text.removeprefix(BUILTIN), text))
    found = _candidates(text, offline=offline)
    if len(found) > 1:
        raise ConfigError(f"{text!r} could be several models: type one of {', '.join(typed(s.typed) for s in found)}")
    if found:
        return found[0]
    raise _nothing(text)


def means_model(text: str) -> bool:
    """Whether a reference leads to a model, for commands that take other things too, such as a folder of images."""
    path = Path(text).expanduser()
    if re.match(r"[a-z][a-z0-9]*:", text) and not re.fullmatch(r".+:(train|val|test|all)", text):
        return True
    if path.exists() and not (is_package(path) or _is_run(path) or (path / "revisions").is_dir()):
        return path.suffix == ".zip" and is_archive(path)
    try:
        return bool(_candidates(text, offline=True))
    except RegistryError:
        return False


def destination(text: str) -> Destination:
    """Where a model is to be pushed to. Asks no network.

    Raises:
        ConfigError: If the reference names no place that can be written to.
    """
    if text.endswith(".zip"):
        return Destination(text, archive=Path(text).expanduser())
    scheme = re.match(r"([a-z][a-z0-9]*)://", text)
    if scheme and scheme[1] != "file":
        name, tag = _split(text[scheme.end() :], text)
        return Destination(f"{scheme[0]}{name}", open_scheme(scheme[1], offline=False), name, tag)
    if text.startswith(BUILTIN):
        raise ConfigError(
            "the built-in models come with ganzoo and cannot be pushed to: give a folder or hf://org/name"
        )
    known = settings.registries()
    registry, _, rest = text.partition("/")
    if not scheme and registry in known and rest:
        name, tag = _split(rest, text)
        store, in_store = _registry_store(registry, known[registry], name, offline=False)
        return Destination(f"{registry}/{name}", store, in_store, tag)
    path = Path(unquote(urlsplit(text).path)) if scheme else Path(text).expanduser()
    if "/" not in text or not path.name:
        raise ConfigError(
            f"{text!r} says no place to push to: give a folder and a name, as /srv/zoo/{text or 'name'}, a registry of "
            "`ganzoo registry list`, as lab/name, hf://org/name, or a file that ends in .zip"
        )
    name, tag = _split(path.name, text)
    if is_package(path) or _is_run(path):
        raise ConfigError(f"{path} is a run or a package already: name a model beside it, or another folder")
    return Destination(str(path.with_name(name)), _directory(path.parent), name, tag)


def open_scheme(scheme: str, *, offline: bool) -> Store:
    """The store behind `scheme://`.

    Raises:
        ConfigError: If no plugin provides it.
    """
    schemes = plugins.registry().registered(StoreScheme)
    if scheme not in schemes:
        plugins.registry().refuse_unused(StoreScheme, scheme)
        allowed = ", ".join(f"{name}://" for name in ("file", *schemes))
        raise ConfigError(f"no store answers to {scheme}://: there are {allowed}, and plugins can provide more")
    store: Store = schemes[scheme].load()(offline=offline)
    return store


def _candidates(text: str, *, offline: bool) -> list[Source]:
    """All that a reference without a scheme could mean, each with an unmistakable one."""
    path = Path(text).expanduser()
    found = []
    first, _, rest = text.partition("/")
    known = settings.registries()
    # As a push says it: the model of a directory store, at a tag or a state.
    at_state = "@" in path.name and (path.with_name(path.name.partition("@")[0]) / "revisions").is_dir()
    if path.exists() or text.endswith(".zip") or at_state:
        found.append(_at_path(text if "/" in text and first not in known else f"./{text}", path))
    if first in known and rest:
        name, revision = _split(rest, text)
        store, name = _registry_store(first, known[first], name, offline=offline)
        if path.resolve() == Path(known[first]) / rest:
            found.clear()  # the same by two names
        found.append(Source(f"{known[first]}/{rest}", "store", store=store, name=name, revision=revision))
    if "/" in text or not re.fullmatch(rf"{_NAME}(@{_NAME})?", text):
        return found
    name, revision = _split(text, text)
    if _is_run(RUNS / name) and revision is None:
        found.append(Source(f"{RUNS}/{name}", "run", path=RUNS / name))
    if name in BuiltinStore().names():
        found.append(_builtin(name, revision))
    from ganzoo.registry import library

    for pulled in library.pulled():
        if pulled.name.rpartition("/")[2] == name:
            asked = pulled.revision if revision is None else revision
            if pulled.revision.startswith(asked) or asked in pulled.asked:
                found.append(Source(pulled.reference, "package", path=pulled.folder))
    return found


def _builtin(name: str, revision: str | None) -> Source:
    """Built-in models are used where they lie."""
    store = BuiltinStore()
    store.resolve(name, revision)
    return Source(f"{BUILTIN}{name}", "package", path=store.folder / name)


def _at_path(text: str, path: Path) -> Source:
    if path.is_file():
        return Source(text, "archive", path=path)
    if is_package(path):
        return Source(text, "package", path=path)
    if _is_run(path):
        return Source(text, "run", path=path)
    name, revision = _split(path.name, text)
    if (path.parent / name / "revisions").is_dir():
        store = _directory(path.parent)
        return Source(text, "store", store=store, name=name, revision=revision)
    raise RegistryError(
        f"{path} is no model: a run has a config.json, a package a ganzoo.json, and a model of a directory store "
        "a folder named revisions"
    )


def _is_run(path: Path) -> bool:
    return (path / CONFIG).is_file()


def _directory(folder: Path) -> DirectoryStore:
    """The store in a folder; references to it hold wherever they are typed."""
    return DirectoryStore(folder.resolve(), f"{folder.resolve()}/")


def registry_store(registry: str, *, offline: bool = False) -> Store:
    """The store of a registry that was added."""
    return _registry_store(registry, settings.registries()[registry], "", offline=offline)[0]


def _registry_store(registry: str, target: str, name: str, *, offline: bool) -> tuple[Store, str]:
    """The store of a registry that was added, and the model's name in that store."""
    scheme = re.match(r"([a-z][a-z0-9]*)://", target)
    if scheme:
        return open_scheme(scheme[1], offline=offline), f"{target[scheme.end() :]}/{name}"
    return DirectoryStore(Path(target), f"{registry}/"), name


def _split(text: str, whole: str) -> tuple[str, str | None]:
    """Name and revision."""
    name, at, revision = text.partition("@")
    if not re.fullmatch(rf"{_NAME}(/{_NAME})*", name) or (at and not re.fullmatch(rf"{_NAME}(/{_NAME})*", revision)):
        raise ConfigError(
            f"{whole!r} is no reference: names and revisions have letters, digits, dots, hyphens and underscores, as "
            "in dcgan-mnist, hf://org/name or hf://org/name@v1"
        )
    return name, revision or None


def _nothing(text: str) -> RegistryError:
    from ganzoo.registry import library

    names = [*BuiltinStore().names(), *(pulled.reference for pulled in library.pulled())]
    if RUNS.is_dir():
        names += [path.name for path in RUNS.iterdir()]
    hint = did_you_mean(text, names, "`ganzoo models` lists what is here, `ganzoo runs` the runs.")
    if re.fullmatch(rf"{_NAME}/{_NAME}(@{_NAME})?", text):
        hint = f"on the Hugging Face Hub it would be hf://{text}; `ganzoo registry list` shows the registries."
    return RegistryError(f"no model is called {text!r}: {hint}")
