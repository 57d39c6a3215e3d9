"""Attack ganzoo for as long as you like: `python tests/attack.py --minutes 60 [--seed 1] [--only packages]`.

Each try damages a file, or makes a server lie, and then does what a user would. What may come of it is a result or
a `GanzooError`; anything else is printed with its seed, and the exit code is 1. Nothing outside of a folder of its own
may change: a file that stands for the user's own is looked at after every try.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

NASTY = [
    None, True, -1, 0, 1, 2**31, 2**63, 10**400, 1e308, -1e308, float("nan"), float("inf"), "", "..", "/etc/passwd",
    "../../mine", "\x1b[31m", "\u202e", "[/x]", "a" * 10_000, [], {}, [[]], {"a": {}}, "x; touch mine", "0" * 40,
]  # fmt: skip


class Bench:
    """A folder with all that is attacked, made once."""

    def __init__(self, folder: Path) -> None:
        import numpy

        import ganzoo
        from ganzoo.registry.stores.builtin import BuiltinStore
        from ganzoo.runs.observers.display import choose_display

        self.folder, self.mine = folder, folder / "mine"
        self.mine.write_text("mine")
        os.environ["GANZOO_HOME"] = str(folder / "home")
        os.chdir(folder)
        self.package = BuiltinStore().folder / "vanilla-mnist"
        images = numpy.random.RandomState(0).randint(0, 256, (50, 8, 8), dtype=numpy.uint8)
        numpy.savez(folder / "tiny.npz", images=images)
        self.run = folder / "run"
        display = choose_display(quiet=True)
        ganzoo.train("vanilla", data="tiny.npz", images=200, batch_size=10, out=self.run, device="cpu", display=display)


def altered(random: random.Random, data: bytes) -> bytes:
    """Bytes with something changed, cut out or put in."""
    place = random.randrange(len(data) + 1)
    kind = random.randrange(4)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + random.randbytes(random.randrange(1, 9)) + data[place:]
    flipped = bytearray(data)
    for _ in range(random.randrange(1, 4) if data else 0):
        flipped[random.randrange(len(flipped))] = random.randrange(256)
    return bytes(flipped)


def mangled(random: random.Random, tree: object) -> object:
    """JSON with another value somewhere."""
    if isinstance(tree, dict | list) and tree and random.random() < 0.85:
        key = random.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        copy = tree.copy()
        copy[key] = mangled(random, tree[key])
        return copy
    return random.choice(NASTY)


def damage(random: random.Random, path: Path) -> None:
    """Damage one file, as text of JSON where it is that."""
    data = path.read_bytes()
    if path.suffix in (".json", ".jsonl") and random.random() < 0.8:
        lines = data.splitlines() if path.suffix == ".jsonl" else [data]
        place = random.randrange(len(lines))
        lines[place] = json.dumps(mangled(random, json.loads(lines[place]))).encode()
        path.write_bytes(b"\n".join(lines))
    else:
        path.write_bytes(altered(random, data))


def packages(bench: Bench, random: random.Random) -> None:
    """Damage a package, put the digests of what it now has into its manifest, and sample it."""
    import hashlib

    from ganzoo import load

    folder = bench.folder / "package"
    shutil.copytree(bench.package, folder)
    name = random.choice(["config.json", "model.safetensors", "ganzoo.json"])
    damage(random, folder / name)
    if name != "ganzoo.json":
        data = (folder / name).read_bytes()
        manifest = json.loads((folder / "ganzoo.json").read_text())
        manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (folder / "ganzoo.json").write_text(json.dumps(manifest))
    load(folder).sample(2)


def runs(bench: Bench, random: random.Random) -> None:
    """Damage a file of a run, then list, report and sample."""
    from ganzoo import load
    from ganzoo.runs.run import Run, all_runs

    folder = bench.folder / "runs" / "run"
    shutil.copytree(bench.run, folder)
    damage(random, random.choice([path for path in folder.rglob("*") if path.is_file() and path.suffix != ".png"]))
    for run in all_runs(folder.parent):
        run.status()
    Run.open(folder)
    load(folder).sample(2)


def servers(bench: Bench, random: random.Random) -> None:
    """A Hub that names things as it likes."""
    from registry.hub_server import HubServer

    from ganzoo.registry.stores.hub.store import HubStore

    names = [*(str(value) for value in NASTY), str(bench.mine), "../../../../mine", "0" * 64]
    with HubServer() as hub:
        hub.add("org/model", bench.package)
        for _ in range(random.randrange(1, 3)):
            name = random.choice(["ganzoo.json", "config.json", "model.safetensors", "README.md"])
            safe = "".join(letter for letter in random.choice(names) if " " < letter < "\x7f")[:2000]
            hub.etags[name] = safe
            if random.random() < 0.5:
                headers = {random.choice(["Location", "X-Repo-Commit", "Content-Disposition", "Retry-After"]): safe}
                hub.fail(name, status=random.choice([200, 206, 302, 401, 404, 416, 429]), headers=headers)
            if random.random() < 0.3:
                hub.fail("/revision/", status=200, answer=mangled(random, {"id": "org/model", "sha": "0" * 40}))
            if random.random() < 0.3:
                hub.fail(name, cut=random.randrange(2000), flip=None)
        store = HubStore(hub.url, None, bench.folder / "cache")
        staging = bench.folder / "staging"
        staging.mkdir()
        store.fetch(store.resolve("org/model", None), staging)


def onnx(bench: Bench, random: random.Random) -> None:
    """Damage an exported file and sample it."""
    from ganzoo import load
    from ganzoo.export import process
    from ganzoo.export.onnx import export_onnx
    from ganzoo.export.session import load_onnx

    process.LIMIT_S = 20.0
    good, path = bench.folder / "good.onnx", bench.folder / "bad.onnx"
    if not good.exists():
        export_onnx(load(bench.package), good)
    path.write_bytes(altered(random, good.read_bytes()[:4000]) + good.read_bytes()[4000:])
    model = load_onnx(path)
    model.generate(model.generator.latent.draw(2, 0))


ATTACKS: dict[str, Callable[[Bench, random.Random], None]] = {
    attack.__name__: attack for attack in (packages, runs, servers, onnx)
}


def attempt(name: str, bench: Bench, seed: int, refused: list[str]) -> str:
    """One try; what was wrong, or empty. A try that ended in an error of ours is noted in `refused`."""
    from ganzoo.errors import GanzooError

    for left in ("package", "runs", "cache", "staging", "home", "bad.onnx"):
        path = bench.folder / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    before = {path.name for path in bench.folder.parent.iterdir()}
    try:
        ATTACKS[name](bench, random.Random(seed))
    except GanzooError as error:
        refused.append(name)
        if len(str(error)) > 20_000:
            return f"a message of {len(str(error)):,} letters"
    except Exception:
        return traceback.format_exc()
    if bench.mine.read_text() != "mine" or {path.name for path in bench.folder.parent.iterdir()} != before:
        return "something outside was changed"
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Try until the time is over; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--tries", type=int, default=10**9, help="at most so many")
    parser.add_argument("--seed", type=int, default=0, help="of the first try; each next has the next")
    parser.add_argument("--only", choices=list(ATTACKS), action="append")
    asked = parser.parse_args(arguments)
    tries, wrong, back = 0, 0, Path.cwd()
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer) / "attacked"
        folder.mkdir()
        bench = Bench(folder)
        names, refused = asked.only or list(ATTACKS), []
        end = time.monotonic() + 60 * asked.minutes
        while time.monotonic() < end and tries < asked.tries:
            name, seed = names[tries % len(names)], asked.seed + tries
            said = attempt(name, bench, seed, refused)
            tries += 1
            if said:
                wrong += 1
                print(f"{name}, --only {name} --seed {seed} --tries 1:\n{said}", flush=True)
        os.chdir(back)
    told = ", ".join(f"{name} {refused.count(name)}" for name in names)
    print(f"{tries} tries, {len(refused)} refused ({told}), {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
