import io
import math
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from ganzoo import ConfigError, DataSpec, find_variant
from ganzoo.data import DataOptions, load
from ganzoo.errors import DataError
from ganzoo.testing import Case
from numpy.typing import NDArray

from ganzoo_waves.data import plucks
from ganzoo_waves.modality import RATE, WaveformModality
from ganzoo_waves.model import PhaseShuffle, build
from ganzoo_waves.spectrum import Spectrum

MODALITY = WaveformModality()
SPEC = DataSpec("tone", (1, 1024), 4, kind="waveform")


# Everything that ganzoo expects of a plugin, one test for each check and form.
@pytest.mark.ganzoo_plugin("ganzoo_waves")
def test_conformance(conformance: Case) -> None:
    conformance.run()


def tone(frequency: float, length: int = 1024) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * frequency * np.arange(length) / RATE).astype(np.float32)[None]


def write(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(samples.T * 32767).astype("<i2").tobytes())


def test_a_folder_of_files_is_read_and_written_again(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", np.concatenate([tone(500, 5000), tone(250, 5000)]))
    write(tmp_path / "b.wav", np.concatenate([tone(250, 4096), tone(500, 4096)]))
    dataset = load(DataOptions.parse({"data": f"waves:{tmp_path}"}))
    assert (dataset.spec.kind, dataset.spec.shape, dataset.spec.count) == ("waveform", (2, 4096), 2)
    assert f"1 of 2 files were cut to their first 4096 frames (first: {tmp_path / 'a.wav'})" in dataset.notes
    first = dataset.gather(torch.tensor([0]))[0].numpy()
    assert first[0] == pytest.approx(tone(500, 4096)[0], abs=1e-4)
    with wave.open(io.BytesIO(MODALITY.file(first, dataset.spec))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, 4096)
        levels = np.frombuffer(file.readframes(4096), "<i2").reshape(-1, 2)
    assert levels[:, 0] == pytest.approx(first[0] * 32767, abs=1)


@pytest.mark.parametrize(
    ("length", "rate", "says"),
    [(4096, 44100, "44100 frames a second, and 16000 are needed"), (500, RATE, "500 frames, and at least 1024")],
)
def test_a_file_that_does_not_fit_is_named(tmp_path: Path, length: int, rate: int, says: str) -> None:
    write(tmp_path / "a.wav", tone(500, length), rate)
    with pytest.raises(DataError, match=f"a.wav has {says}"):
        load(DataOptions.parse({"data": f"waves:{tmp_path}"}))
    with pytest.raises(ConfigError, match="holds no .wav file"):
        load(DataOptions.parse({"data": f"waves:{tmp_path / 'a.wav'}"}))


def test_a_curve_goes_from_low_to_high() -> None:
    ramp = np.linspace(-1, 1, 1024, dtype=np.float32)[None, None]
    picture = MODALITY.pixels(ramp, SPEC)[0, :, :, 0]
    assert picture.shape == (48, 96)
    # Light where the curve is: at the lower left, and at the upper right.
    assert (picture[-1, 0], picture[0, -1], picture[0, 0], picture[-1, -1]) == (220, 220, 32, 32)
    assert (picture == 220).any(axis=0).all()


def test_the_spectrum_has_its_peak_where_the_tone_is() -> None:
    features, logits = Spectrum(torch.device("cpu"))(torch.from_numpy(np.stack([tone(1000), tone(6000)])))
    # 64 bands up to 8000 Hz, of 125 Hz each.
    assert features.argmax(dim=1).tolist() == pytest.approx([1000 // 125, 6000 // 125], abs=1)
    assert logits is None


def test_plucks_are_always_the_same_and_within_bounds() -> None:
    one, other = plucks("", "train").read(), plucks("", "all").read()
    assert np.array_equal(one, other)
    assert np.abs(one).max() == pytest.approx(0.9)


def test_shuffle_moves_and_mirrors() -> None:
    torch.manual_seed(0)
    moved = PhaseShuffle(2)(torch.arange(8.0).expand(50, 3, 8))
    rows = {tuple(row.tolist()) for row in moved[:, 0]}
    assert rows == {
        (2, 1, 0, 1, 2, 3, 4, 5), (1, 0, 1, 2, 3, 4, 5, 6), tuple(range(8)),
        (1, 2, 3, 4, 5, 6, 7, 6), (2, 3, 4, 5, 6, 7, 6, 5),
    }  # fmt: skip
    assert torch.equal(moved[:, 0], moved[:, 2])


def test_parameters_are_those_of_the_paper() -> None:
    # Table 3 and 4 with d = 64, c = 1 and 16384 frames, from kernels and biases.
    config = find_variant("wavegan").load_config().resolve("paper", {})
    game = build(config, DataSpec("long", (1, 16384), 4, kind="waveform"))  # type: ignore[arg-type]
    maps = [1024, 512, 256, 128, 64, 1]
    dense = 100 * 16 * 1024 + 16 * 1024
    up = sum(25 * a * b + b for a, b in zip(maps, maps[1:], strict=False))
    down = sum(25 * a * b + b for a, b in zip(maps[::-1], maps[-2::-1], strict=False))
    count = {player: sum(map(torch.numel, network.parameters())) for player, network in game.trained().items()}
    assert count == {"generator": dense + up, "discriminator": down + 16 * 1024 + 1}
    assert math.isclose(count["generator"], 19e6, rel_tol=0.05)
