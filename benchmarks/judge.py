"""What do the extractors see? Real images, harmed in known ways, judged as if a model had made them.

    python benchmarks/judge.py --clothing FOLDER_OR_ZIP [--extractors digits,photos] [--quick] [--out FILE]

`digits` looks at MNIST (5,000 images of its test split against its train split), `photos` at Clothing-10 at 64 pixels
(one half of it against the other; a folder or zip with a folder a class, which is not part of the repository). The
harm: Gaussian noise of a standard deviation in 8-bit levels, Gaussian blur of a radius in pixels, single wrong pixels
(specks) of a share, a number of classes left out, and copies of a small part of the reference. Each is on fresh real
images, so the first row, no harm, is the best that a model can hope for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
from common import machine, own_home, table, write
from PIL import Image, ImageFilter

METRICS = ("fid", "kid", "prdc", "memorization", "diversity")
SHOWN = ("fid", "kid", "precision", "recall", "coverage", "memorization_share", "diversity")
COPIED = 50
"""Images of the reference that the memorizing set consists of, over and over."""

Images = numpy.ndarray
"""uint8 `(N, H, W, C)`."""


def noisy(strength: float) -> Callable[[Images, numpy.random.RandomState], Images]:
    def harm(images: Images, random: numpy.random.RandomState) -> Images:
        return (images + random.standard_normal(images.shape) * strength).clip(0, 255).round().astype(numpy.uint8)

    return harm


def blurred(radius: float) -> Callable[[Images, numpy.random.RandomState], Images]:
    def blur(pixels: Images) -> Images:
        flat = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        return numpy.asarray(flat.filter(ImageFilter.GaussianBlur(radius))).reshape(pixels.shape)

    return lambda images, random: numpy.stack([blur(pixels) for pixels in images])


def specked(share: float) -> Callable[[Images, numpy.random.RandomState], Images]:
    def harm(images: Images, random: numpy.random.RandomState) -> Images:
        wrong = random.random_sample(images.shape[:3]) < share
        found = images.copy()
        found[wrong] = random.randint(0, 256, (int(wrong.sum()), images.shape[-1]))
        return found

    return harm


HARMS: dict[str, Callable[[Images, numpy.random.RandomState], Images]] = {
    "none": lambda images, random: images,
    **{f"noise {strength}": noisy(strength) for strength in (3, 8, 20)},
    **{f"blur {radius}": blurred(radius) for radius in (0.4, 0.8, 1.6)},
    **{f"specks {share:.1%}": specked(share) for share in (0.001, 0.005, 0.02)},
}


def pixels_of(dataset: Any) -> Images:
    import torch

    return dataset.gather(torch.arange(len(dataset))).permute(0, 2, 3, 1).numpy()


def sets_of(name: str, options: argparse.Namespace) -> tuple[Images, Images, numpy.ndarray, Any]:
    """Reference images, fresh images with their labels, and the class names."""
    from ganzoo.data import DataOptions, load

    if name == "digits":
        reference = load(DataOptions(data="mnist"))
        fresh = load(DataOptions(data="mnist", split="test"))
        count = 500 if options.quick else 5000
        order = numpy.random.RandomState(0).permutation(len(fresh))[:count]
        known = pixels_of(reference)[: count * 2 if options.quick else None]
        return known, pixels_of(fresh)[order], fresh.labels.numpy()[order], reference.spec.class_names
    whole = load(DataOptions(data=str(options.clothing), res=64))
    images, labels = pixels_of(whole), whole.labels.numpy()
    order = numpy.random.RandomState(0).permutation(len(images))[: 300 if options.quick else None]
    half = len(order) // 2
    return images[order[:half]], images[order[half:]], labels[order[half:]], whole.spec.class_names


def judge(name: str, options: argparse.Namespace) -> tuple[dict[str, dict[str, float]], float]:
    """Figures by harm, and images a second of the extractor."""
    from ganzoo.data import Dataset
    from ganzoo.metrics import Settings, evaluate, load_extractor

    known, fresh, labels, classes = sets_of(name, options)
    reference, extractor = Dataset.from_arrays(known, name="reference"), load_extractor(name)
    sets = {harm: apply(fresh, numpy.random.RandomState(1)) for harm, apply in HARMS.items()}
    for left_out in (1, 5):
        sets[f"{left_out} of {len(classes)} classes left out"] = fresh[labels >= left_out]
    sets[f"{COPIED} reals, copied"] = known[numpy.random.RandomState(2).randint(0, COPIED, len(fresh))]
    rows = {}
    for harm, images in sets.items():
        settings = Settings(count=len(images), kid_subset_size=min(1000, len(images) // 2, len(known) // 2))
        report = evaluate(Dataset.from_arrays(images, name=harm), reference, METRICS, settings, extractor=extractor)
        rows[harm] = {figure: float(f"{report.values[figure]:.5g}") for figure in SHOWN}
        print(name, harm, rows[harm], flush=True)
    batch = Dataset.from_arrays(fresh[:200]).gather(_first(min(200, len(fresh))))
    start = time.perf_counter()
    extractor(batch)
    return rows, len(batch) / (time.perf_counter() - start)


def _first(count: int) -> Any:
    import torch

    return torch.arange(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clothing", type=Path, help="Clothing-10; without it `photos` is left out")
    parser.add_argument("--extractors", default="digits,photos")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    names = [name for name in options.extractors.split(",") if name != "photos" or options.clothing]
    results: dict[str, Any] = {"machine": machine("cpu"), "figures": {}, "images_per_second": {}}
    with own_home():
        for name in names:
            rows, speed = judge(name, options)
            results["figures"][name], results["images_per_second"][name] = rows, round(speed, 1)
            table(name, ["harm", *SHOWN], [[harm, *map(str, row.values())] for harm, row in rows.items()])
            print(f"{speed:.0f} images/s")
    write("judge", results, options)


if __name__ == "__main__":
    main()
