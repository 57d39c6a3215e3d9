"""What the benchmarks share: facts about the machine, the spread of repeated figures, JSON and tables."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine(device_name: str) -> dict[str, Any]:
    """What decides the figures; no host name, no paths."""
    from ganzoo.engine import device

    facts = {**device.describe(device.choose(device_name)), "cpu": _cpu_model()}
    if hasattr(os, "getloadavg"):
        # Who reads a figure should see whether the machine had other work.
        facts["load_average_at_start"] = round(os.getloadavg()[0], 2)
    return facts


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Median, least and greatest."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def write(name: str, report: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Write `results/NAME.json`, or `--out`; a quick run proves nothing and writes only where it is told to."""
    path = arguments.out or (None if arguments.quick else RESULTS / f"{name}.json")
    if path is None:
        print("--quick: not written")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {"benchmark": name, "date": datetime.date.today().isoformat(), **report}
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}" if title else "")
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells))


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


@contextmanager
def own_home() -> Iterator[Path]:
    """A temporary folder, in which ganzoo keeps its cache too: the user's own stays as it is."""
    with tempfile.TemporaryDirectory(prefix="ganzoo-bench-") as name:
        before = os.environ.get("GANZOO_HOME")
        os.environ["GANZOO_HOME"] = str(Path(name) / "home")
        try:
            yield Path(name)
        finally:
            os.environ.pop("GANZOO_HOME")
            if before is not None:
                os.environ["GANZOO_HOME"] = before


def noise_array(path: Path, count: int, side: int) -> Path:
    """Color images that need no decoding: the data must cost nothing where a training is measured."""
    import numpy

    numpy.savez(path, images=numpy.random.RandomState(0).randint(0, 256, (count, side, side, 3)).astype(numpy.uint8))
    return path


def noise_pairs(folder: Path, side: int) -> Path:
    """Two domains of the same names, as pairs and as two sets."""
    import numpy
    from PIL import Image

    random = numpy.random.RandomState(0)
    for domain in ("A", "B"):
        (folder / domain).mkdir(parents=True, exist_ok=True)
        for number in range(32):
            pixels = random.randint(0, 256, (side, side, 3)).astype(numpy.uint8)
            Image.fromarray(pixels).save(folder / domain / f"{number}.png")
    return folder


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
