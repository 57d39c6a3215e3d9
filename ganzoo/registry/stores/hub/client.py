"""`Hub`: what ganzoo asks of `huggingface_hub`. It is imported on first use, as it takes a third of a second."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import PackageError, RegistryError, conceal
from ganzoo.registry.packages.copying import Progress
from ganzoo.registry.stores.hub import cache as hub_cache
from ganzoo.registry.stores.hub.download import TIMEOUT_S, digest_name, download
from ganzoo.registry.stores.hub.errors import explained
from ganzoo.registry.stores.hub.patience import ask
from ganzoo.utils.files import replacing
from ganzoo.utils.locks import waiting_lock
from ganzoo.utils.text import without_user
from ganzoo.utils.version import __version__

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import GitRefs, ModelInfo, RepoSibling

PUBLIC = "https://huggingface.co"


class Hub:
    """A server, a token and a cache; each None stands for what the environment says when it is needed.

    Args:
        endpoint: URL of the server; None: `HF_ENDPOINT`, or the public Hub.
        token: None: `HF_TOKEN`, or that of `hf auth login`, as the client finds it.
        cache_dir: Of the client; None: as its environment variables say.
        offline: Make no request; so does `HF_HUB_OFFLINE=1`.
    """

    def __init__(self, endpoint: str | None, token: str | None, cache_dir: Path | None, *, offline: bool) -> None:
        self._endpoint, self._token, self._cache_dir, self._offline = endpoint, token, cache_dir, offline
        self._infos: dict[tuple[str, str], ModelInfo] = {}

    @property
    def endpoint(self) -> str:
        """URL of the server."""
        return (self._endpoint or os.environ.get("HF_ENDPOINT") or PUBLIC).rstrip("/")

    @property
    def place(self) -> str:
        """The server as messages and receipts name it: without a user and password that may stand in its URL."""
        return without_user(self.endpoint)

    @property
    def cache(self) -> Path:
        """Folder of the client's cache."""
        return self._cache_dir or hub_cache.default_folder()

    @property
    def is_offline(self) -> bool:
        """Whether no request may be made."""
        return self._offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}

    def must_be_online(self, command: str) -> None:
        """Refuse a command that cannot do without requests."""
        if self.is_offline:
            raise RegistryError(f"{command} asks the Hub, which --offline and HF_HUB_OFFLINE forbid: leave them out")

    def explained(self, what: str) -> AbstractContextManager[None]:
        """Failures of the client inside become one `RegistryError`; see `hub_errors.explained`."""
        return explained(what, self.place)

    def api(self) -> HfApi:
        """The client, with what it has no argument for."""
        from huggingface_hub import HfApi, constants, get_token

        # Else it asks the public Hub for a list of coding agents, whatever endpoint it was given.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        conceal(self._token or get_token())
        return HfApi(endpoint=self.endpoint, token=self._token, library_name="ganzoo", library_version=__version__)

    def info(self, name: str, revision: str) -> ModelInfo:
        """What the server knows of a state, with names, sizes and digests of its files. A commit is asked for once."""
        if (name, revision) in self._infos:
            return self._infos[name, revision]
        from huggingface_hub.errors import RevisionNotFoundError

        api = self.api()
        with self.explained(f"hf://{name}"):
            try:
                info = ask(lambda: api.model_info(name, revision=revision, files_metadata=True, timeout=TIMEOUT_S))
            except RevisionNotFoundError as error:
                refs = self.refs(name)
                known = ", ".join(ref.name for ref in [*refs.tags, *refs.branches][:20])
                raise RegistryError(f"hf://{name} has no revision {revision!r}: there are {known}") from error
            sha = info.sha or ""
            if not hub_cache.COMMIT.fullmatch(sha) or (hub_cache.COMMIT.fullmatch(revision) and sha != revision):
                raise KeyError("sha")
        self._infos[name, sha] = info
        return info

    def refs(self, name: str) -> GitRefs:
        """Branches and tags."""
        api = self.api()
        with self.explained(f"hf://{name}"):
            return ask(lambda: api.list_repo_refs(name))

    def fetch(self, name: str, commit: str, file: RepoSibling, limit: int, progress: Progress) -> Path:
        """One file in the cache, with the bytes that the server says it has; one that is there is not asked for.

        Raises:
            RegistryError: If it cannot be fetched; `PackageError` if it is longer than `limit` bytes, or damaged twice.
        """
        what, cache = f"hf://{name}@{commit}", self.cache
        path = hub_cache.snapshot(cache, name, commit) / file.rfilename
        if file.size is None or file.size > limit:
            raise PackageError(f"{file.rfilename} of {what} is larger than {limit:,} bytes, the most that is read")
        digest = digest_name(file)
        if hub_cache.is_inside(path, cache) and hub_cache.matches(path, digest, file.size):
            return path
        blob, lock = hub_cache.blob(cache, name, digest), hub_cache.lock(cache, name, digest)
        with self.explained(what):
            lock.parent.mkdir(parents=True, exist_ok=True)
            with waiting_lock(lock, f"pulls {file.rfilename} of {what}"):
                if not (hub_cache.is_inside(blob, cache) and hub_cache.matches(blob, digest, file.size)):
                    self._download(what, name, commit, file, blob, progress)
                hub_cache.link(path, blob)
        return path

    def _download(self, what: str, name: str, commit: str, file: RepoSibling, blob: Path, progress: Progress) -> None:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        url = hf_hub_url(name, file.rfilename, revision=commit, endpoint=self.endpoint)
        headers = build_hf_headers(token=self._token, library_name="ganzoo", library_version=__version__)
        # Left by a process that was killed; the lock says that nobody else is at work here.
        for leftover in blob.parent.glob(f".{blob.name}.*.part"):
            leftover.unlink(missing_ok=True)
        with replacing(blob) as aside:
            if not any(download(url, headers, file, aside, progress) for _ in range(2)):
                raise PackageError(f"{file.rfilename} of {what} came damaged twice: try again later, or elsewhere")


class Counted(io.BufferedReader):
    """A file to be uploaded that tells how far it was read.

    The client sends an open file by plain HTTP and tells nobody; by its name it would go through Xet, which servers
    other than the public Hub do not have.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.size_bytes = path.stat().st_size
        self.progress: Progress | None = None
        self.moved_bytes = 0
        self._path = path

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.moved_bytes += len(data)
        if self.progress is not None:
            self.progress(self._path.name, self.tell(), self.size_bytes)
        return data
