"""`config.json` edited by hand, against every command that reads a run: one sentence, never a traceback."""

import json
import os
import shutil

import pytest
from engine.runs import TINY, save_noise
from typer.testing import CliRunner

from ganzoo.cli.app import app
from ganzoo.errors import GanzooError, RunError

COMMANDS = {
    "resume": ("resume", "run", "--images", "120", "--quiet"),
    "sample": ("sample", "run", "-n", "4"),
    "eval": ("eval", "run", "-n", "20", "--metrics", "prdc", "--device", "cpu"),
    "report": ("report", "run"),
    "push": ("push", "run", "out.zip"),
}
MISSING = type("Missing", (), {"__repr__": lambda self: "MISSING"})()
DENSITY = {"means": [[0.0, 1.0]], "sigmas": [1.0], "weights": [1.0]}

REFUSED = (
    # The whole file.
    ("", "cannot be read as JSON: Expecting value"),
    ("{", "cannot be read as JSON: Expecting property name"),
    ("[]", "must hold a JSON object"),
    ("3", "must hold a JSON object"),
    (b"\xff\xfe", "cannot be read as JSON: 'utf-8' codec can't decode"),
    ('{"variant": "vanilla", "variant": "dcgan"}', "the key 'variant' is there twice"),
    ("[" * 100_000, "is nested too deeply"),
    ("{}", ": variant is missing, and every run has it"),
    # One field.
    (("training", "epochs", float("nan")), "NaN is not a number that is allowed here"),
    (("training", "epochs", float("inf")), "Infinity is not a number that is allowed here"),
    (("system", "torch", "\ud800"), "half a surrogate pair or a NUL"),
    (("data", "data", "a\0b"), "half a surrogate pair or a NUL"),
    (("plugin", MISSING), ": plugin is missing, and every run has it"),
    (("options", "images", MISSING), ": options.images is missing, and every run has it"),
    (("spec", "shape", MISSING), ": spec.shape is missing, and every run has it"),
    (("spec", "density", {"means": []}), ": spec.density.sigmas is missing, and every run has it"),
    (("trainnig", {}), ": trainnig (={}) is no field: choose from variant, plugin, preset, options, training,"),
    (("training", "sed", 1), ": training.sed (=1) is no field: choose from device, precision, compile, slices, seed,"),
    (("spec", "width", 8), ": spec.width (=8) is no field: choose from name, shape, count,"),
    (("spec", "notes", [{"sort": "x"}]), ": spec.notes.0.kind is missing, and every run has it"),
    (
        ("spec", "notes", [{"kind": "x", "text": "y", "z": 1}]),
        ": spec.notes.0.z (=1) is no field: choose from kind",
    ),
    (("variant", None), ": variant (=null) must be a valid string"),
    (("preset", ["paper"]), ': preset (=["paper"]) must be a valid string'),
    (("options", None), ": options (=null) must be an object"),
    (("training", []), ": training (=[]) must be an object"),
    (("data", "mnist"), ': data (="mnist") must be an object'),
    (("spec", 5), ": spec (=5) must be an object"),
    (("system", "cpu"), ': system (="cpu") must be an object'),
    (("plugin", "version", 1.5), ": plugin.version (=1.5) must be a valid string"),
    (("options", "images", 0), ": options.images (=0) must be greater than 0"),
    (("options", "images", "many"), ': options.images (="many") must be a whole number, and may end in k or M'),
    (("options", "images", True), ": options.images (=true) must be a number"),
    (("options", "images", 10**400), " must be less than or equal to 1000000000000000000"),
    (("options", "images", 1.5), ": options.images (=1.5) must be a valid integer"),
    (("training", "keep", 0), ": training.keep (=0) must be greater than or equal to 1"),
    (("training", "seed", -1), ": training.seed (=-1) must be greater than or equal to 0"),
    (("training", "precision", "fp8"), """: training.precision (="fp8") must be 'fp32' or 'bf16'"""),
    (("training", "compile", "perhaps"), ': training.compile (="perhaps") must be a valid boolean'),
    (("training", "eval_every", True), ": training.eval_every (=true) must be a number"),
    (("training", "callbacks", [1]), ": training.callbacks (=1) must be a valid string"),
    (("data", "split", "half"), """: data.split (="half") must be 'train', 'val', 'test' or 'all'"""),
    (("data", "channels", 65), ": data.channels (=65) must be less than or equal to 64"),
    (("data", "channels", True), ": data.channels (=true) must be a number"),
    (("data", "data", ""), ': data.data (="") must have at least 1 character'),
    (("data", "classes", [[]]), ": data.classes (=[]) must be a valid integer"),
    (("data", "data_root", 5), ": data.data_root (=5) "),
    (("data", "res", 10**9), ": data.res (=1000000000) must be less than or equal to 1048576"),
    (("data", "workers", 10**9), ": data.workers (=1000000000) must be less than or equal to 1024"),
    (("spec", "kind", "Sound!"), "must have the name of a modality as kind, and has 'Sound!'"),
    (("spec", "shape", "1x8x8"), ': spec.shape (="1x8x8") must be a list'),
    (("spec", "shape", [1, 8]), "must have a shape (channels, height, width), and has (1, 8)"),
    (("spec", "shape", [0, 8, 8]), "of numbers from 1 to 1048576, and has (0, 8, 8)"),
    (("spec", "shape", [2**80, 8, 8]), "of numbers from 1 to 1048576, and has (1208925819614629174706176, 8, 8)"),
    (("spec", "count", 0), "must have a count above 0, and has 0"),
    (("spec", "density", DENSITY), "must have a density of (1, 8, 8)"),
    (("spec", "density", {**DENSITY, "sigmas": [0]}), "the sigmas of a density are positive"),
)

ODD = (
    # What could be in a run, but not in this one: some commands have no use for it.
    ("variant", "gone"),
    ("variant", "\x1b[2J../../x"),
    ("variant", "cgan"),
    ("variant", "toy"),
    ("preset", "gone"),
    ("plugin", "distribution", "gone"),
    ("options", "lr", "fast"),
    ("options", "lr", MISSING),
    ("options", "latent_dim", 5),
    ("options", "generator_widths", [3]),
    ("options", "generator_widths", {"a": [None]}),
    ("options", "speed", 3),
    ("options", "images", 10**18),
    ("training", "device", "abacus"),
    ("training", "eval_metrics", "beauty"),
    ("training", "eval_samples", 10**18),
    ("training", "callbacks", ["gone"]),
    ("training", "epochs", 1e300),
    ("training", "seed", 1),
    ("training", "log_every", 10**18),
    ("data", "data", "gone.npz"),
    ("data", "data", "/" + "x" * 300),
    ("data", "data", "mnist"),
    ("data", "split", "test"),
    ("data", "classes", ["cat"]),
    ("data", "limit", 10),
    ("data", "res", 4),
    ("spec", "shape", [1, 4, 4]),
    ("spec", "shape", [1, 16, 16]),
    ("spec", "shape", [3, 8, 8]),
    ("spec", "condition", {"names": ["a", "b"]}),
    ("spec", "condition", {"shape": [3, 8, 8], "paired": True}),
    ("spec", "digest", None),
    ("spec", "digest", "x"),
    ("spec", "extractor", "gone"),
    ("spec", "count", 10**30),
    ("spec", "name", "\x1b[2J"),
    ("system", {}),
    ("system", "threads", {"a": [1]}),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of the run; not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    save_noise(folder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        assert run(*TINY, "--images", "100", "--out", "run", "--quiet") is None
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def edit(trained, tmp_path, monkeypatch, home):
    """`edit(change)`: a copy of the run in `./run` with another config."""
    monkeypatch.chdir(tmp_path)

    def edited(change):
        shutil.rmtree("run", ignore_errors=True)
        shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
        path = tmp_path / "run/config.json"
        if isinstance(change, tuple):
            config = json.loads(path.read_text())
            *above, name, value = change
            owner = config
            for key in above:
                owner = owner[key]
            owner.pop(name, None)
            owner |= {} if value is MISSING else {name: value}
            change = json.dumps(config)
        path.write_bytes(change if isinstance(change, bytes) else change.encode())

    return edited


def run(*arguments):
    """What a command raises, None if nothing; its output must be text that a terminal takes."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, GanzooError):
        raise done.exception
    return done.exception


def shown(change):
    return json.dumps(change if not isinstance(change, bytes | tuple) else str(change))[:60]


@pytest.mark.parametrize(("change", "sentence"), REFUSED, ids=[shown(change) for change, _ in REFUSED])
def test_what_cannot_be_is_one_sentence_everywhere(edit, change, sentence):
    edit(change)
    said = {name: run(*command) for name, command in COMMANDS.items()}
    assert {type(error) for error in said.values()} == {RunError}
    (only,) = {str(error) for error in said.values()}
    assert only.startswith("run/config.json")
    assert sentence in only
    assert len(only.splitlines()) == 1


@pytest.mark.parametrize("change", ODD, ids=map(shown, ODD))
def test_what_this_run_cannot_be_is_a_sentence_or_does_no_harm(edit, change):
    for name, command in COMMANDS.items():
        edit(change)
        error = run(*command)
        assert error is None or len(str(error).splitlines()) == 1, name
        assert "bug" not in str(error), name


def test_options_that_the_variant_refuses_are_named_with_the_file(edit):
    edit(("options", "lr", "fast"))
    for name in ("resume", "sample", "eval", "push"):
        assert str(run(*COMMANDS[name])).startswith("run/config.json: --lr (=fast) must be a valid number"), name
    assert run(*COMMANDS["report"]) is None


@pytest.mark.parametrize("command", ["runs", "models"])
def test_lists_name_what_they_skip(trained, ganzoo, tmp_path, command):
    for name in ("good", "broken"):
        shutil.copytree(trained / "run", tmp_path / "runs" / name)
    (tmp_path / "runs/broken/config.json").write_text("{}")
    (tmp_path / "runs/folder").mkdir()
    (tmp_path / "runs/file").touch()
    done = ganzoo(command, "--json")
    assert done.err == "not shown: runs/broken/config.json: variant is missing, and every run has it\n"
    assert done.out.count('"runs/good"') == 1
    assert "runs/broken" not in done.out
