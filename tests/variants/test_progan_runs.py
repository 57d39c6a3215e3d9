"""Whole runs of ProGAN: what is typed, what is refused, captions of grids, and resume in the middle of a fade."""

import json

import numpy
import pytest
from engine.runs import assert_same_end, checkpoints, records
from PIL import Image

from ganzoo import Stage, load
from ganzoo.engine.stages import StageClock
from ganzoo.runs.observers.pictures import enlarged
from ganzoo.viz.grid import caption

TINY = (
    "train", "progan", "--data", "tiny.npz", "--device", "cpu", "--preset", "laptop", "--fmap-base", 32,
    "--fmap-max", 4, "--latent-dim", 4, "--batch-size", 4, "--stage-images", 24, "--full-size-stages", 4,
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    random = numpy.random.RandomState(0)
    numpy.savez(
        tmp_path / "tiny.npz", images=random.randint(0, 256, (50, 8, 8), dtype=numpy.uint8), labels=numpy.arange(50) % 3
    )
    return tmp_path


# Stages of 24 images: 4 pixels to 24, the fade to 48, stable from there to 144.
@pytest.mark.parametrize(("stop", "labels"), [(36, "--labels"), (36, "--no-labels"), (48, "--no-labels")])
def test_resume_is_bit_identical_wherever_it_was_stopped(ganzoo, pictures, stop, labels):
    options = (*TINY, labels, "--keep", 100)
    ganzoo(*options, "--out", "whole")
    ganzoo(*options, "--out", "broken", "--checkpoint-every", stop)
    for newer in checkpoints(pictures / "broken")[1:]:
        for file in newer.iterdir():
            file.unlink()
        newer.rmdir()
    (kept,) = checkpoints(pictures / "broken")
    state = json.loads((kept / "state.json").read_text())
    fades = {36: (8, 0.5), 48: (8, 0.0)}
    assert (state["images"], state["resolution"], state["fade"]) == (stop, *fades[stop])
    ganzoo("resume", "broken")
    assert_same_end(pictures / "whole", pictures / "broken")


def test_images_lengthen_the_last_stage_only(ganzoo, pictures):
    ganzoo(*TINY, "--out", "whole", "--images", 200)
    ganzoo(*TINY, "--out", "short")
    ganzoo("resume", "short", "--images", 200)
    assert_same_end(pictures / "whole", pictures / "short")
    assert records(pictures / "whole")[-1]["images"] == 200


def test_grids_have_one_size_and_say_where_they_are_from(ganzoo, pictures):
    ganzoo(*TINY, "--out", "run", "--sample-every", 12)
    grids = sorted((pictures / "run" / "samples").glob("*.png"))
    opened = {}
    for path in grids:
        with Image.open(path) as picture:
            opened[int(path.stem)] = numpy.asarray(picture)
    assert len({pixels.shape for pixels in opened.values()}) == 1
    grid_pixels = (8 * (8 + 1) + 1) * 7  # 8 images of 8 pixels with gaps of one, enlarged to about 500
    expected = {
        0: "0 images: 4 of 8 pixels, lod 1.00",
        36: "36 images: 8 of 8 pixels, lod 0.50",
        144: "144 images: 8 of 8 pixels, lod 0.00",
    }
    for images, text in expected.items():
        blank = Image.new("L", (grid_pixels, grid_pixels))
        assert numpy.array_equal(opened[images][grid_pixels:], numpy.asarray(caption(blank, text))[grid_pixels:]), text


def test_a_run_in_growth_is_loaded_at_its_level(ganzoo, pictures):
    ganzoo(*TINY, "--out", "run", "--checkpoint-every", 20, "--keep", 100)
    for newer in checkpoints(pictures / "run")[1:]:
        newer.rename(newer.with_name(f"away-{newer.name}"))
    assert load(pictures / "run").sample(3).shape == (3, 1, 4, 4)


def test_the_average_survives_growth(ganzoo, pictures):
    """After the fade it still holds what it had: it is neither begun again nor the newest weights."""
    ganzoo(*TINY, "--out", "run", "--checkpoint-every", 24, "--keep", 100)
    from safetensors.torch import load_file

    name = "first.conv.weight"
    averages = [load_file(path / "ema.safetensors")[name] for path in checkpoints(pictures / "run")]
    newest = [load_file(path / "generator.safetensors")[name] for path in checkpoints(pictures / "run")]
    # 6 rounds a stage of 24 images: between two checkpoints the average keeps .999^6 of itself and moves a little.
    for before, after, weights in zip(averages, averages[1:], newest[1:], strict=False):
        assert 0 < (after - before).norm() < 0.01 * (weights - before).norm() + 1e-3
        assert (after - weights).norm() > 0.9 * (before - weights).norm() * 0.999**6


def test_optimizers_are_reset_at_both_ends_of_a_fade(ganzoo, pictures):
    ganzoo(*TINY, "--out", "run", "--checkpoint-every", 4, "--keep", 100)
    from safetensors.torch import load_file

    steps = {
        int(path.name): float(load_file(path / "discriminator_optimizer.safetensors")["last.dense1.weight/step"])
        for path in checkpoints(pictures / "run")
    }
    assert [steps[images] for images in (20, 24, 28, 44, 48, 52, 144)] == [5, 6, 1, 5, 6, 1, 24]


def test_evaluation_while_it_grows(ganzoo, pictures):
    ganzoo(*TINY, "--out", "run", "--eval-every", 20, "--eval-samples", 50, "--eval-metrics", "fid")
    judged = [record["images"] for record in records(pictures / "run") if record.get("event") == "eval"]
    assert judged[0] == 20
    assert judged[-1] == 144


def test_without_a_preset_a_cpu_takes_laptop_and_says_what_that_is(ganzoo, pictures):
    """On the default data: MNIST, padded to 32 pixels."""
    maps = ("--fmap-base", 32, "--fmap-max", 4, "--latent-dim", 4)
    said = ganzoo("train", "progan", "--device", "cpu", "--images", 100, *maps, "--out", "run").out
    assert "preset laptop (for cpu and mnist; --preset chooses another): smaller maps and shorter stages, " in said
    assert "an hour for 64 pixels" in said
    assert "months" in said
    assert "eta at least 0:" in said
    config = json.loads((pictures / "run/config.json").read_text())
    assert config["spec"]["shape"] == [1, 32, 32]
    assert config["spec"]["fit"] == "padded from 28 to 32"
    assert config["data"]["res"] == 32
    assert (config["options"]["images"], config["options"]["stage_images"]) == (100, 12)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--res", 48), "these networks make images of 4, 8, 16, 32, 64, 128, 256, 512, 1024 pixels, and tiny has 48"),
        (("--batch-size", 6), "--batch-size (=6) must be a multiple of 4, as 4 or 8, or less than 4"),
        (("--limit", 1), "progan needs two images or more, and tiny has 1"),
    ],
)
def test_refusals(ganzoo, pictures, arguments, sentence):
    assert sentence in ganzoo(*TINY, *arguments, code=2).err


def test_no_growing_trains_at_full_size_throughout(ganzoo, pictures):
    ganzoo(*TINY, "--no-growing", "--out", "run")
    (last,) = checkpoints(pictures / "run")
    state = json.loads((last / "state.json").read_text())
    assert (state["images"], state["resolution"], state["fade"], state["stage"]["index"]) == (144, 8, 0.0, 0)


def test_lod():
    """0 is full resolution, k is k levels coarser; the fraction blends."""
    stages = (Stage(4, images=20, resolution=4), Stage(4, images=20, resolution=8, fade_images=20), Stage(4))
    clock = StageClock(stages, 16)
    assert clock.lod(0) == 2.0
    clock.advance(20)
    assert [clock.lod(images) for images in (20, 25, 40, 50)] == [2.0, 1.75, 1.0, 1.0]
    clock.advance(40)
    assert clock.lod(40) == 0.0


def test_enlarged_repeats_pixels():
    images = numpy.arange(4, dtype=numpy.uint8).reshape(1, 2, 2, 1)
    assert enlarged(images, 2)[0, :, :, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert enlarged(images, 1) is images


def test_a_dry_run_times_every_stage(monkeypatch):
    """Seconds of a run are not those of its first stage, which here is a hundred times as fast as the last."""
    from types import SimpleNamespace

    from ganzoo.runs import dry_run

    stages = (Stage(4, images=100, resolution=4), Stage(4, images=50, fade_images=50), Stage(4))
    training = SimpleNamespace(game=SimpleNamespace(stages=stages), index=0)
    training.jump = lambda index: setattr(training, "index", index)
    monkeypatch.setattr(dry_run, "_measure", lambda training: [(1000, 1.0), (100, 1.0), (10, 1.0)][training.index])
    assert dry_run._measure_stages(training, 200) == (1110, 3.0, pytest.approx(100 / 1000 + 50 / 100 + 50 / 10))
    training.index = 0
    assert dry_run._measure_stages(training, 120) == (1100, 2.0, pytest.approx(100 / 1000 + 20 / 100))


def test_the_resolution_is_chosen_only_where_none_was_given():
    from ganzoo import DataSpec
    from ganzoo.runs.plan import Plan

    native = DataSpec("photos", (3, 40, 40), 100)
    assert Plan.resolve("progan", "laptop", {}).data.res == 32  # MNIST
    assert Plan.resolve("dcgan", "laptop", {}).data.res is None
    unknown = Plan.resolve("progan", "laptop", {"data": "cifar10", "data_root": "nowhere"})
    assert unknown.data.res is None
    assert unknown.sized(native).data.res == 64
    given = Plan.resolve("progan", "laptop", {"res": 16})
    assert given.sized(native) is given
