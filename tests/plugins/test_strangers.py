"""Third-party plugins, good and bad: one that fails costs its own variants and nothing else."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
BUILT_IN = list(PROJECT["entry-points"]["ganzoo"])
GOOD = """
from ganzoo import Variant, hookimpl

@hookimpl
def ganzoo_variants():
    return [Variant("{variant}", "A stranger", "none", "{module}:Config", "{module}:build")]
"""


def install(site, module, source, requires=None):
    """Lay out a distribution `ganzoo-MODULE` as pip would."""
    (site / f"{module}.py").write_text(source)
    info = site / f"ganzoo_{module}-1.5.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{module} = {module}\n")
    requirement = f"Requires-Dist: {requires}\n" if requires else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ganzoo-{module}\nVersion: 1.5\n{requirement}")


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site"
    path.mkdir()
    return path


@pytest.fixture
def look(site, tmp_path):
    """Names of `ganzoo list`, records of `ganzoo plugins`, and what list said on stderr."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(site), "GANZOO_HOME": str(tmp_path / "home")}
        code = f"import sys; sys.argv = {['ganzoo', *arguments]!r}; from ganzoo.cli.app import main; main()"
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    def look():
        listed, shown, plain = run("list", "--json"), run("plugins", "--json"), run("list")
        assert [done.returncode for done in (listed, shown, plain)] == [0, 0, 0], listed.stderr + shown.stderr
        names = [variant["name"] for variant in json.loads(listed.stdout)["variants"]]
        assert {"dcgan", "vanilla"} <= set(names)
        return names, {record["name"]: record for record in json.loads(shown.stdout)}, plain.stderr

    look.run = run
    return look


def test_a_working_one_is_used(site, look):
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"), requires="torch-ganzoo>=0.1")
    names, records, said = look()
    assert "newgan" in names
    assert records["newgan"] | {"status": "ok", "reason": "", "version": "1.5"} == records["newgan"]
    assert records["newgan"]["distribution"] == "ganzoo-newgan"
    assert not records["newgan"]["builtin"]
    assert said == ""


@pytest.mark.parametrize(
    ("source", "requires", "status", "reason"),
    [
        ("1 / 0", None, "failed", "import raised ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", None, "failed", "import raised SystemExit: 3"),
        ("def broken(:", None, "failed", "import raised SyntaxError"),
        ("import torch", None, "failed", "must not import torch"),
        ("from torch import nn", None, "failed", "must not import torch"),
        (
            "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): return 'dcgan'",
            None, "failed", "returned 'dcgan', and must return a list of Variant",
        ),
        (
            "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): raise KeyError('oh')",
            None, "failed", "KeyError: 'oh'",
        ),
        (
            "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): raise SystemExit(3)",
            None, "failed", "SystemExit: 3",
        ),
        (
            "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): import torch",
            None, "failed", "must not import torch",
        ),
        ("from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_varients(): return []", None, "failed", "ganzoo_varients"),
        (
            "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(more): return []",
            None, "failed", "more",
        ),
        (GOOD.format(variant="Bad Name", module="bad"), None, "failed", "variant name 'Bad Name' is not allowed"),
        (GOOD.format(variant="dcgan", module="bad"), None, "conflict", "variant 'dcgan' is also brought by 'dcgan' of"),
        (
            GOOD.format(variant="bad", module="bad"), "torch-ganzoo>=99",
            "incompatible", "it requires torch-ganzoo>=99, and this is",
        ),
        (
            GOOD.format(variant="bad", module="bad"), "Torch_Ganzoo<0.0.1",
            "incompatible", "it requires torch-ganzoo<0.0.1, and this is",
        ),
    ],
)  # fmt: skip
def test_a_bad_one_is_reported_and_all_others_work(site, look, source, requires, status, reason):
    install(site, "bad", source, requires)
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    names, records, said = look()
    assert names == sorted([*BUILT_IN, "newgan"])
    assert records["bad"]["status"] == status
    assert reason in records["bad"]["reason"]
    assert [records[name]["status"] for name in (*BUILT_IN, "newgan")] == ["ok"] * (len(BUILT_IN) + 1)
    assert said.splitlines() == [f"plugin 'bad' is not used ({status}): `ganzoo plugins` says why"]


@pytest.mark.parametrize("strangers", [2, 3])
def test_strangers_of_one_name_lose_it_all_and_each_is_told(site, look, strangers):
    for name in ("one", "three", "two")[:strangers]:
        install(site, name, GOOD.format(variant="samegan", module=name))
    names, records, _ = look()
    assert names == sorted(BUILT_IN)
    for name in ("one", "three", "two")[:strangers]:
        assert records[name]["status"] == "conflict"
        assert "variant 'samegan' is also brought by" in records[name]["reason"]
        assert f"by '{name}'" not in records[name]["reason"]


def test_training_a_variant_whose_plugin_failed_says_why(site, look):
    install(site, "bad", "1 / 0")
    failed = look.run("train", "bad")
    assert failed.returncode == 1
    assert failed.stderr == (
        "error: variant 'bad': its plugin was not loaded: import raised ZeroDivisionError: division by zero\n"
    )
