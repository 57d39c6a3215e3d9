"""Train the zoo's published runs, and write the page about them.

    python scripts/zoo.py train dcgan-mnist              # one entry of scripts/zoo.toml, or several, or all
    python scripts/zoo.py train all --processes 2 --data-root ~/datasets
    python scripts/zoo.py page                           # docs/zoo.md again from docs/zoo/*.json

A run lies in `--out` (runs/zoo) under the entry's name and is kept: the same command goes on with one that was stopped,
and only evaluates one that is finished. What is published of it goes to docs/zoo/ENTRY.json and docs/images/zoo/; with
`--images N`, a trial that few samples judge, into `--out` instead. A process has one thread, so that a run can be
repeated bit for bit.

`--data-root` holds FashionMNIST/raw/*.gz, where torchvision unpacks them, clothing10/clothing10_128.zip, and edges/ and
tops/, which scripts/clothing.py makes of that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_page import Entry, page

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from ganzoo.core.entries import Evaluated
    from ganzoo.data import DataOptions
    from ganzoo.models.model import Model
    from ganzoo.runs.run import Run

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TABLE = Path(__file__).with_suffix(".toml")
PICTURE_BYTES = 60_000
COUNT, TRIAL_COUNT = 10_000, 500
EVALUATIONS = 8
IMAGE_METRICS = "fid,kid,prdc,is,modes"


def entries() -> dict[str, Entry]:
    """The table by name."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def main() -> None:
    """Parse, and train or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    train = actions.add_parser("train")
    train.add_argument("names", nargs="+", choices=[*entries(), "all"], metavar="NAME|all")
    train.add_argument("--processes", type=int, default=1)
    train.add_argument("--out", type=Path, default=Path("runs/zoo"))
    train.add_argument("--data-root", type=Path)
    train.add_argument("--images", type=int, help="a trial of this length: nothing is written into docs")
    actions.add_parser("page")
    asked = parser.parse_args()
    if asked.action == "page":
        (DOCS / "zoo.md").write_text(page(entries(), DOCS), encoding="utf-8")
        return
    names = list(entries()) if "all" in asked.names else asked.names
    if len(names) == 1:
        train_one(names[0], asked)
    else:
        train_many(names, asked)


def train_many(names: list[str], asked: argparse.Namespace) -> None:
    """Each entry in a process of its own, `--processes` at once; what it says goes to OUT/ENTRY.log."""
    asked.out.mkdir(parents=True, exist_ok=True)
    extra = ["--out", str(asked.out)]
    extra += ["--data-root", str(asked.data_root)] if asked.data_root else []
    extra += ["--images", str(asked.images)] if asked.images else []

    def work(name: str) -> int:
        with (asked.out / f"{name}.log").open("a") as log:
            command = [sys.executable, str(Path(__file__)), "train", name, *extra]
            code = subprocess.run(
                command, env=one_thread(), stdout=log, stderr=subprocess.STDOUT, check=False
            ).returncode
        print(name, "done" if code == 0 else f"failed with exit code {code}: see {log.name}", flush=True)
        return code

    with ThreadPoolExecutor(asked.processes) as pool:
        failed = [name for name, code in zip(names, pool.map(work, names), strict=True) if code]
    if failed:
        sys.exit(f"not done: {', '.join(failed)}")


def one_thread() -> dict[str, str]:
    """The environment of a process that computes with one thread."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def train_one(name: str, asked: argparse.Namespace) -> None:
    """Train or go on with an entry, evaluate it, and write what is published."""
    os.environ.update(one_thread())
    import ganzoo
    from ganzoo.runs.observers.display import PlainDisplay

    entry, path = entries()[name], asked.out / name
    try:
        if (path / "config.json").is_file():
            run = ganzoo.resume(path, images=asked.images, display=PlainDisplay())
        else:
            options = options_of(name, entry, asked)
            run = ganzoo.train(entry["variant"], out=path, device="cpu", display=PlainDisplay(), **options)
    except ganzoo.GanzooError as error:
        sys.exit(f"{name}: {error}")
    if asked.images is None:
        publish(name, entry, run, COUNT, DOCS / "zoo", DOCS / "images" / "zoo")
    else:
        publish(name, entry, run, TRIAL_COUNT, asked.out, asked.out)


def options_of(name: str, entry: Entry, asked: argparse.Namespace) -> dict[str, Any]:
    """Options of `ganzoo.train`."""
    images = asked.images or entry["images"]
    options: dict[str, Any] = {"images": images, **entry.get("options", {})}
    if entry.get("metrics") != "":
        options["eval_every"] = max(images // EVALUATIONS, 1)
        options |= {"eval_samples": TRIAL_COUNT} if asked.images else {}
    data = entry.get("data", "mnist")
    if asked.data_root is None and (data == "fashion-mnist" or "{data_root}" in data):
        sys.exit(f"{name} needs data that does not come with ganzoo: give --data-root")
    options["data"] = data.replace("{data_root}", str(asked.data_root))
    if data == "fashion-mnist":
        options["data_root"] = asked.data_root
    return options


def publish(name: str, entry: Entry, run: Run, count: int, folder: Path, pictures: Path) -> None:
    """Evaluate a finished run, and write its figures and pictures."""
    from PIL import Image

    from ganzoo.core.entries import ticks_of, warnings_of
    from ganzoo.models.model import Model
    from ganzoo.models.publish import without_folders
    from ganzoo.runs.journal import to_record

    learned, marked = run.config.data, run.checkpoints.best()
    final = evaluate(name, entry, Model.from_run(run), learned, count)
    at_end = marked is None or int(marked.name) == run.images()
    best = final if at_end else evaluate(name, entry, Model.from_run(run, best=True), learned, count)
    entries = run.journal.read()
    ticks = ticks_of(entries)
    config = {**without_folders(run.config), "spec": run.spec.to_dict()}
    result = {
        "entry": name,
        "variant": run.config.variant,
        "preset": run.config.preset,
        "data": run.spec.name,
        "images": run.images(),
        "minutes": round(ticks[-1].seconds / 60, 1),
        "machine": dict(run.config.system),
        "config": config,
        "final": final and to_record(final),
        "best": best and to_record(best),
        "monitor": {
            key: round(value, 4) for tick in ticks for key, value in tick.values.items() if key.startswith("monitor/")
        },
        "warnings": [warning.message for warning in warnings_of(entries)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    with Image.open(run.samples()[-1]) as grid:
        save_small(grid, pictures / f"{name}.png")
    with Image.open(run.path / "curves.png") as curves:
        save_small(curves, pictures / f"{name}-curves.png")


def evaluate(name: str, entry: Entry, model: Model, learned: DataOptions, count: int) -> Evaluated | None:
    """Figures of `count` samples with their protocol; None where no extractor of ours can judge them."""
    from ganzoo.core.entries import Evaluated
    from ganzoo.data import load
    from ganzoo.metrics import Settings, evaluate_generator
    from ganzoo.plugins.modalities import modality_of

    if entry.get("metrics") == "":
        return None
    reference = load(learned)
    image = reference.spec.kind == "image"
    report = evaluate_generator(
        model.generator,
        reference,
        IMAGE_METRICS if image else modality_of(reference.spec.kind).metrics(reference.spec),
        Settings(count=count),
        conditional=model.conditional,
        split=learned.split if image else "",
        name=name,
        images=model.images,
        ema=str(model.ema),
    )
    shown = {key: round(value, 6) if isinstance(value, float) else value for key, value in report.values.items()}
    # Where the classes of the data are digits, which `modes` has found out.
    if model.conditional and "modes" in report.values:
        shown["labels_obeyed"] = obedience(model)
    return Evaluated(model.images, shown, report.provenance, report.notes)


def obedience(model: Model, per_class: int = 200) -> float:
    """Share of samples, as many of each class, that the digits classifier takes for the class that was asked for."""
    import torch

    from ganzoo.metrics import load_extractor
    from ganzoo.sampling import generate as sampling

    labels = [label for label in range(model.spec.classes) for _ in range(per_class)]
    images = sampling.to_uint8(model.sample(len(labels), labels=labels))
    _, logits = load_extractor("digits")(torch.from_numpy(images).permute(0, 3, 1, 2))
    assert logits is not None
    return float((logits.argmax(1) == torch.tensor(labels)).float().mean())


def save_small(picture: Picture, path: Path) -> None:
    """Save as PNG of less than 60 kB: with fewer colors, and if that is not enough, smaller."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = picture
    while True:
        for colors in (None, 64, 24):
            reduced = kept if colors is None else kept.convert("RGB").quantize(colors)
            reduced.save(path, format="PNG", optimize=True)
            if path.stat().st_size < PICTURE_BYTES:
                return
        kept = kept.convert("RGB").resize((kept.width * 3 // 4, kept.height * 3 // 4))


if __name__ == "__main__":
    main()
