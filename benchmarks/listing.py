"""What does a folder of very many images cost to find, before the first of them is opened?

    python benchmarks/listing.py                     # half a minute of one core
    python benchmarks/listing.py --count 1000000     # as many as ImageNet has, if the disk has so many inodes
    python benchmarks/listing.py --quick             # Does it run? Writes nothing

So many empty files, in 100 folders, are found as `ganzoo train` finds them (`locate`), and opened as classes.
Counted are the processor's seconds, and what Python allocates (by tracemalloc, in a second pass): the most at once, and
what is held afterwards. All grows with the number of files, and is given for a million.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from pathlib import Path
from typing import Any

from common import machine, own_home, table, write

from ganzoo.data import DataOptions
from ganzoo.data.sources.locate import locate


def make(folder: Path, count: int) -> None:
    for label in range(100):
        (folder / f"class{label:02d}").mkdir(parents=True)
        for number in range(count // 100):
            (folder / f"class{label:02d}" / f"img_{number:07d}.jpg").touch()


def seconds(options: DataOptions) -> dict[str, float]:
    start = time.process_time()
    located = locate(options)
    found = time.process_time()
    located.open()
    return {"locate": found - start, "open": time.process_time() - found}


def megabytes(options: DataOptions) -> dict[str, float]:
    tracemalloc.start()
    located = locate(options)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    source = located.open()
    del located  # as a training does before it begins
    after, opening = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(source)
    sizes = {"locate, most": most, "locate, held": held, "open, most": opening, "open, held": after}
    return {name: size / 1e6 for name, size in sizes.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="files")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    count = 2_000 if arguments.quick else arguments.count
    facts = machine("cpu")
    with own_home() as place:
        make(place / "many", count)
        options = DataOptions(data=str(place / "many"))
        found: dict[str, dict[str, float]] = {"processor_seconds": seconds(options), "megabytes": megabytes(options)}
    report: dict[str, Any] = {
        kind: {name: round(value * 1e6 / count, 2) for name, value in values.items()} for kind, values in found.items()
    }
    rows = [[f"{name} ({kind})", f"{value:,.1f}"] for kind, values in report.items() for name, value in values.items()]
    table(f"{count:,} files, for a million", ["", ""], rows)
    write("listing", {"machine": facts, "files": count, "for_a_million": report}, arguments)


if __name__ == "__main__":
    main()
