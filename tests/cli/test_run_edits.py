"""What a hand can do to the files of a run but its config, against every command that reads one: a sentence, no bug."""

import json
import os
import shutil

import pytest
from cli.test_hand_edits import trained  # noqa: F401
from typer.testing import CliRunner

from ganzoo.cli.app import app
from ganzoo.errors import GanzooError

COMMANDS = {
    "resume": ("resume", "runs/run", "--images", "120", "--quiet"),
    "sample": ("sample", "runs/run", "-n", "4"),
    "eval": ("eval", "runs/run", "-n", "20", "--metrics", "prdc", "--device", "cpu"),
    "report": ("report", "runs/run"),
    "push": ("push", "runs/run", "out.zip"),
    "runs": ("runs",),
    "models": ("models",),
}
NEWEST = "checkpoints/0000000100"


def write(place, content=b""):
    def change(run):
        (run / place).parent.mkdir(parents=True, exist_ok=True)
        (run / place).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())

    return f"{place} = {content!r:.60}", change


def append(place, content):
    def change(run):
        with (run / place).open("ab") as file:
            file.write(content)

    return f"{place} + {content!r:.60}", change


def remove(place):
    def change(run):
        path = run / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return f"no {place}", change


def folder(place):
    def change(run):
        if (run / place).exists():
            remove(place)[1](run)
        (run / place).mkdir(parents=True)

    return f"{place}/", change


def link(place, target):
    def change(run):
        if (run / place).exists():
            remove(place)[1](run)
        (run / place).symlink_to(target)

    return f"{place} -> {target}", change


def fifo(place):
    def change(run):
        if (run / place).exists():
            remove(place)[1](run)
        os.mkfifo(run / place)

    return f"{place} |", change


def state(*keys_and_value, sealed=True):
    """Another value in `state.json`, with a manifest that fits it where it is sealed."""
    *keys, value = keys_and_value

    def change(run):
        path = run / NEWEST / "state.json"
        values = json.loads(path.read_text())
        owner = values
        for key in keys[:-1]:
            owner = owner[key]
        if value is None and keys:
            owner.pop(keys[-1])
        elif keys:
            owner[keys[-1]] = value
        else:
            values = value
        seal(run, "state.json", json.dumps(values).encode(), sealed=sealed)

    return f"state {keys} = {value!r:.40} {sealed}", change


def seal(run, name, data, *, sealed=True):
    import hashlib

    (run / NEWEST / name).write_bytes(data)
    if sealed:
        path = run / NEWEST / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        path.write_text(json.dumps(manifest))


def tensors(name, data):
    return f"{name} sealed as {data!r:.30}", lambda run: seal(run, f"{name}.safetensors", data)


def manifest(value):
    return write(f"{NEWEST}/manifest.json", value)


ENTRY = {"size": 1, "sha256": "0" * 64}
EDITS = [
    # The journal.
    *(append("metrics.jsonl", line + b"\n") for line in (
        b"", b"x", b"{", b"[]", b"3", b"null", b'"x"', b"{}", b"\xff\xfe", b"\0", b"[" * 100_000, b"9" * 5000,
        b'{"images": null}', b'{"images": "1"}', b'{"images": -5}', b'{"images": 1e400}', b'{"images": 1.5}',
        b'{"images": 99999999999999999999999999}', b'{"images": 1, "event": 5}', b'{"images": 1, "event": "gone"}',
        b'{"images": 100, "seconds": 1, "images_per_second": 1, "memory_bytes": 1, "loss": NaN}',
        b'{"images": 100, "seconds": 1e308, "images_per_second": -1e308, "memory_bytes": 1, "loss": -Infinity}',
        b'{"images": 100, "seconds": 1, "images_per_second": 1, "memory_bytes": 1, "loss": "low"}',
        b'{"images": 100, "seconds": 1, "images_per_second": 1, "memory_bytes": 1, "[/x]\\u001b[2J": 1.0}',
        b'{"images": 100, "event": "eval", "metrics": {}}', b'{"images": 100, "event": "eval", "metrics": []}',
        b'{"images": 100, "event": "eval", "metrics": {"fid": null}}',
        b'{"images": 100, "event": "eval", "metrics": {"fid": [1]}, "best": true}',
        b'{"images": 100, "event": "eval", "metrics": {"\\u001b[2J": 1e308}, "best": true}',
        b'{"images": 100, "event": "diverged", "reason": "\\ud800\\u001b[2J"}',
        b'{"images": 100, "event": "collapse", "message": "[/x]"}',
    )),
    write("metrics.jsonl"), remove("metrics.jsonl"), folder("metrics.jsonl"), link("metrics.jsonl", "gone"),
    link("metrics.jsonl", "metrics.jsonl"), link("metrics.jsonl", "/dev/null"), fifo("metrics.jsonl"),
    # Samples.
    folder("samples/0001.png"), folder("samples/0000000100.png"), write("samples/0000000100.png"),
    write("samples/0000000100.png", b"\x89PNG\r\n\x1a\n"), write("samples/99999999999999999999.png", b"x"),
    write(f"samples/{'9' * 200}.png", b"x"), write("samples/\u0661\u0662.png", b"x"), write("samples/\u00b2.png", b"x"),
    write("samples/.png", b"x"), write("samples/-5.png", b"x"), link("samples/0000000050.png", "gone"),
    link("samples/0000000050.png", "0000000050.png"), remove("samples"), folder("samples"), link("samples", "gone"),
    write("samples/0000000100.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100), fifo("samples/0000000100.png"),
    ("samples = file", lambda run: (shutil.rmtree(run / "samples"), (run / "samples").touch())),
    # Checkpoints.
    remove("checkpoints"), folder("checkpoints"), link("checkpoints", "gone"),
    folder("checkpoints/99999999999999999999"),
    folder("checkpoints/0000000200"), folder(f"checkpoints/{'9' * 200}"), folder("checkpoints/\u0661"),
    folder("checkpoints/\u00b2"), write("checkpoints/0000000300", b"x"), folder("checkpoints/-1"),
    folder("checkpoints/[|x]"),
    link("checkpoints/0000000200", "0000000100"), link("checkpoints/0000000200", "gone"),
    link("checkpoints/0000000200", "."), write("checkpoints/best", b"\xff"), write("checkpoints/best", b"../../x"),
    folder("checkpoints/best"), write("checkpoints/best", b"9" * 5000), fifo("checkpoints/best"),
    ("checkpoints = file", lambda run: (shutil.rmtree(run / "checkpoints"), (run / "checkpoints").touch())),
    *(remove(f"{NEWEST}/{name}") for name in ("manifest.json", "state.json", "ema.safetensors", "random.safetensors")),
    *(manifest(value) for value in (
        b"", b"{", [], {}, {"files": []}, {"files": {}}, {"files": {"state.json": 1}}, b"[" * 100_000, b"\xff", b"null",
        {"files": {"state.json": {"size": "1", "sha256": 5}}},
        {"files": {"../../../secret": ENTRY, "state.json": ENTRY}},
        {"files": {"\u0000": ENTRY, "state.json": ENTRY}}, {"files": {"/etc/passwd": ENTRY, "state.json": ENTRY}},
    )),
    write(f"{NEWEST}/extra.bin", b"x"), folder(f"{NEWEST}/state.json"), folder(f"{NEWEST}/manifest.json"),
    link(f"{NEWEST}/ema.safetensors", "/dev/null"), link(f"{NEWEST}/ema.safetensors", "ema.safetensors"),
    fifo(f"{NEWEST}/state.json"), fifo(f"{NEWEST}/manifest.json"), fifo(f"{NEWEST}/ema.safetensors"),
    state({}, sealed=False), state({}), state([]), state(None), state("x"), state(3),
    state("images", None), state("images", "many"), state("images", -1), state("images", 10**30), state("images", []),
    state("seconds", None), state("seconds", "long"), state("seconds", []), state("resolution", None),
    state("resolution", "x"), state("resolution", 10**9), state("resolution", []),
    state("fade", "x"), state("fade", None),
    state("fade", 7), state("monitor", None), state("monitor", []), state("monitor", 3), state("monitor", {}),
    state("evaluation", None), state("evaluation", []), state("evaluation", "x"), state("evaluation", {}),
    *(tensors(name, data) for name in ("ema", "generator", "random", "generator_optimizer") for data in (
        b"", b"\0" * 8, b"\2\0\0\0\0\0\0\0{}", b"\xff" * 100)),
    # The lock, and what commands write.
    folder(".lock"), link(".lock", "gone"), link(".lock", "/dev/null"), write(".lock", b"x" * 1000), fifo(".lock"),
    folder("report.html"), folder("curves.png"), folder("progress.png"), folder("progress.webp"),
    link("report.html", "gone/x"),
]  # fmt: skip


def said(*arguments):
    """What a command raises, None if nothing."""
    done = CliRunner().invoke(app, list(arguments))
    error = done.exception
    if error is not None and not isinstance(error, GanzooError | SystemExit):
        raise error
    return error


@pytest.mark.timeout(90)
@pytest.mark.parametrize("change", [change for _, change in EDITS], ids=[name for name, _ in EDITS])
def test_each_is_one_sentence_or_does_no_harm(trained, tmp_path, monkeypatch, home, change):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    for name, command in COMMANDS.items():
        shutil.rmtree("runs", ignore_errors=True)
        (tmp_path / "out.zip").unlink(missing_ok=True)
        shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
        shutil.copytree(trained / "run", "runs/run")
        change(tmp_path / "runs/run")
        error = said(*command)
        assert error is None or (isinstance(error, GanzooError) and len(str(error).splitlines()) == 1), (name, error)
        assert name not in ("runs", "models") or error is None, error
