"""Tokens and passwords stay here: not in errors, tracebacks or receipts."""

import os
import subprocess
import sys

import pytest
from registry import hub_bench
from registry.hub_server import READER

MAIN = "import sys; from ganzoo.cli.app import main; sys.argv[0] = 'ganzoo'; main()"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


@pytest.fixture
def ganzoo(bench, tmp_path):
    """`ganzoo("pull", ...)` against the bench's server."""

    def run(*arguments, **environment):
        given = {
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_CACHE": str(bench.cache),
            "GANZOO_HOME": str(tmp_path / "home"),
            "NO_PROXY": "127.0.0.1",
            "HF_ENDPOINT": bench.server.url,
        }
        return subprocess.run(
            [sys.executable, "-c", MAIN, *arguments],
            env={**os.environ, **given, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.slow
@pytest.mark.parametrize("where", ["environment", "file"])
@pytest.mark.parametrize("token", [READER, "of-no-usual-form"])
def test_a_token_that_the_server_echoes(bench, ganzoo, tmp_path, token, where):
    bench.publish()
    bench.server.fail("/revision/", status=418, answer={"error": f"{token} is a teapot"}, times=99)
    environment = {"HF_TOKEN": token} if where == "environment" else {"HF_TOKEN_PATH": str(tmp_path / "token")}
    (tmp_path / "token").write_text(token)
    done = ganzoo("pull", "hf://org/zoo", "--debug", **environment)
    assert done.returncode == 1
    assert "teapot" in done.stderr
    assert "Traceback" in done.stderr
    assert token not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_password_in_the_address_of_the_hub(bench, ganzoo, tmp_path):
    bench.publish()
    address = bench.server.url.replace("://", "://me:pass-word@")
    done = ganzoo("pull", "hf://org/zoo", HF_ENDPOINT=address)
    assert done.returncode == 0, done.stderr
    (receipt,) = (tmp_path / "home/models").rglob("receipt.json")
    assert "pass-word" not in receipt.read_text()
    # The same server by another user, or by none: the model is here.
    requests = len(bench.server.requests)
    assert ganzoo("pull", "hf://org/zoo").returncode == 0
    assert len(bench.server.requests) == requests
    for status in (403, 418, 500):
        bench.server.faults.clear()
        bench.server.fail(".", status=status, times=99)
        for debug in ((), ("--debug",)):
            done = ganzoo("pull", "hf://org/zoo", "--update", *debug, HF_ENDPOINT=address)
            assert done.returncode == 1
            assert "pass-word" not in done.stdout + done.stderr
