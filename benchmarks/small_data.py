"""What does `--augment` give who has 500 pictures? Frechet distance (photos) over images, by mirror and augmentation.

    python benchmarks/small_data.py CLOTHING.zip               # results/small-data.json, docs/images/small-data.png
    python benchmarks/small_data.py CLOTHING.zip --jobs 1      # one training at a time
    python benchmarks/small_data.py CLOTHING.zip --quick       # does it run? Writes nothing

Each training is `ganzoo train dcgan --preset laptop` of 500 pictures of Clothing-10 at 32 pixels (a zip of JPEGs, not
part of the repository), drawn by a fixed seed, and is judged every so many images against all 3,781: what counts is
whether it learned garments, or its 500 pictures. The distance of the 500 themselves stands beside: who copies them
perfectly gets that. Stopped and started again, with the same `--work`, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy
from common import machine, table, write

SIDE, PICTURES = 32, 500
CASES: dict[str, list[str]] = {
    "none": [],
    "mirror": ["--mirror"],
    "mirror, diffaug": ["--mirror", "--augment", "diffaug"],
    "mirror, ada": ["--mirror", "--augment", "ada"],
}
PLOT = Path(__file__).parent.parent / "docs" / "images" / "small-data.png"


def ganzoo(work: Path, *words: object) -> str:
    """What a command prints; each in a process with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GANZOO_HOME": str(work / "home")}
    typed = [sys.executable, "-m", "ganzoo", *map(str, words)]
    return subprocess.run(typed, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def prepare(archive: Path, work: Path) -> None:
    """All pictures, and 500 of them, as arrays: decoded once."""
    import torch

    from ganzoo.data import DataOptions, load

    dataset = load(DataOptions(data=archive, res=SIDE))
    pixels = dataset.gather(torch.arange(len(dataset))).permute(0, 2, 3, 1).numpy()
    chosen = numpy.random.RandomState(0).permutation(len(pixels))[:PICTURES]
    numpy.savez(work / "all.npz", images=pixels)
    numpy.savez(work / "few.npz", images=pixels[numpy.sort(chosen)])


def judged(work: Path, subject: Path, count: int) -> dict[str, float]:
    options = ["--data", work / "all.npz", "--metrics", "fid,kid", "--extractor", "photos", "-n", count, "--json"]
    values = json.loads(ganzoo(work, "eval", subject, *options))["values"]
    return {"fid": values["fid"], "kid": values["kid"]}


def train(work: Path, case: str, seed: int, options: argparse.Namespace) -> list[dict[str, float]]:
    """One training with its figures; those that are there already are kept."""
    name = f"{case.replace(', ', '-')}-{seed}"
    kept, run = work / f"{name}.json", work / "runs" / name
    found = json.loads(kept.read_text()) if kept.exists() else []
    for images in range((len(found) + 1) * options.every, options.images + 1, options.every):
        if run.exists():
            ganzoo(work, "resume", run, "--images", images, "-q")
        else:
            given = ["--preset", "laptop", "--data", work / "few.npz", "--seed", seed, *CASES[case]]
            ganzoo(work, "train", "dcgan", *given, "--images", images, "--out", run, "-q")
        found.append({"images": images, **judged(work, run, options.count)})
        kept.write_text(json.dumps(found))
        print(f"{name}: {images:,} images, distance {found[-1]['fid']:.3g}", flush=True)
    return found


def plot(curves: dict[str, dict[int, list[dict[str, float]]]], copies: float, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for number, (case, seeds) in enumerate(curves.items()):
        for seed, points in seeds.items():
            shown = ([point["images"] / 1000 for point in points], [point["fid"] for point in points])
            axes.plot(*shown, color=f"C{number}", label=case if seed == min(seeds) else None)
    axes.axhline(copies, color="gray", linestyle=":", label="the 500 pictures themselves")
    axes.set(xlabel="thousand images shown", ylabel="Frechet distance (photos)", ylim=(0, None))
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("--images", type=int, default=120_000, help="of each training")
    parser.add_argument("--every", type=int, default=15_000, help="images between two judgments")
    parser.add_argument("--count", type=int, default=2_000, help="samples that are judged")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, each with one thread")
    parser.add_argument("--work", type=Path, help="folder to go on in")
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    if options.quick:
        options.images, options.every, options.count, options.seeds = 400, 200, 100, 1
    work = options.work or Path(tempfile.mkdtemp(prefix="ganzoo-small-data-"))
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "few.npz").exists():
        prepare(options.archive, work)
    report: dict[str, Any] = {
        "machine": machine("cpu"),
        "data": f"{PICTURES} of Clothing-10's pictures at {SIDE} pixels, judged against all of them",
        "samples": options.count,
        "copies": judged(work, work / "few.npz", PICTURES),
    }
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = {
            (case, seed): pool.submit(train, work, case, seed, options)
            for seed in range(options.seeds)
            for case in CASES
        }
        curves: dict[str, dict[int, list[dict[str, float]]]] = defaultdict(dict)
        for (case, seed), job in waiting.items():
            curves[case][seed] = job.result()
    report["curves"] = curves
    rows = [
        [f"{case}, seed {seed}", f"{min(p['fid'] for p in points):.3g}", f"{points[-1]['fid']:.3g}"]
        for case, seeds in curves.items()
        for seed, points in seeds.items()
    ]
    table("Frechet distance (photos)", ["", "best", "last"], rows)
    print(f"  the {PICTURES} pictures themselves: {report['copies']['fid']:.3g}")
    write("small-data", report, options)
    if not options.quick:
        plot(curves, report["copies"]["fid"], PLOT)


if __name__ == "__main__":
    main()
