"""What does a set cost that does not fit into memory, kept decoded on the disk, and decoded each time?

    python benchmarks/streaming.py              # three minutes of one core
    python benchmarks/streaming.py --quick      # Does it run? Writes nothing

Photographs of 128 pixels are made up (smooth noise, as JPEG of quality 90, some 7 kB each) and loaded three ways:
resident, mapped from the cache (`--data-memory 0`), and decoded each time (`--data-disk 0`). Batches of 64 are drawn
from each in turn; a training of DCGAN's preset `laptop` with 64 pixels too, from the resident and the mapped set.

Counted is the processor's time of one thread, which other work on the machine changes less than the wall's. Decoding is
done in the same thread, and counted as twice as fast: no two processes that decode and send their batches reach that.
What is mapped was written a moment ago, so the system still has it in memory, as it has while there is enough of it.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from common import machine, own_home, spread, table, verdict, write
from loops import Rounds
from PIL import Image
from turns import divide, measure, rounds_of

from ganzoo import plugins
from ganzoo.data import DataOptions, Dataset, Sampler, load
from ganzoo.engine.training import Training

BATCH, SIDE = 64, 128
RESIDENT, MAPPED, DECODED, TWICE = "resident", "mapped", "decoded", "decoded by two"
TARGETS = {("read", f"{MAPPED} / {TWICE}"): 5.0, ("dcgan", f"{MAPPED} / {RESIDENT}"): 0.9}


def make(folder: Path, count: int) -> None:
    folder.mkdir()
    random = np.random.RandomState(0)
    for number in range(count):
        coarse = Image.fromarray(random.randint(0, 256, (24, 24, 3)).astype(np.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{number:06d}.jpg", quality=90)


def loaded(folder: Path, res: int, device: torch.device) -> dict[str, Dataset]:
    """The set in all ways, decoded twice: before it is in the cache, and once more for it."""
    options = {"data": str(folder), "res": res, "workers": 0}
    ways = {DECODED: {"data_memory": 0, "data_disk": 0}, MAPPED: {"data_memory": 0}, RESIDENT: {}}
    sets = {name: load(DataOptions(**options, **way), device) for name, way in ways.items()}
    for name, dataset in sets.items():
        print("\n".join((f"{name}: {dataset.spec.count} images of {dataset.spec.shape}", *dataset.notes)), flush=True)
    return sets


def read(sampler: Sampler) -> Rounds:
    while True:
        yield len(sampler.next(BATCH)[0])


def training(dataset: Dataset, device: torch.device) -> Training:
    variant = plugins.registry().find("dcgan")
    torch.manual_seed(7)
    game = variant.build(variant.load_config().resolve("laptop", {}), dataset.spec)
    return Training(game, dataset, device, seed=7, conditional=False, warn=print)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4_000, help="images")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a segment")
    parser.add_argument("--segments", type=int, default=5, help="of each loop")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.count, arguments.seconds, arguments.segments = 200, 0.2, 2
    device, facts = torch.device("cpu"), machine("cpu")
    rates: dict[str, dict[str, list[float]]] = {}
    with own_home() as place:
        folder = place / "photos"
        make(folder, arguments.count)
        stored = sum(file.stat().st_size for file in folder.iterdir())
        samplers = {name: Sampler(dataset, 1) for name, dataset in loaded(folder, SIDE, device).items()}
        loops = {name: read(sampler) for name, sampler in samplers.items()}
        rates["read"] = measure(loops, device, arguments.segments, arguments.seconds, time.process_time)
        rates["read"][TWICE] = [2 * rate for rate in rates["read"][DECODED]]
        for sampler in samplers.values():
            sampler.close()
        sets = loaded(folder, 64, device)
        loops = {name: rounds_of(training(sets[name], device)) for name in (RESIDENT, MAPPED)}
        rates["dcgan"] = measure(loops, device, arguments.segments, arguments.seconds, time.process_time)
    report: dict[str, Any] = {}
    for what, found in rates.items():
        pairs = [(a, b) for a, b in ((MAPPED, TWICE), (MAPPED, RESIDENT)) if {a, b} <= found.keys()]
        ratios = {f"{a} / {b}": spread(divide(found[a], found[b])) for a, b in pairs}
        report[what] = {"images_per_processor_second": {name: spread(values, 1) for name, values in found.items()}}
        report[what]["ratios"] = ratios
        rows = [[name, *(f"{v:,.0f}" for v in spread(values).values())] for name, values in found.items()]
        table(f"{what}, images per second of the processor", ["", "median", "min", "max"], rows)
        for name, values in ratios.items():
            target = TARGETS.get((what, name))
            said = "" if target is None else f", at least {target}: {verdict(values['median'] >= target)}"
            print(f"  {name}: {values['median']} ({values['min']} to {values['max']}){said}")
    made = {"count": arguments.count, "side": SIDE, "file_bytes": stored // arguments.count, "batch_size": BATCH}
    write("streaming", {"machine": facts, "images": made, **report}, arguments)


if __name__ == "__main__":
    main()
