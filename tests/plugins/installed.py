"""Plugins as pip lays them out, and `ganzoo` in processes that see them."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
BUILT_IN = sorted(name for name in PROJECT["entry-points"]["ganzoo"] if name != "standard")
GOOD = """
from ganzoo import Variant, hookimpl

@hookimpl
def ganzoo_variants():
    return [Variant("{variant}", "A third party", "none", "{module}:Config", "{module}:build")]
"""


def describe(site, distribution, name, module, version="1.5", requires="torch-ganzoo>=0.1,<1"):
    """The metadata of a distribution with one plugin, `name = module`."""
    info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{name} = {module}\n")
    requirement = f"Requires-Dist: {requires}\n" if requires else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{requirement}")


def install(site, module, source, requires="torch-ganzoo>=0.1,<1"):
    """Lay out a distribution `ganzoo-MODULE` of one module."""
    (site / f"{module}.py").write_text(source)
    describe(site, f"ganzoo-{module}", module, module, requires=requires)


class Command:
    """`ganzoo` with the plugins of `site` installed, in a folder of its own."""

    def __init__(self, site, folder):
        self.site, self.folder, self.home = site, folder, folder / "home"

    def environment(self, **more):
        """For a process that sees the plugins."""
        return {**os.environ, "PYTHONPATH": str(self.site), "GANZOO_HOME": str(self.home), **more}

    def __call__(self, *arguments, **environment):
        code = f"import sys; sys.argv = {['ganzoo', *arguments]!r}; from ganzoo.cli.app import main; main()"
        command = [sys.executable, "-W", "error", "-c", code]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(**environment), capture_output=True, text=True
        )

    def variants(self, **environment):
        """Names of `ganzoo list --json`."""
        done = self("list", "--json", **environment)
        assert done.returncode == 0, done.stderr
        return [variant["name"] for variant in json.loads(done.stdout)["variants"]]

    def records(self, *arguments, **environment):
        """Of `ganzoo plugins --json`, by name."""
        done = self("plugins", "--json", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return {record["name"]: record for record in json.loads(done.stdout)}
