"""The same latents through training, as an animated WebP or GIF. Imports no torch."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from ganzoo.errors import ConfigError
from ganzoo.utils.files import write_atomically
from ganzoo.viz.grid import GROUND, sheet, write
from ganzoo.viz.progress import read_picture, spread

FRAMES = 60
SECONDS = 8.0
"""All frames but the last; fewer frames than would fill it are shown for at most `SLOWEST_SECONDS` each."""

SLOWEST_SECONDS = 0.5
LAST_SECONDS = 2.0
LARGEST_PIXELS = 512
MOST_BYTES = 3_000_000
SMALLEST_WIDTH = 160
"""In pixels: a caption needs so many."""

_CAPTION_PIXELS = 22
_RULE, _BAR = (70, 70, 70), (255, 162, 77)
_SHRINKING = (1.0, 0.75, 0.5, 0.35, 0.25)
_SUFFIXES = (".webp", ".gif")


def check_suffix(path: Path) -> None:
    """Refuse a file name that is neither a WebP's nor a GIF's.

    Raises:
        ConfigError: Saying which are allowed.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"an animation (={path}) must be a file that ends in .webp or .gif")


def animate(samples: list[Path], path: Path, *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES) -> None:
    """Write sample grids as frames, each with a bar and its number of images; nothing without any grid.

    Args:
        samples: Grids named by images shown, oldest first. They may differ in size, as those of a growing network do.
        path: Of the animation, `.webp` or `.gif`; it loops.
        seconds: Length, without the last frame, which is held for two seconds more.
        most_bytes: Frames are made smaller until the file takes no more.

    Raises:
        ConfigError: If the suffix is another one.
        RunError: If a grid is no readable picture.
        OSError: If the file cannot be written.
    """
    check_suffix(path)
    if not samples:
        return
    chosen = spread(samples, FRAMES)
    milliseconds = round(1000 * min(seconds / max(len(chosen) - 1, 1), SLOWEST_SECONDS))
    durations = [milliseconds] * (len(chosen) - 1) + [round(1000 * LAST_SECONDS)]
    pictures = [read_picture(sample) for sample in chosen]
    last = max(int(chosen[-1].stem), 1)
    data = b""
    for shrinking in _SHRINKING:
        size = _size(pictures, shrinking)
        frames = [
            _frame(picture, size, int(sample.stem), last) for sample, picture in zip(chosen, pictures, strict=True)
        ]
        # One palette for all, made of the last frame, whose colors are the ones to be right.
        data = _encoded(frames, durations, path.suffix.lower(), colors_of=frames[-1], colors=64)
        if len(data) <= most_bytes:
            break
    write_atomically(path, data, synced=False)


def save_loop(frames: list[Image.Image], path: Path, *, milliseconds: int) -> None:
    """Write pictures as an animation that loops.

    Args:
        frames: At least one, all of one size and mode.
        path: `.webp` or `.gif`.
        milliseconds: How long each is shown.

    Raises:
        ConfigError: If the suffix is another one.
        OSError: If the file cannot be written.
    """
    check_suffix(path)
    some = frames[:: max(len(frames) // 8, 1)]
    montage = sheet(some, len(some))
    colors = 64 if frames[0].mode == "L" else 256
    data = _encoded(frames, [milliseconds] * len(frames), path.suffix.lower(), colors_of=montage, colors=colors)
    write_atomically(path, data, synced=False)


def _size(pictures: list[Image.Image], shrinking: float) -> tuple[int, int]:
    """One size for all frames: the largest picture's, within bounds."""
    width, height = max((picture.size for picture in pictures), key=lambda size: size[0] * size[1])
    factor = min(LARGEST_PIXELS / max(width, height), 1.0) * shrinking
    factor = max(factor, min(SMALLEST_WIDTH / width, 1.0))
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _frame(picture: Image.Image, size: tuple[int, int], images: int, last: int) -> Image.Image:
    # Pixels that grow stay visible as pixels; those that shrink are averaged.
    method = Image.Resampling.NEAREST if picture.width < size[0] else Image.Resampling.BOX
    width = max(size[0], SMALLEST_WIDTH)
    frame = Image.new("RGB", (width, size[1] + _CAPTION_PIXELS), GROUND)
    frame.paste(picture.resize(size, method), ((width - size[0]) // 2, 0))
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, size[1], width, size[1] + 2), _RULE)
    draw.rectangle((0, size[1], round(width * images / last), size[1] + 2), _BAR)
    write(frame, f"{images:,} images", 5, size[1] + 5, anchor="la")
    return frame


def _encoded(
    frames: list[Image.Image], durations: list[int], suffix: str, *, colors_of: Image.Image, colors: int
) -> bytes:
    """Frames of one size and mode as a file that loops, a GIF with a palette of so many colors of one picture."""
    buffer = io.BytesIO()
    first, *others = frames
    if suffix == ".webp":
        first.save(
            buffer, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=70, method=3
        )
        return buffer.getvalue()
    palette = colors_of.convert("RGB").quantize(colors, method=Image.Quantize.MEDIANCUT)
    # Without dithering, which would flicker and does not compress.
    reduced = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    reduced[0].save(buffer, "GIF", save_all=True, append_images=reduced[1:], duration=durations, loop=0, optimize=True)
    return buffer.getvalue()
