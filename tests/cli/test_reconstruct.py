"""`ganzoo reconstruct`, `Model.encode` and `Model.reconstruct`, on the smallest model that encodes."""

import math
import re
import subprocess
import sys
import zipfile

import numpy
import pytest
import torch
from PIL import Image

from ganzoo import ConfigError, load

TRAIN = (
    "train", "bigan", "--networks", "mlp", "--widths", 16, "--latent-dim", 4, "--batch-size", 10, "--images", 100,
    "--device", "cpu", "--out", "run", "-q",
)  # fmt: skip


@pytest.fixture
def run(ganzoo, tiny, tmp_path):
    """A model of gray images of 8 pixels."""
    ganzoo(*TRAIN, "--data", "tiny.npz")
    return tmp_path / "run"


def originals(tmp_path):
    with numpy.load(tmp_path / "tiny.npz") as arrays:
        return arrays["images"]


@pytest.mark.slow
def test_importing_and_help_leave_torch_alone():
    code = (
        "import sys\nsys.argv = ['ganzoo', 'reconstruct', '--help']\nfrom ganzoo.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_picture_npz_and_error(ganzoo, run, tmp_path):
    done = ganzoo("reconstruct", "run", "tiny.npz", "-n", 50, "--npz", "deep/out.npz")
    assert done.out.startswith("run: bigan on tiny, 100 images\n")
    with numpy.load(tmp_path / "deep/out.npz") as arrays:
        saved = dict(arrays)
    assert numpy.array_equal(saved["images"][..., 0], originals(tmp_path))

    # Every figure again, by way of Python and numpy.
    model = load(run)
    images = (originals(tmp_path)[:, None] / 127.5 - 1).astype(numpy.float32)
    latents, again = model.encode(images), model.reconstruct(torch.from_numpy(images)).numpy()
    assert latents.shape == (50, 4)
    numpy.testing.assert_allclose(saved["latents"], latents.numpy(), rtol=0, atol=1e-5)
    assert numpy.abs(saved["reconstructions"][..., 0] - (again[:, 0] + 1) * 127.5).max() <= 0.5001
    squared = ((images - again) ** 2).reshape(50, -1)
    distance = numpy.sqrt(squared.sum(1)).mean()
    decibels = numpy.mean([20 * math.log10(2 / math.sqrt(row.mean())) for row in squared])
    found = re.search(r"50 images of tiny train: distance (\S+) .*, PSNR (\S+) dB", done.out)
    assert float(found[1]) == pytest.approx(distance, abs=6e-4)
    assert float(found[2]) == pytest.approx(decibels, abs=6e-3)

    # The picture: 32 evenly spaced images, eight in a row, each row over its reconstructions.
    with Image.open(tmp_path / "run-reconstructed.png") as picture:
        sheet = numpy.asarray(picture)
    scale = 500 // (8 * 8)
    cells = sheet[::scale, ::scale][1:, 1:].reshape(8, 9, 8, 9)[:, :8, :, :8].swapaxes(1, 2)
    shown = numpy.linspace(0, 49, 32).astype(int)
    assert numpy.array_equal(cells[0::2].reshape(32, 8, 8), saved["images"][shown, ..., 0])
    assert numpy.array_equal(cells[1::2].reshape(32, 8, 8), saved["reconstructions"][shown, ..., 0])


def test_one_image_of_any_size_and_color(ganzoo, run, tmp_path):
    noise = numpy.random.RandomState(0).randint(0, 256, (20, 12, 3), dtype=numpy.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    done = ganzoo("reconstruct", "run", "photo.png", "--out", "pair.png", "--npz", "pair.npz")
    assert "1 image of photo.png: distance" in done.out
    with numpy.load(tmp_path / "pair.npz") as arrays:
        expected = Image.fromarray(noise).convert("L").crop((0, 4, 12, 16)).resize((8, 8), Image.Resampling.LANCZOS)
        assert numpy.array_equal(arrays["images"][0, ..., 0], numpy.asarray(expected))
    with Image.open(tmp_path / "pair.png") as pair:
        assert pair.width < pair.height


def test_folder_zip_and_set(ganzoo, run, tmp_path):
    (tmp_path / "few").mkdir()
    for number, image in enumerate(originals(tmp_path)[:5]):
        Image.fromarray(image).save(tmp_path / "few" / f"{number}.png")
    with zipfile.ZipFile(tmp_path / "few.zip", "w") as archive:
        for path in sorted((tmp_path / "few").iterdir()):
            archive.write(path, path.name)
    folder = ganzoo("reconstruct", "run", "few", "--npz", "folder.npz").out
    ganzoo("reconstruct", "run", "few.zip", "--npz", "zip.npz")
    for name in ("folder", "zip"):
        with numpy.load(tmp_path / f"{name}.npz") as arrays:
            assert numpy.array_equal(arrays["images"][..., 0], originals(tmp_path)[:5])
    assert "5 images of few train" in folder
    assert "--limit" not in folder
    assert "--limit 9 is more than the 5 there are" in ganzoo("reconstruct", "run", "few", "-n", 9).out
    said = ganzoo("reconstruct", "run", "mnist:test", "-n", 3).out
    assert "resized from 28 to 8\n3 images of mnist test: distance" in said


def test_a_set_is_sampled_alike_each_time(ganzoo, run, tmp_path):
    for name in ("one", "two"):
        ganzoo("reconstruct", "run", "tiny.npz", "-n", 7, "--npz", f"{name}.npz")
    with numpy.load(tmp_path / "one.npz") as one, numpy.load(tmp_path / "two.npz") as two:
        assert numpy.array_equal(one["images"], two["images"])
        assert len(one["images"]) == 7
        assert not numpy.array_equal(one["images"][..., 0], originals(tmp_path)[:7])


def test_a_model_that_does_not_encode(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--out", "plain")
    failed = ganzoo("reconstruct", "plain", "tiny.npz", code=2)
    sentence = "plain cannot encode: it is a vanilla, which has no encoder; variants that have one: bigan, vaegan"
    assert failed.err == f"error: {sentence}\n"
    with pytest.raises(ConfigError, match="plain cannot encode"):
        load(tmp_path / "plain").reconstruct(torch.zeros(1, 1, 8, 8))


def test_bad_input(ganzoo, run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    (tmp_path / "notes.txt").write_text("no image")
    numpy.savez(tmp_path / "two.npz", images=numpy.zeros((5, 8, 8, 2), numpy.uint8))
    numpy.savez(tmp_path / "float.npz", images=numpy.zeros((5, 8, 8), numpy.float32))
    numpy.savez(tmp_path / "points.npz", samples=numpy.zeros((5, 8), numpy.float32))
    (tmp_path / "taken").write_text("a file, not a folder")
    for arguments, code, message in [
        (("run", "nowhere.png"), 2, "no data set, folder or file is called 'nowhere.png'"),
        (("run", "./nowhere.png"), 2, "nowhere.png does not exist"),
        (("run", "empty"), 1, "empty has no image in it"),
        (("run", "broken.png"), 1, "broken.png cannot be decoded (Truncated File Read)"),
        (("run", "notes.txt"), 1, "notes.txt is not a folder, a .zip, an .npz or a .csv"),
        (("run", "two.npz"), 1, "two.npz has 2 channels, which do not become 1"),
        (("run", "float.npz"), 1, "float32, but must be uint8"),
        (("run", "points.npz"), 2, "points.npz holds vectors"),
        (("run", "ring"), 2, "ring holds vectors"),
        (("run", "tiny.npz:test"), 2, "tiny.npz has one part only"),
        (("run", "tiny.npz", "-n", 0), 2, "0 is not in the range x>=1"),
        (("run", "tiny.npz", "--out", "taken/a.png"), 1, "cannot be written"),
        (("run", "tiny.npz", "--npz", "empty"), 1, "empty cannot be written: Is a directory"),
        (("nothing", "tiny.npz"), 1, "nothing"),
    ]:
        assert message in " ".join(ganzoo("reconstruct", *arguments, code=code).err.split()), arguments


def test_encode_refuses_what_it_would_make_nonsense_of(run):
    model = load(run)
    right = torch.zeros(2, 1, 8, 8)
    assert model.encode(right.double()).dtype == torch.float32
    assert not model.encode(right.requires_grad_()).requires_grad
    for images, message in [
        (torch.zeros(2, 8, 8), r"shape \(2, 8, 8\), but run takes \(N, 1, 8, 8\)"),
        (torch.zeros(2, 3, 8, 8), r"shape \(2, 3, 8, 8\)"),
        (torch.zeros(0, 1, 8, 8), r"N > 0"),
        (numpy.zeros((2, 1, 8, 8), numpy.uint8), r"are uint8, but must be floats in \[-1, 1\]: of uint8, pass"),
        (torch.full((2, 1, 8, 8), 200.0), r"outside \[-1, 1\]"),
        (torch.full((2, 1, 8, 8), math.nan), "NaN"),
    ]:
        with pytest.raises(ConfigError, match=message):
            model.encode(images)
