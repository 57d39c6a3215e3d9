"""What does it cost to fetch a model here from a registry, and to sample from it?

    python benchmarks/registry.py              # two minutes
    python benchmarks/registry.py --quick      # does it run? Writes nothing

Directory: `DirectoryStore.fetch` of a package of 100 MB, which copies it and verifies the copy (sizes, sha256, header
and every weight), takes turns with `cp` and `sha256sum` of the same weights, one after the other. All of it is in the
page cache, and neither waits for the disk at the end; imports are made before. The ratio is of speeds, ours to that of
the two programs: the median over pairs.

Commands: whole processes of `ganzoo pull dcgan-mnist`, `ganzoo sample dcgan-mnist` and `sample dcgan-mnist.onnx`,
each beside a process that only makes the imports it cannot do without (torch is among those of the second alone).

Throughput: images/s of onnxruntime and of PyTorch, batches of 64, the threads that each takes by itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy
from common import machine, own_home, spread, table, verdict, write
from safetensors.numpy import save_file

from ganzoo.registry.packages.copying import no_progress
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.directory import DirectoryStore

DIRECTORY_TARGET = 0.6
COMMAND_TARGET_SECONDS = 1.0
GANZOO = [sys.executable, "-c", "from ganzoo.cli.app import main; main()"]
MODEL = "dcgan-mnist"
COMMANDS: dict[str, tuple[list[str], str, bool]] = {
    f"pull {MODEL}": (["pull", MODEL], "import typer, rich.console, pydantic, numpy", True),
    f"sample {MODEL}": (["sample", MODEL], "import torch", True),
    f"sample {MODEL}.onnx": (["sample", f"{MODEL}.onnx"], "import typer, numpy, PIL.Image, onnxruntime", False),
}
"""What is typed, the imports it needs, and whether its target is the time beyond those (or all of it)."""
PACKAGE_BYTES = 100_000_000


def seconds_of(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def write_package(folder: Path, size_bytes: int) -> Package:
    """A package with weights of that size in ten tensors, and nothing else that counts."""
    folder.mkdir()
    numbers = numpy.random.default_rng(0)
    shape = [size_bytes // 4000, 100]
    tensors = {f"layers.{i}.weight": numbers.standard_normal(shape, numpy.float32) for i in range(10)}
    save_file(tensors, folder / "model.safetensors")
    data = {
        "name": "noise", "shape": [3, 64, 64], "count": 1, "class_names": [], "kind": "image", "fit": "",
        "digest": None, "license": None,
    }  # fmt: skip
    config = {
        "library_name": "ganzoo", "architecture": "dcgan", "ganzoo_api": 1, "data": data,
        "stage": {"resolution": 64, "fade": 0.0}, "model_args": {},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    files = {}
    for name in ("config.json", "model.safetensors"):
        content = (folder / name).read_bytes()
        files[name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = {
        "schema": 1, "variant": "dcgan", "plugin": {"distribution": "torch-ganzoo", "version": "0"}, "files": files,
        "tensors": {name: {"shape": shape, "dtype": "F32"} for name in tensors}, "data": data, "images": 0, "seed": 0,
        "checkpoint": "final", "ema": "", "training": {}, "system": {}, "libraries": {}, "final": None, "best": None,
        "license": None,
    }  # fmt: skip
    (folder / "ganzoo.json").write_text(json.dumps(manifest))
    return Package.open(folder)


def measure_directory(pairs: int, size_bytes: int, folder: Path) -> dict[str, Any]:
    (folder / "zoo").mkdir()
    store = DirectoryStore(folder / "zoo", "bench/")
    package = write_package(folder / "package", size_bytes)
    push_seconds = seconds_of(
        lambda: store.push(package, "m", tag=None, message="", private=False, progress=no_progress)
    )
    resolved = store.resolve("m", None)
    source = folder / "zoo" / "m" / "revisions" / resolved.revision / "model.safetensors"
    staging = folder / "staging"

    def programs() -> None:
        subprocess.run(["cp", str(source), str(staging)], check=True)
        subprocess.run(["sha256sum", str(staging / source.name)], check=True, stdout=subprocess.DEVNULL)

    actions = {"fetch": lambda: store.fetch(resolved, staging, no_progress), "cp and sha256sum": programs}
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(-1, pairs):
        for name in actions if number % 2 else reversed(actions):
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            seconds = seconds_of(actions[name])
            if number >= 0:
                taken[name].append(seconds)
    ratio = spread([b / a for a, b in zip(*taken.values(), strict=True)])
    return {
        "pairs": pairs,
        "package_bytes": package.size_bytes,
        "push_seconds": round(push_seconds, 3),
        "seconds": {name: spread(seconds) for name, seconds in taken.items()},
        "speed_ratio": ratio,
        "target": f"median ratio of speeds >= {DIRECTORY_TARGET}",
        "met": ratio["median"] >= DIRECTORY_TARGET,
    }


def measure_commands(pairs: int, folder: Path) -> dict[str, Any]:
    subprocess.run([*GANZOO, "export", MODEL], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = {}
    for name, (arguments, imports, beyond) in COMMANDS.items():
        lines = {"command": [*GANZOO, *arguments], "imports": [sys.executable, "-c", imports]}
        taken: dict[str, list[float]] = {kind: [] for kind in lines}
        for number in range(-1, pairs):
            for kind, line in lines.items():
                run = partial(subprocess.run, line, cwd=folder, check=True, stdout=subprocess.DEVNULL)
                seconds = seconds_of(run)
                if number >= 0:
                    taken[kind].append(seconds)
        over = spread([a - b for a, b in zip(taken["command"], taken["imports"], strict=True)])
        judged = over["median"] if beyond else spread(taken["command"])["median"]
        found[name] = {
            "seconds": spread(taken["command"]),
            "imports_seconds": spread(taken["imports"]),
            "beyond_imports_seconds": over,
            "target": f"{'beyond its imports' if beyond else 'in all'} <= {COMMAND_TARGET_SECONDS} s",
            "met": judged <= COMMAND_TARGET_SECONDS,
        }
    return found


def measure_throughput(count: int, folder: Path) -> dict[str, float]:
    import torch

    import ganzoo
    from ganzoo.export.session import load_onnx

    models = {"pytorch": ganzoo.load(MODEL), "onnxruntime": load_onnx(folder / f"{MODEL}.onnx")}
    latents = models["pytorch"].generator.latent.draw(count, 0)
    found: dict[str, float] = {"threads": torch.get_num_threads()}
    for _ in range(2):  # the first round warms up
        for name, model in models.items():
            seconds = seconds_of(partial(model.generate, latents))
            found[f"{name}_images_per_second"] = round(count / seconds, 1)
    return found


def show(report: dict[str, Any]) -> None:
    found = report["directory"]
    rows = [[name, *(f"{v[k]:.3f}" for k in v)] for name, v in found["seconds"].items()]
    rows.append(["ratio of speeds", *(f"{v:.2f}" for v in found["speed_ratio"].values())])
    title = f"a package of {found['package_bytes'] / 1e6:.0f} MB from a directory, seconds"
    table(title, ["", "median", "min", "max"], rows)
    print(f"  {verdict(found['met'])}: {found['target']}; the push took {found['push_seconds']:.2f} s")
    keys = ("seconds", "imports_seconds", "beyond_imports_seconds")
    rows = [
        [name, *(f"{v[k]['median']:.2f}" for k in keys), verdict(v["met"])] for name, v in report["commands"].items()
    ]
    table("whole commands, seconds", ["", "all", "imports", "beyond", "target"], rows)
    speed = {name.partition("_")[0]: value for name, value in report["throughput"].items()}
    print(f"\nimages/s: onnxruntime {speed['onnxruntime']}, PyTorch {speed['pytorch']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": machine("cpu")}
    with own_home() as folder:
        report["directory"] = measure_directory(3 if arguments.quick else arguments.pairs, PACKAGE_BYTES, folder)
        report["commands"] = measure_commands(1 if arguments.quick else arguments.pairs, folder)
        report["throughput"] = measure_throughput(64 if arguments.quick else 4096, folder)
    show(report)
    write("registry", report, arguments)


if __name__ == "__main__":
    main()
