"""What does `ganzoo eval` cost, next to the bare forward passes? And does FID's memory grow with N?

    python benchmarks/evaluation.py [--device cpu] [--count 10000] [--rounds 3] [--quick] [--out FILE]

Time: `evaluate_generator` with the metrics of the command line (fid, kid, prdc, is, modes) on fakes of the `laptop`
generator of `dcgan` against MNIST's train split, with `digits`; the weights are random, as speed does not depend on
them. Bare is the forward passes that this takes, with nothing done to the result: fakes through generator and
extractor, and, while they are not in the cache, the 60,000 reals through the extractor. `cold` is a first evaluation,
`warm` any later one. The two alternate with their bare loops, and the ratio is of medians.

Memory: the peak of a process that takes FID alone of N fakes, for two N; the imports are in it.

Targets: ratio at most 1.5 for a first evaluation and for later ones; peak memory for the larger N at most 1.05 of that
for the smaller.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from common import machine, own_home, spread, table, verdict, write
from memory import peak_bytes

RATIO_TARGET = 1.5
MEMORY_TARGET = 1.05


def build(device: torch.device) -> tuple[Any, Any, Any]:
    """Generator, reference and extractor."""
    from ganzoo import plugins
    from ganzoo.data import DataOptions, load
    from ganzoo.metrics import load_extractor

    reference = load(DataOptions(data="mnist"), device)
    variant = plugins.registry().find("dcgan")
    config = variant.load_config().resolve("laptop", {})
    torch.manual_seed(0)
    generator = variant.build(config, reference.spec).generator.to(device).eval()
    return generator, reference, load_extractor("digits", device)


def bare(generator: Any, reference: Any, extractor: Any, count: int, *, with_reference: bool) -> None:
    """The forward passes that nobody can do without."""
    from ganzoo.metrics.fakes import BATCH

    device = reference.device
    with torch.no_grad():
        for start in range(0, count, BATCH):
            samples = generator(torch.randn(min(BATCH, count - start), *generator.latent.shape, device=device))
            extractor(((samples + 1) * 127.5).to(torch.uint8))
        if with_reference:
            for start in range(0, len(reference), BATCH):
                extractor(reference.gather(torch.arange(start, min(start + BATCH, len(reference)), device=device)))
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def evaluate(generator: Any, reference: Any, extractor: Any, count: int, home: Path, *, cold: bool) -> None:
    from ganzoo.metrics import Settings, evaluate_generator

    if cold:
        shutil.rmtree(home / "metrics", ignore_errors=True)
    evaluate_generator(generator, reference, settings=Settings(count=count), extractor=extractor)


def seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def time_all(arguments: argparse.Namespace, home: Path) -> dict[str, Any]:
    parts = build(torch.device(arguments.device))
    report: dict[str, Any] = {}
    for name, cold in (("cold", True), ("warm", False)):
        taken: dict[str, list[float]] = {"bare": [], "eval": []}
        bare(*parts, count=1000, with_reference=False)
        for _ in range(arguments.rounds):
            taken["bare"].append(seconds(lambda: bare(*parts, count=arguments.count, with_reference=cold)))  # noqa: B023
            taken["eval"].append(seconds(lambda: evaluate(*parts, arguments.count, home, cold=cold)))  # noqa: B023
        ratio = statistics.median(taken["eval"]) / statistics.median(taken["bare"])
        report[name] = {f"{key}_seconds": spread(values) for key, values in taken.items()}
        report[name] |= {"ratio": round(ratio, 3), "met": ratio <= RATIO_TARGET}
    return report


def fid_memory(arguments: argparse.Namespace) -> dict[str, Any]:
    """Each N in a process of its own."""
    counts = (arguments.count // 4, arguments.count * (1 if arguments.quick else 4))
    peaks = []
    for count in counts:
        command = [sys.executable, __file__, "--device", arguments.device, "--only-fid-of", str(count)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    ratio = peaks[1] / peaks[0]
    return {"counts": counts, "peak_bytes": peaks, "ratio": round(ratio, 3), "met": ratio <= MEMORY_TARGET}


def only_fid(device: torch.device, count: int) -> None:
    from ganzoo.metrics import Settings, evaluate_generator

    generator, reference, extractor = build(device)
    evaluate_generator(generator, reference, "fid", Settings(count=count), extractor=extractor)
    print(peak_bytes(device))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only-fid-of", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only_fid_of:
        only_fid(torch.device(arguments.device), arguments.only_fid_of)
        return
    if arguments.quick:
        arguments.count, arguments.rounds = 2_000, 1
    with own_home() as folder:
        facts = machine(arguments.device)
        times = time_all(arguments, folder / "home")
        memory = fid_memory(arguments)
    rows = []
    for name, row in times.items():
        medians = [f"{row[f'{key}_seconds']['median']:.2f}" for key in ("bare", "eval")]
        rows.append((name, *medians, str(row["ratio"]), verdict(row["met"])))
    title = f"{arguments.count} fakes, fid,kid,prdc,is,modes, digits, {arguments.device}"
    table(title, ("reference", "bare s", "eval s", "ratio", f"at most {RATIO_TARGET}"), rows)
    peaks = [f"{peak / 2**20:.0f} MiB" for peak in memory["peak_bytes"]]
    header = [f"N = {count}" for count in memory["counts"]]
    row = (*peaks, str(memory["ratio"]), verdict(memory["met"]))
    table("FID's peak memory", (*header, "ratio", f"at most {MEMORY_TARGET}"), [row])
    report = {"machine": facts, "count": arguments.count, "time": times, "fid_memory": memory}
    write("evaluation", report, arguments)


if __name__ == "__main__":
    main()
