"""A token, and a password in HF_ENDPOINT, in whatever text leaves: each way out is tried with both."""

import json
import pickle
import traceback

import pytest
from registry import forge, hub_bench
from report.test_page import tick

from ganzoo import Alarm, Diverged, Evaluated
from ganzoo.cli import output
from ganzoo.core.entries import CallbackFailure
from ganzoo.errors import GanzooError, RegistryError, TrainingInterrupted, said
from ganzoo.registry.packages import card
from ganzoo.registry.packages.package import Package
from ganzoo.runs.journal import Journal
from ganzoo.sweeps.configuration import Configuration
from ganzoo.sweeps.outcome import failed
from ganzoo.sweeps.table import Row, Table

TOKEN, PASSWORD = "of-no-usual-form", "p%40ss-wörd"
# As it is, as it is meant, and as JSON writes it.
SECRETS = (TOKEN, PASSWORD, "p@ss-wörd", "p%40ss-w\\u00f6rd", "p@ss-w\\u00f6rd")
LEAK = f"403 {TOKEN} for http://me:{PASSWORD}@host/x and {PASSWORD} and {SECRETS[2]}, {SECRETS[3]}"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_ENDPOINT", f"http://me:{PASSWORD}@host")


def assert_clean(text):
    assert [secret for secret in SECRETS if secret in text] == []
    assert "403 ***" in text or "teapot" in text


@pytest.mark.parametrize("error", [GanzooError(""), RegistryError(""), TrainingInterrupted("", 143)])
def test_errors(error):
    made = type(error)(LEAK)
    for text in (str(made), repr(made), f"{made}", *made.args, str(pickle.loads(pickle.dumps(made)))):
        assert_clean(text)
    assert_clean(said(made))
    assert_clean(said(ValueError(LEAK)))


@pytest.mark.parametrize(
    "entry",
    [
        Alarm(1, "collapse", LEAK),
        CallbackFailure(1, LEAK),
        Diverged(1, LEAK),
        Evaluated(1, {"fid": 1.0}, None, (LEAK,)),
    ],
)
def test_a_journal(tmp_path, entry):
    Journal(tmp_path / "metrics.jsonl").append(entry)
    assert_clean((tmp_path / "metrics.jsonl").read_text())
    assert len(Journal(tmp_path / "metrics.jsonl").read()) == 1


def test_a_report_of_a_run_that_was_written_without_care(make, page):
    def leak(config):
        config["spec"]["license"] = LEAK
        config["system"]["device"] = LEAK
        config["training"]["callbacks"] = [LEAK]

    text = page(make([tick(1), {"images": 1, "event": "collapse", "message": LEAK}], change=leak))
    assert "me:p" not in text
    assert_clean(text)


def test_the_tables_of_a_sweep(tmp_path):
    table = Table("s", (Row(Configuration("", "dcgan", None, {}), (0,), {0: failed(LEAK)}),))
    for path in table.save(tmp_path):
        assert_clean(path.read_text())


def test_a_card(tmp_path):
    manifest = Package.open(forge.make(tmp_path / "model")).manifest
    leaking = manifest.model_copy(update={"data": manifest.data.model_copy(update={"license": LEAK})})
    assert_clean(card.write(leaking, "hf://org/tiny", "Tiny GAN", "arXiv:1406.2661"))


def test_json_keeps_its_keys(capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "images")
    output.print_json({"images": 3, "error": "images of mine"})
    assert json.loads(capsys.readouterr().out) == {"images": 3, "error": "*** of mine"}


def test_the_traceback_of_python(tmp_path, monkeypatch):
    """What an error came from is shown too, and the client's own texts name the whole address."""
    for bench in hub_bench.bench(tmp_path, monkeypatch):
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        address = bench.server.url.replace("://", "://me:pass-word@")
        monkeypatch.setenv("HF_ENDPOINT", address)
        bench.publish()
        bench.server.url = address
        for status in (401, 403, 404, 418, 500):
            bench.server.faults.clear()
            bench.server.fail(".", status=status, answer={"error": f"{TOKEN} is a teapot"}, times=99)
            with pytest.raises(RegistryError) as raised:
                bench.pull(token=TOKEN)
            text = "".join(traceback.format_exception(raised.value)) + repr(raised.value.__cause__)
            assert "pass-word" not in text
            assert TOKEN not in text
