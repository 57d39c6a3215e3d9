"""Files of pairs and of two sets, in which each image says which it is."""

import numpy as np
from PIL import Image


def picture(number, size=8, channels=3):
    """Noise whose first pixel is its number."""
    pixels = np.random.RandomState(number).randint(0, 256, (size, size, channels), dtype=np.uint8)
    pixels[0, 0] = number
    return pixels[..., 0] if channels == 1 else pixels


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def beside(folder, count, size=8, start=0):
    """Source `n` on the left of target `100 + n`."""
    for number in range(start, start + count):
        save(folder / f"{number}.png", np.concatenate([picture(number, size), picture(100 + number, size)], axis=1))


def folders(sources, targets, count, size=8, scale=1, channels=3, start=0):
    for number in range(start, start + count):
        save(sources / f"{number}.png", picture(number, size, channels))
        save(targets / f"{number}.png", picture(100 + number, size * scale))


def firsts(dataset):
    """What the first pixels say."""
    import torch

    return dataset.gather(torch.arange(len(dataset)))[:, 0, 0, 0].tolist()
