"""Runs code in a process of its own that lacks something: permission, room, or a disk that can be written.

`run(code, folder)` begins in `folder`; with `FULL` or `READ_ONLY` in `folder/disk`, a file system of its own with what
is in `folder/content`. It is mounted in a namespace of the process's own, and gone with it.
"""

import os
import shutil
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import mmap, os, resource, signal, sys
from pathlib import Path
import filelock, tomlkit, yaml
from ganzoo.errors import GanzooError
from ganzoo.registry import library, settings
from ganzoo.registry.packages import archive, card
from ganzoo.registry.stores.builtin import BuiltinStore
from ganzoo.registry.stores.directory import DirectoryStore
from ganzoo.registry.packages.package import Package, is_package
from ganzoo.registry.packages.copying import no_progress
zoo = DirectoryStore(Path("zoo"), "lab/")

def push(folder, name="m", **options):
    options = {"tag": None, "message": "", "private": False, "progress": no_progress} | options
    return zoo.push(Package.open(Path(folder)), name, **options)

def refused(call):
    try:
        call()
    except GanzooError as error:
        print(" ".join(str(error).split()))
    else:
        sys.exit("nothing was refused")
"""
AS_NOBODY = """
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
FULL = "mount -t tmpfs -o size=1m tmpfs disk && cp -a content/. disk/"
READ_ONLY = "cp -a content/. disk/ && mount --bind disk disk && mount -o remount,ro,bind disk"


def run(code, folder, mount="", first=""):
    """What the code printed, line by line; `first` is code that comes before it, as `AS_NOBODY`."""
    python = [sys.executable, "-W", "error", "-c", PRELUDE + first + textwrap.dedent(code)]
    if mount:
        within = ["unshare", "--map-root-user", "--mount"]
        if not shutil.which("unshare") or subprocess.run([*within, "true"], capture_output=True).returncode:
            pytest.skip("needs a namespace of its own to mount in")
        (folder / "disk").mkdir(exist_ok=True)
        (folder / "content").mkdir(exist_ok=True)
        python = [*within, "sh", "-c", f'{mount} && cd disk && exec "$@"', "sh", *python]
    environment = {**os.environ, "GANZOO_HOME": "home", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(python, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
