"""What the tests of the Hub's store share: a server, a client with nothing of this machine's own, and processes."""

import os
import subprocess
import sys
from pathlib import Path

from registry import forge
from registry.hub_server import READER, HubServer

from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.hub.store import HubStore


class Bench:
    """A running Hub with a folder for the client."""

    def __init__(self, server, folder):
        self.server, self.folder, self.cache = server, folder, folder / "cache"

    def store(self, token=None, **options):
        return HubStore(self.server.url, token, self.cache, **options)

    def package(self, name="package", **options):
        return Package.open(forge.make(self.folder / name, **options))

    def publish(self, name="org/zoo", *, private=False, files=None, **options):
        """A package put on the server without any client; its commit is returned."""
        return self.server.add(name, self.package(f"made-{name}", **options).folder, private=private, files=files)

    def staging(self):
        folder = self.folder / "staging"
        folder.mkdir(exist_ok=True)
        return folder

    def pull(self, revision=None, *, name="org/zoo", progress=None, **options):
        store = self.store(**options)
        return store.fetch(store.resolve(name, revision), self.staging(), progress or (lambda *_: None))

    def push(self, package, token, *, name="org/zoo", tag=None, private=False, progress=lambda *_: None):
        return self.store(token).push(package, name, tag=tag, message="a push", private=private, progress=progress)

    def process(self, *arguments, token=READER, below=(), **environment):
        """`hub_worker.py`, begun; `below` is a command that starts it."""
        given = {
            "HF_ENDPOINT": self.server.url,
            "HF_TOKEN": token,
            "HF_HOME": str(self.folder / "hf"),
            "HF_HUB_CACHE": str(self.cache),
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1",
            **environment,
        }
        return subprocess.Popen(
            [*below, sys.executable, "-W", "error", Path(__file__).with_name("hub_worker.py"), *map(str, arguments)],
            env={**os.environ, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def bench(tmp_path, monkeypatch):
    """What the fixture of each test file yields from."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with HubServer() as server:
        yield Bench(server, tmp_path)
