"""`HubStore`: models on the Hugging Face Hub, or on a server that speaks like it (`HF_ENDPOINT`).

A model is a repository `org/name`, a state of it a commit. Files are fetched by commit and stay in the cache that the
Hub's client shares with every other program; the client checks sizes only, so digests are compared here.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.registry.packages.manifest import parse_manifest
from ganzoo.registry.packages.names import CONFIG, MANIFEST, MANIFEST_BYTES
from ganzoo.registry.packages.package import UNVERIFIED, Package, check_names
from ganzoo.registry.packages.strict_json import read_bounded
from ganzoo.registry.stores.hub import cache as hub_cache
from ganzoo.registry.stores.hub.client import Hub
from ganzoo.registry.stores.hub.download import TIMEOUT_S
from ganzoo.registry.stores.hub.patience import within
from ganzoo.registry.stores.hub.push import push
from ganzoo.registry.stores.protocol import Listing, ResolvedRevision

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)
_MOST_FOUND = 1000


class HubStore:
    """Models on a Hub.

    Args:
        endpoint: URL of the server; None: `HF_ENDPOINT`, or the public Hub.
        token: None: `HF_TOKEN`, or that of `hf auth login`, as the client finds it.
        cache_dir: Of the client; None: as its environment variables say.
        offline: Make no request; so does `HF_HUB_OFFLINE=1`.
    """

    prefix = "hf://"

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | None = None,
        cache_dir: Path | None = None,
        *,
        offline: bool = False,
    ) -> None:
        self._hub = Hub(endpoint, token, cache_dir, offline=offline)
        self._asked: dict[tuple[str, str], str] = {}

    @property
    def place(self) -> str:
        """The server."""
        return self._hub.place

    def resolve(self, name: str, revision: str | None) -> ResolvedRevision:
        """The commit that a branch, a tag or (None) the main branch stands for; a full commit needs no request."""
        _check(name, revision)
        revision = revision or "main"
        if hub_cache.COMMIT.fullmatch(revision):
            commit = revision
        elif self._hub.is_offline:
            commit = hub_cache.read_ref(self._hub.cache, name, revision) or ""
            if not commit:
                raise RegistryError(f"hf://{name}@{revision} was never pulled here, and offline nobody can be asked")
        else:
            commit = str(self._hub.info(name, revision).sha)
            self._asked[name, commit] = revision
            if hub_cache.is_whole(self._folder(name, commit)):
                hub_cache.write_ref(self._hub.cache, name, revision, commit)
        return ResolvedRevision(f"hf://{name}@{commit}", name, commit)

    def fetch(self, resolved: ResolvedRevision, staging: Path, progress: Progress = no_progress) -> Package:
        """Fetch a commit into the client's cache. What is there, whoever fetched it, is verified and not asked for.

        Raises:
            RegistryError: If it cannot be fetched; `PackageError` if it is no package, or not what its manifest says.
        """
        _check(resolved.name, resolved.revision)
        folder = self._folder(resolved.name, resolved.revision)
        try:
            package = self._open(folder)
        except PackageError as error:
            if self._hub.is_offline:
                raise PackageError(
                    f"{resolved.reference} is not in {self._hub.cache}, or not all of it, and offline nobody can be "
                    f"asked: pull it once without --offline ({error})"
                ) from error
            # What is not here as the Hub has it is fetched, also where only this disk has damaged it.
            self._download(resolved, folder, progress)
            package = self._open(folder)
        asked = self._asked.get((resolved.name, resolved.revision))
        if asked:
            hub_cache.write_ref(self._hub.cache, resolved.name, asked, resolved.revision)
        return package

    def push(
        self,
        package: Package,
        name: str,
        *,
        tag: str | None,
        message: str,
        private: bool,
        progress: Progress = no_progress,
    ) -> ResolvedRevision:
        """Publish in one commit on top of what was there when it began, compare what the Hub then holds, and tag it.

        Files of other names stay, and so do people's words in the card.

        Raises:
            RegistryError: If the tag is taken, someone else pushed meanwhile, or a private model would become public.
        """
        _check(name, tag)
        self._hub.must_be_online("push")
        commit = push(self._hub, package, name, tag=tag, message=message, private=private, progress=progress)
        return ResolvedRevision(f"hf://{name}@{commit}", name, commit)

    def search(self, text: str) -> list[Listing]:
        """Models of ganzoo whose name contains a text, or whose variant or data is called so; at most a thousand."""
        self._hub.must_be_online("search")
        api = self._hub.api()
        queries: list[tuple[str | None, list[str]]] = [(text or None, ["ganzoo"])]
        queries += [(None, ["ganzoo", tag]) for tag in _tags(text)]
        found = {}
        with self._hub.explained(f"search for {text!r}"):
            from huggingface_hub import get_session

            # The client would try for half a minute where there is no network.
            get_session().head(self._hub.endpoint, timeout=TIMEOUT_S)
            for name, tags in queries:
                query = partial(api.list_models, filter=tags, search=name, limit=_MOST_FOUND, cardData=True)
                infos: list[ModelInfo] = within(lambda asked=query: list(asked()))  # type: ignore[misc]
                for info in infos:
                    found[info.id] = _listing(info)
        return [found[name] for name in sorted(found)]

    def _download(self, resolved: ResolvedRevision, folder: Path, progress: Progress) -> None:
        """Fetch what is missing or damaged, small files first: once the weights are here, all is."""
        info = self._hub.info(resolved.name, resolved.revision)
        files = {file.rfilename: file for file in info.siblings or []}
        check_names(files)
        if MANIFEST not in files:
            raise PackageError(f"{resolved.reference} has no {MANIFEST}: it is not a model of ganzoo")

        def fetch(name: str, limit: int) -> None:
            self._hub.fetch(resolved.name, resolved.revision, files[name], limit, progress)

        fetch(MANIFEST, MANIFEST_BYTES)
        manifest = parse_manifest(
            read_bounded(folder / MANIFEST, MANIFEST_BYTES), f"{MANIFEST} of {resolved.reference}"
        )
        for name, entry in manifest.files.items():
            there = files.get(name)
            if there is None or there.size != entry.size or (there.lfs and there.lfs.sha256 != entry.sha256):
                raise PackageError(
                    f"{resolved.reference} has {'no' if there is None else 'another'} {name}, and its {MANIFEST} names "
                    "it: its author has to push it again"
                )
        for extra, limit in UNVERIFIED.items():
            if extra in files and (files[extra].size or 0) <= limit:
                fetch(extra, limit)
        for name in sorted(manifest.files, key=lambda name: (name != CONFIG, name)):
            fetch(name, manifest.files[name].size)

    def _open(self, folder: Path) -> Package:
        # Files of Xet storage lie beside the models, in CACHE/blobs.
        package = Package.open(folder, links_into=self._hub.cache)
        package.verify()
        return package

    def _folder(self, name: str, commit: str) -> Path:
        return hub_cache.snapshot(self._hub.cache, name, commit)


def _check(name: str, revision: str | None) -> None:
    """Both become parts of paths in the cache."""
    if not _NAME.fullmatch(name) or ".." in name or "--" in name:
        raise RegistryError(f"{name[:200]!r} is no model on the Hub: type hf://org/name or hf://org/name@revision")
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise RegistryError(f"{revision[:200]!r} is no revision: it is a branch, a tag as v1, or a commit of 40 digits")


def _tags(text: str) -> list[str]:
    word = text.strip().lower()
    return [word, f"dataset:{word}"] if re.fullmatch(r"[a-z0-9_.-]+", word) else []


def _listing(info: ModelInfo) -> Listing:
    """What the card says of a model, which may be anything: what is not as it should be stays unknown."""
    card = info.card_data
    metrics: dict[str, float] = {}
    for result in getattr(card, "eval_results", None) or []:
        if isinstance(result.metric_value, int | float) and str(result.metric_type).isidentifier():
            metrics[str(result.metric_type)] = float(result.metric_value)
    tags = [tag for tag in _texts(getattr(card, "tags", None)) if tag not in {"gan", "ganzoo"}]
    data = _texts(getattr(card, "datasets", None))
    return Listing(
        f"hf://{info.id}",
        tags[0] if tags else None,
        data[0] if data else None,
        metrics=metrics or None,
        private=bool(info.private),
    )


def _texts(value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [text for text in texts if isinstance(text, str) and text.isprintable() and len(text) <= 200]
