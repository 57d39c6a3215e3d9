"""Where waveforms come from: a folder of `.wav` files, or a string that is plucked by arithmetic."""

from __future__ import annotations

import wave
from functools import partial
from pathlib import Path

import numpy as np
from ganzoo import ConfigError
from ganzoo.data import SampleSource
from ganzoo.errors import DataError
from numpy.typing import NDArray

from ganzoo_waves.modality import LENGTHS, RATE

Waves = NDArray[np.float32]

PLUCKS, PLUCK_LENGTH = 6000, 1024

_SEED = 0


def files(argument: str, split: str) -> SampleSource:
    """The `.wav` files of a folder and those below it: the first part of each, as long as the shortest allows.

    Args:
        argument: The folder.
        split: `train` or `all`; there is one part only.

    Raises:
        ConfigError: If the folder has no such file, or a part of it is asked for.
        DataError: If a file cannot be used, naming it.
    """
    _one_part(f"waves:{argument}", split)
    paths = sorted(path for path in Path(argument).expanduser().rglob("*") if path.suffix.lower() == ".wav")
    if not paths:
        raise ConfigError(f"{argument} holds no .wav file: name a folder of some")
    shapes = [_shape(path) for path in paths]
    (channels, _), shortest = shapes[0], min(length for _, length in shapes)
    for path, shape in zip(paths, shapes, strict=True):
        if shape[0] != channels:
            raise DataError(f"{path} has {shape[0]} channels, and {paths[0]} has {channels}: give all as many")
    fitting = [length for length in LENGTHS if length <= shortest]
    if not fitting:
        short = next(path for path, shape in zip(paths, shapes, strict=True) if shape[1] == shortest)
        raise DataError(f"{short} has {shortest} frames, and at least {LENGTHS[0]} are needed: leave it out")
    length = fitting[-1]
    cut = [path for path, shape in zip(paths, shapes, strict=True) if shape[1] > length]
    note = f"{len(cut)} of {len(paths)} files were cut to their first {length} frames"
    return SampleSource(
        name=Path(argument).expanduser().resolve().name or "waves",
        kind="waveform",
        shape=(len(paths), channels, length),
        read=partial(_read_all, paths, length),
        place=argument,
        notes=(f"{note} (first: {cut[0]})",) if cut else (),
    )


def plucks(argument: str, split: str) -> SampleSource:
    """Tones of a plucked string: pitch of two octaves of a pentatonic scale, place of the pluck, and decay vary."""
    _one_part("plucks", split)
    return SampleSource(
        name="plucks", kind="waveform", shape=(PLUCKS, 1, PLUCK_LENGTH), read=_pluck, place="plucks", license="CC0-1.0"
    )


def _pluck() -> Waves:
    # RandomState and not default_rng: numpy promises that its stream never changes.
    random = np.random.RandomState(_SEED)
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21])
    pitch = 220.0 * 2 ** (random.choice(scale, (PLUCKS, 1, 1)) / 12)
    place = random.uniform(0.1, 0.5, (PLUCKS, 1, 1))
    decay = random.uniform(20, 80, (PLUCKS, 1, 1))
    harmonic, time = np.arange(1, 9)[None, :, None], np.arange(PLUCK_LENGTH)[None, None] / RATE
    # An ideal string that is plucked at a part of its length: amplitudes sin(n pi p) / n^2; high ones die sooner.
    amplitude = np.sin(harmonic * np.pi * place) / harmonic**2
    waves = np.empty((PLUCKS, PLUCK_LENGTH), np.float32)
    for start in range(0, PLUCKS, 500):
        part = slice(start, start + 500)
        angle = 2 * np.pi * harmonic * pitch[part] * time
        tones = amplitude[part] * np.sin(angle) * np.exp(-decay[part] * np.sqrt(harmonic) * time)
        waves[part] = tones.sum(axis=1)
    waves /= np.abs(waves).max(axis=1, keepdims=True)
    return 0.9 * waves[:, None]


def _one_part(what: str, split: str) -> None:
    if split == "test":
        raise ConfigError(f"--split test: {what} has one part only, so use --split train or --split all")


def _shape(path: Path) -> tuple[int, int]:
    """Channels and frames, as the header says."""
    try:
        with wave.open(str(path)) as file:
            channels, frames, rate, width = (
                file.getnchannels(), file.getnframes(), file.getframerate(), file.getsampwidth()
            )  # fmt: skip
    except (wave.Error, EOFError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}): save it as PCM of 16 bits") from error
    if rate != RATE:
        raise DataError(f"{path} has {rate} frames a second, and {RATE} are needed: resample it")
    if width != 2:
        raise DataError(f"{path} has {8 * width} bits, and 16 are needed: save it as PCM of 16 bits")
    return channels, frames


def _read_all(paths: list[Path], length: int) -> Waves:
    return np.stack([_read(path, length) for path in paths])


def _read(path: Path, length: int) -> Waves:
    with wave.open(str(path)) as file:
        levels = np.frombuffer(file.readframes(length), "<i2").reshape(-1, file.getnchannels())
    if len(levels) < length:
        raise DataError(f"{path} ends after {len(levels)} frames, and its header says more: leave it out")
    return np.ascontiguousarray(levels.T / np.float32(32768), np.float32)
