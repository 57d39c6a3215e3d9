"""A process that pulls or pushes, for tests that kill it or start several; the environment says where the Hub is.

hub_worker.py pull NAME REVISION
hub_worker.py push NAME FOLDER [TAG]
"""

import sys
import tempfile
from pathlib import Path

from ganzoo.errors import RegistryError
from ganzoo.registry.packages.copying import no_progress
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.hub.store import HubStore


def main(command, name, what, tag=None):
    store = HubStore()
    if command == "push":
        package = Package.open(Path(what))
        return store.push(package, name, tag=tag, message="a push", private=False, progress=no_progress).revision
    with tempfile.TemporaryDirectory() as staging:
        return store.fetch(store.resolve(name, what), Path(staging), no_progress).folder


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:]))
    except RegistryError as error:
        sys.exit(f"error: {error}")
