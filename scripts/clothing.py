"""Clothing-10 as data for pix2pix and cyclegan: pairs of edges and photographs, or two classes.

    python scripts/clothing.py edges clothing10_128.zip edges
    python scripts/clothing.py classes clothing10_128.zip tops --a longsleeve --b t-shirt

The archive holds `<class>/<split>-<name>.jpg`; pictures of the split `test` are held out. Both give the same files each
time. `edges` writes `OUT/{train,test}/<class>-<name>.png` with edges on the left and the photograph on the right,
`classes` writes `OUT/{trainA,trainB,testA,testB}/<name>.png`.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy
from PIL import Image

STRONG, WEAK = 0.88, 0.4
"""Quantile of the gradient from which on a ridge is an edge, and the share of it that is enough beside one."""


def main() -> None:
    """Parse, and write files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("edges", "classes"):
        command = commands.add_parser(name)
        command.add_argument("archive", type=Path)
        command.add_argument("out", type=Path)
        command.add_argument("--res", type=int, default=64, help="side in pixels")
    for domain in "ab":
        commands.choices["classes"].add_argument(f"--{domain}", required=True, help="a class of the archive")
    arguments = parser.parse_args()
    photographs = read(arguments.archive, arguments.res)
    if arguments.command == "edges":
        made = save_pairs(photographs, arguments.out)
    else:
        made = save_domains(photographs, arguments.out, {arguments.a: "A", arguments.b: "B"})
    print(f"{made} files in {arguments.out}")


def read(archive: Path, res: int) -> Iterator[tuple[str, str, Image.Image]]:
    """Class, file name and photograph, `res` pixels wide and high, in the order of their names."""
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(name for name in opened.namelist() if name.endswith(".jpg")):
            path = PurePosixPath(name)
            image = Image.open(io.BytesIO(opened.read(name))).convert("RGB")
            yield path.parent.name, path.stem, image.resize((res, res), Image.Resampling.LANCZOS)


def save_pairs(photographs: Iterator[tuple[str, str, Image.Image]], out: Path) -> int:
    """Edges beside their photograph, one file a pair."""
    count = 0
    for label, name, image in photographs:
        path = out / ("test" if name.startswith("test-") else "train") / f"{label}-{name}.png"
        pair = numpy.concatenate([drawing(numpy.asarray(image)), numpy.asarray(image)], 1)
        save(path, Image.fromarray(pair))
        count += 1
    return count


def save_domains(photographs: Iterator[tuple[str, str, Image.Image]], out: Path, domains: dict[str, str]) -> int:
    """Photographs of two classes in folders of their own."""
    count = 0
    for label, name, image in photographs:
        if label in domains:
            save(out / f"{'test' if name.startswith('test-') else 'train'}{domains[label]}" / f"{name}.png", image)
            count += 1
    return count


def save(path: Path, image: Image.Image) -> None:
    """Write a file, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def drawing(image: numpy.ndarray) -> numpy.ndarray:
    """Edges of an image `(H, W, 3)` uint8, black on white, as such an image (Canny, 1986).

    Derivatives of a Gaussian, of the color channel where they are largest; ridges across the direction of the gradient;
    strong ridges, and weak ones that touch a chain of ridges with a strong one.
    """
    smooth = blurred(image.astype(numpy.float64))
    rows, columns = numpy.gradient(smooth, axis=(0, 1))
    channel = numpy.hypot(rows, columns).argmax(2)[..., None]
    row, column = (numpy.take_along_axis(part, channel, 2)[..., 0] for part in (rows, columns))
    size = numpy.hypot(row, column)
    ridges = numpy.where(is_ridge(size, row, column), size, 0.0)
    strong = max(float(numpy.quantile(size, STRONG)), 1.0)
    kept = grown(ridges >= strong, ridges >= WEAK * strong)
    return numpy.where(kept[..., None], 0, 255).astype(numpy.uint8).repeat(3, 2)


def blurred(image: numpy.ndarray, sigma: float = 1.0) -> numpy.ndarray:
    """Convolved with a Gaussian along rows and columns; edges of the image are repeated."""
    radius = round(3 * sigma)
    weights = numpy.exp(-0.5 * (numpy.arange(-radius, radius + 1) / sigma) ** 2)
    for axis in (0, 1):
        padding = [(radius, radius) if axis == other else (0, 0) for other in range(3)]
        windows = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(image, padding, "edge"), len(weights), axis)
        image = windows @ (weights / weights.sum())
    return image


def is_ridge(size: numpy.ndarray, row: numpy.ndarray, column: numpy.ndarray) -> numpy.ndarray:
    """Where a gradient `(H, W)` is as large as both its neighbors in its own direction, to 45 degrees."""
    padded = numpy.pad(size, 1)
    sector = numpy.round(numpy.arctan2(row, column) / (numpy.pi / 4)).astype(int) % 4
    found = numpy.zeros(size.shape, bool)
    height, width = size.shape
    for number, (down, right) in enumerate([(0, 1), (1, 1), (1, 0), (1, -1)]):
        ahead = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        behind = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        found |= (sector == number) & (size >= ahead) & (size > behind)
    return found


def grown(strong: numpy.ndarray, weak: numpy.ndarray) -> numpy.ndarray:
    """Strong points, and the weak ones that a chain of neighbors leads to."""
    while True:
        padded = numpy.pad(strong, 1)
        windows = numpy.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        more = windows.any((2, 3)) & (weak | strong)
        if (more == strong).all():
            return strong
        strong = more


if __name__ == "__main__":
    main()
