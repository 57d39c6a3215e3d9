"""Plugins that end the process, never end, or raise what cannot be shown; a distribution that is not what it says."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from plugins.installed import BUILT_IN, GOOD, describe, install

BAD = GOOD.format(variant="bad", module="bad")
FATAL = {
    "exits": "import os; os._exit(3)",
    "dies": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "in a hook": "import os\nfrom ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): os._exit(0)",
}
LOOP = "while True: pass"
EVIL = """
class Evil(Exception):
    def __str__(self): raise {of}
    __repr__ = __str__
"""


def others(ganzoo):
    """Names that `ganzoo list` shows besides the bad plugin's."""
    return sorted(name for name in ganzoo.variants() if name != "bad")


@pytest.mark.parametrize("how", FATAL)
def test_one_that_ends_the_process_does_so_once(site, ganzoo, how):
    install(site, "bad", FATAL[how])
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    ganzoo("list")
    listed = ganzoo("list")
    assert listed.returncode == 0
    assert listed.stderr.splitlines() == ["plugin 'bad' is not used (failed): `ganzoo plugins doctor bad` says why"]
    assert others(ganzoo) == sorted([*BUILT_IN, "newgan"])
    record = ganzoo.records()["bad"]
    assert record["reason"].startswith("the last process that imported it died or was ended inside of it")
    # Tried again where that is asked for, and only then.
    assert "bad is now enabled" in ganzoo("plugins", "enable", "bad").stdout
    assert ganzoo("list").returncode in (0, 3, -9)
    assert ganzoo("list").stderr == listed.stderr
    (site / "bad.py").write_text(BAD)
    assert ganzoo("list").stderr == listed.stderr
    assert ganzoo("plugins", "enable", "bad").returncode == 0
    assert "bad" in ganzoo.variants()
    assert not list((ganzoo.home / "importing").iterdir())


@pytest.mark.parametrize("how", FATAL)
@pytest.mark.parametrize("first", ["doctor", "disable"])
def test_doctor_and_disable_need_none_of_its_code(site, ganzoo, how, first):
    install(site, "bad", FATAL[how])
    install(site, "worse", FATAL[how])
    done = ganzoo("plugins", first, "bad")
    if first == "disable":
        assert (done.returncode, done.stdout) == (0, "bad is now disabled\n")
        return
    assert done.returncode == 1
    assert "its import ended its process (with " in done.stdout
    assert "plugin        bad, from bad\n" in done.stdout
    assert "ganzoo plugins disable bad" in done.stdout
    # And so the other is known too.
    assert others(ganzoo) == BUILT_IN


def test_doctor_of_another_plugin_survives_it(site, ganzoo):
    install(site, "bad", FATAL["exits"])
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    done = ganzoo("plugins", "doctor", "toy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing wrong was found" in done.stdout


@pytest.mark.slow
def test_a_loop_that_was_ended(site, ganzoo):
    install(site, "bad", LOOP)
    code = "import sys; sys.argv = ['ganzoo', 'list']; from ganzoo.cli.app import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code], env=ganzoo.environment(), stderr=subprocess.PIPE)
    while not list(ganzoo.home.glob("importing/*")):
        time.sleep(0.05)
    # Another command meanwhile does not take it for dead; `disable` needs none of its code.
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert ganzoo("list").stderr.startswith("plugin 'bad' is not used (failed)")
    assert "bad is now disabled" in ganzoo("plugins", "disable", "bad").stdout


def test_a_quick_ctrl_c_blames_nobody(site, ganzoo):
    install(site, "bad", "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n" + BAD)
    assert ganzoo("list").returncode == 130
    assert not list((ganzoo.home / "importing").iterdir())


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_of_another_process_blames_nobody(site, ganzoo, name):
    install(site, "bad", f"import os, signal; os.kill(os.getpid(), signal.{name})\n" + BAD)
    assert ganzoo("list").returncode == -signal.Signals[name]
    assert not list((ganzoo.home / "importing").iterdir())


def test_unless_its_import_was_without_end(site, ganzoo):
    install(site, "bad", "import os, signal, time; time.sleep(0.2); os.kill(os.getpid(), signal.SIGTERM)\n" + BAD)
    code = (
        "import sys; sys.argv = ['ganzoo', 'list']; from ganzoo.cli.app import main; "
        "from ganzoo.plugins import survivors; survivors.UNATTENDED_S = 0.1; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ganzoo.environment())
    assert done.returncode == -signal.SIGTERM
    assert ganzoo("list").stderr.startswith("plugin 'bad' is not used (failed)")


def test_handlers_are_as_they_were(site, ganzoo):
    """Those that a plugin sets stay, which is its own affair; what was ignored, as under nohup, stays ignored."""
    install(site, "bad", BAD)
    code = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from ganzoo import plugins; plugins.registry(); "
        "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ganzoo.environment(), capture_output=True, text=True)
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.slow
def test_doctor_ends_a_loop(site, ganzoo):
    install(site, "bad", LOOP)
    code = (
        "import sys; sys.argv = ['ganzoo', 'plugins', 'doctor', 'bad']; from ganzoo.cli.app import main; "
        "from ganzoo.testing import diagnosis; diagnosis.TRIAL_S = 5.0; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ganzoo.environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "trial         its import was not over after 5 s" in done.stdout


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written(site, ganzoo):
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    ganzoo.home.mkdir()
    ganzoo.home.chmod(0o500)
    assert "newgan" in ganzoo.variants()


@pytest.mark.parametrize("of", ["RuntimeError('no')", "SystemExit(4)", "RecursionError()", "self"])
@pytest.mark.parametrize("where", ["import", "hook", "returned", "config", "base"])
def test_what_cannot_be_shown_breaks_no_command(site, ganzoo, of, where):
    evil = EVIL.format(of=of)
    source = {
        "import": evil + "raise Evil",
        "hook": evil + "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): raise Evil",
        "returned": evil + "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_variants(): return [Evil()]",
        "config": evil + BAD + "\ndef __getattr__(name):\n    raise Evil if name == 'Config' else AttributeError(name)",
        "base": evil.replace("(Exception)", "(BaseException)") + "raise Evil",
    }[where]
    install(site, "bad", source)
    assert others(ganzoo) == BUILT_IN
    for command in (["list"], ["plugins"], ["train", "--help"], ["models"], ["--help"], ["info", "dcgan"]):
        done = ganzoo(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
    told = ganzoo("plugins", "doctor", "bad")
    assert told.returncode == 1
    assert ("a list (whose repr raises" if where == "returned" else "Evil") in told.stdout
    if where == "config":
        failed = ganzoo("train", "bad")
        assert failed.returncode == 1
        assert "variant 'bad' names 'bad:Config', which cannot be imported: Evil" in failed.stderr


@pytest.mark.parametrize("config", ["nowhere.at_all:Config", "bad:Config", "bad:number"])
def test_a_config_that_cannot_be_used_costs_only_its_own_variant(site, ganzoo, config):
    install(site, "bad", BAD.replace("bad:Config", config) + "\nnumber = 3\n")
    told = ganzoo("train", "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert all(name in told.stdout for name in [*BUILT_IN, "bad"])
    assert ganzoo("train", "vanilla", "--images", "100", "--quiet").returncode == 0
    failed = ganzoo("train", "bad")
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "bug in ganzoo" not in failed.stderr


def pretend(site, name, value, version="0.1.0"):
    """A distribution that calls itself torch-ganzoo."""
    describe(site, "torch-ganzoo", name, value, version, requires="")
    (site / "bad.py").write_text(BAD)


@pytest.mark.parametrize(("name", "status"), [("bad", "ok"), ("dcgan", "conflict"), ("standard", "conflict")])
def test_who_calls_itself_torch_ganzoo_is_not_built_in(site, ganzoo, name, status):
    pretend(site, name, "bad")
    done = ganzoo("plugins", "--json")
    assert done.returncode == 0, done.stderr
    records = json.loads(done.stdout)
    (fake,) = [record for record in records if record["package"] == "bad"]
    assert (fake["builtin"], fake["status"]) == (False, status)
    own = {record["name"] for record in records if record["builtin"]}
    assert own == {*BUILT_IN, "standard"}
    assert set(BUILT_IN) <= set(ganzoo.variants())
    # It can be left out as any third party's.
    assert sorted(ganzoo.variants(GANZOO_PLUGINS="")) == BUILT_IN


def test_the_list_of_our_own_is_the_projects():
    from plugins.installed import PROJECT

    from ganzoo.plugins.entry_points import STANDARD

    assert list(STANDARD) == list(PROJECT["entry-points"]["ganzoo"])
