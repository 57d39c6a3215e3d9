"""`sample` with seeds, labels and truncation, `interpolate`, `arithmetic`, `nearest`, on the smallest models."""

import json
import shutil

import numpy as np
import pytest
import torch
from engine.runs import TINY, save_noise
from PIL import Image

from ganzoo import ConfigError, load
from ganzoo.core.data_spec import labels_named
from ganzoo.models.inversion import nearest
from ganzoo.models.space import project
from ganzoo.sampling import generate as sampling
from ganzoo.sampling import latents
from ganzoo.viz.figures import named_grid

RUN = ("--images", 100, "-q")
NAMES = ("Sneaker", "Ankle boot", "Bag")
CGAN = (
    "train", "cgan", "--network", "mlp", "--data", "named.npz", "--device", "cpu", "--batch-size", 10, "-q",
    "--latent-dim", 4, "--latent", "normal", "--embedding-dim", 3, "--images", 200,
)  # fmt: skip


@pytest.fixture(scope="module")
def folders(forge, tmp_path_factory):
    """Two folders, each with data and a run called `run`: without labels, and with three named classes."""
    plain, named = (tmp_path_factory.mktemp(name) for name in ("plain", "named"))
    save_noise(plain)
    images = np.random.RandomState(0).randint(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(named / "named.npz", images=images, labels=np.arange(60) % 3, classes=np.array(NAMES))
    for folder, line in ((plain, (*TINY, *RUN)), (named, CGAN)):
        command = forge.start(folder, (*line, "--out", "run"))
        assert command.wait() == 0, command.err
    return plain, named


@pytest.fixture
def plain(folders, tmp_path):
    """A model without labels; its latents are normal, of length 4."""
    shutil.copytree(folders[0], tmp_path, dirs_exist_ok=True)
    return load(tmp_path / "run")


@pytest.fixture
def conditional(folders, tmp_path):
    """A model of three named classes."""
    shutil.copytree(folders[1], tmp_path, dirs_exist_ok=True)
    return load(tmp_path / "run")


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture).astype(int)


def cells(path, rows, columns, names=0, left=0, pitch=None):
    """Images of 8 pixels, enlarged three times, out of a named grid."""
    sheet, side = pixels(path), 24
    pitch = pitch or side + 4
    lines = np.full(rows, names) if np.isscalar(names) else np.array(names)
    found = []
    for row in range(rows):
        top = 4 + row * (side + 4) + lines[:row].sum()
        for column in range(columns):
            x = left + 4 + column * pitch
            found.append(sheet[top : top + side : 3, x : x + side : 3])
    return np.stack(found)


def of(model, drawn, labels=None):
    return sampling.to_uint8(model.generate(drawn, labels))[..., 0].astype(int)


def assert_same(found, expected):
    # Batches of another size may be rounded otherwise.
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1


def test_a_seed_of_the_numbered_grid_is_the_first_sample_of_that_seed(plain, ganzoo, tmp_path):
    said = ganzoo("sample", "run", "--seeds", "3-4,9", "--grid", "3x1", "--npz", "s.npz", "--scale", 3).out
    assert "run-seeds.png" in said
    with np.load(tmp_path / "s.npz") as file:
        found = file["images"][..., 0].astype(int)
        assert "labels" not in file
    assert_same(found, np.concatenate([of(plain, plain.generator.latent.draw(1, seed)) for seed in (3, 4, 9)]))
    assert_same(cells(tmp_path / "run-seeds.png", 1, 3, names=15), found)
    below = pixels(tmp_path / "run-seeds.png")[28:]
    # Something is written below each image.
    assert all((below[:, 4 + 28 * column : 28 + 28 * column] > 128).any() for column in range(3))


def test_truncation(plain, ganzoo, tmp_path):
    ganzoo("sample", "run", "-n", 5, "--seed", 2, "--truncation", 0.5, "--npz", "s.npz")
    latent = plain.generator.latent
    cut = latents.truncate(latent.draw(5, 2), latent, 0.5)
    assert np.abs(cut).max() <= 0.5
    with np.load(tmp_path / "s.npz") as file:
        assert_same(file["images"][..., 0].astype(int), of(plain, cut))
    torch.testing.assert_close(plain.sample(5, seed=2, truncation=0.5), plain.generate(cut))


@pytest.mark.parametrize("label", ["1", "ankle BOOT"])
def test_a_class_by_name_or_number(conditional, ganzoo, tmp_path, label):
    ganzoo("sample", "run", "-n", 4, "--label", label, "--npz", "s.npz")
    expected = of(conditional, conditional.generator.latent.draw(4, 0), [1] * 4)
    with np.load(tmp_path / "s.npz") as file:
        assert_same(file["images"][..., 0].astype(int), expected)
        assert file["labels"].tolist() == [1] * 4
        assert tuple(file["classes"]) == NAMES
    others = of(conditional, conditional.generator.latent.draw(4, 0), [2] * 4)
    assert np.abs(expected - others).max() > 1


def test_label_grid_has_a_class_a_row_and_a_latent_a_column(conditional, ganzoo, tmp_path):
    ganzoo("sample", "run", "--label-grid", "--seeds", "5,6", "--npz", "s.npz")
    drawn = latents.of_seeds(conditional.generator.latent, [5, 6])
    expected = of(conditional, np.concatenate([drawn] * 3), [0, 0, 1, 1, 2, 2])
    with np.load(tmp_path / "s.npz") as file:
        assert_same(file["images"][..., 0].astype(int), expected)
        assert file["labels"].tolist() == [0, 0, 1, 1, 2, 2]
    sheet = pixels(tmp_path / "run-labels.png")
    left = sheet.shape[1] - (2 * 28 + 4)
    assert left > 40
    assert_same(cells(tmp_path / "run-labels.png", 3, 2, names=[0, 0, 15], left=left), expected)
    ganzoo("sample", "run", "--label-grid", "--npz", "eight.npz")
    with np.load(tmp_path / "eight.npz") as file:
        assert len(file["images"]) == 24


def test_labeled_samples_are_a_data_set_with_its_classes(conditional, ganzoo, tmp_path):
    ganzoo("sample", "run", "--label-grid", "--npz", "s.npz")
    ganzoo(*CGAN, "--data", "s.npz", "--out", "second")
    spec = json.loads((tmp_path / "second/config.json").read_text())["spec"]
    assert tuple(spec["condition"]["names"]) == NAMES
    assert spec["count"] == 24


def test_a_strip_walks_from_seed_to_seed(plain, ganzoo, tmp_path):
    keys = latents.of_seeds(plain.generator.latent, [1, 2, 3])
    for option, spherical in ((None, True), ("--spherical", True), ("--linear", False)):
        ganzoo("interpolate", "run", "--seeds", "1,2,3", "--steps", 4, *([option] if option else []))
        path = of(plain, latents.interpolate(keys, 4, spherical=spherical))
        found = cells(tmp_path / "run-interpolation.png", 2, 5, names=15)
        assert_same(found, np.concatenate([path[:5], path[4:]]))


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_an_animation_comes_round_again(plain, ganzoo, tmp_path, suffix):
    said = ganzoo("interpolate", "run", "--seeds", "1,2", "--frames", 6, "--animate", f"deep/loop.{suffix}").out
    assert f"deep/loop.{suffix} (12 frames)" in said
    assert [path.name for path in (tmp_path / "deep").iterdir()] == [f"loop.{suffix}"]
    with Image.open(tmp_path / f"deep/loop.{suffix}") as loop:
        assert loop.n_frames == 12
        assert loop.info["loop"] == 0
        frames = []
        for number in range(12):
            loop.seek(number)
            frames.append(np.asarray(loop.convert("L")).astype(int))
    keys = latents.of_seeds(plain.generator.latent, [1, 2])
    scale = 256 // 8
    for number, key in ((0, keys[:1]), (6, keys[1:])):
        shown = frames[number][scale + scale // 2 :: scale, scale + scale // 2 :: scale][:8, :8]
        # A palette of 64 grays, or lossy compression.
        assert np.abs(shown - of(plain, key)[0]).mean() < 8
    # There and back on the same path.
    assert np.abs(frames[3] - frames[9]).mean() < 8


def test_interpolation_in_every_class(conditional, ganzoo, tmp_path):
    ganzoo("interpolate", "run", "--seeds", "4,8", "--steps", 3, "--label-grid", "--animate", "all.gif")
    path = latents.interpolate(latents.of_seeds(conditional.generator.latent, [4, 8]), 3, spherical=True)
    expected = np.concatenate([of(conditional, path, [label] * 4) for label in range(3)])
    sheet = pixels(tmp_path / "run-interpolation.png")
    left = sheet.shape[1] - (4 * 28 + 4)
    found = cells(tmp_path / "run-interpolation.png", 3, 4, names=[0, 0, 15], left=left)
    assert_same(found, expected)
    ganzoo("interpolate", "run", "--seeds", "4,8", "--steps", 3, "--label", "bag", "--out", "bag.png")
    assert_same(cells(tmp_path / "bag.png", 1, 4, names=15), expected[8:])


def test_arithmetic_shows_groups_means_and_the_result_amid_its_neighbors(plain, ganzoo, tmp_path):
    ganzoo("arithmetic", "run", "--plus", "3,17,42", "--minus", "5,8,21,9", "--plus", "9,30,77", "--npz", "y.npz")
    latent = plain.generator.latent
    groups = [latents.of_seeds(latent, seeds) for seeds in ([3, 17, 42], [5, 8, 21, 9], [9, 30, 77])]
    means = [group.mean(0) for group in groups]
    result = means[0] - means[1] + means[2]
    with np.load(tmp_path / "y.npz") as file:
        np.testing.assert_allclose(file["latents"], result[None], atol=1e-6)
    sheet = pixels(tmp_path / "run-arithmetic.png")
    column, row, side = 50 + 22, 24 + 15 + 4, 24
    for number, (group, mean) in enumerate(zip(groups, means, strict=True)):
        x = 4 + number * column + 13
        tops = [4 + (4 - len(group) + index) * row for index in range(len(group))] + [4 + 4 * row + 8]
        found = np.stack([sheet[top : top + side : 3, x : x + side : 3] for top in tops])
        assert_same(found, of(plain, np.concatenate([group, mean[None]])))
    x, top = 4 + 3 * column, (sheet.shape[0] - 3 * 28 - 15) // 2
    nine = np.stack([sheet[top + 28 * r :, x + 28 * c :][:side:3, :side:3] for r in range(3) for c in range(3)])
    around = latents.around(result.astype(np.float32), 8, 0)
    assert_same(nine, of(plain, np.concatenate([around[:4], result[None], around[4:]])))
    # And on: a file of latents is sampled again.
    ganzoo("sample", "run", "--latents", "y.npz", "--npz", "again.npz")
    with np.load(tmp_path / "again.npz") as file:
        assert_same(file["images"][..., 0].astype(int), nine[4:5])


def test_a_label_that_a_file_of_latents_has_is_kept(conditional, ganzoo, tmp_path):
    seeds = ("--plus", "1,2,3")
    ganzoo("arithmetic", "run", *seeds, "--label", "bag", "--npz", "y.npz")
    ganzoo("sample", "run", "--latents", "y.npz", "--npz", "s.npz")
    with np.load(tmp_path / "s.npz") as file:
        assert file["labels"].tolist() == [2]


def test_nearest_finds_what_the_model_made(plain, ganzoo, tmp_path):
    ganzoo("sample", "run", "-n", 2, "--seed", 4321, "--individual", "made", "--npz", "made.npz")
    said = ganzoo("nearest", "run", "made", "--npz", "z.npz").out
    with np.load(tmp_path / "z.npz") as file:
        found, errors = file["latents"], file["errors"]
        assert "labels" not in file
    # Pixels are rounded to 256 levels; noise that was not found would have errors of the order of 0.1.
    assert errors.max() < 1e-3
    np.testing.assert_allclose(found, plain.generator.latent.draw(2, 4321), atol=0.1)
    assert f"#1: mean squared error {errors[1]:.4f}" in said
    with np.load(tmp_path / "made.npz") as file:
        targets = file["images"][..., 0].astype(int)
    # Errors are wider than images, which then stand above their middle.
    pitch = (pixels(tmp_path / "run-nearest.png").shape[1] - 4) // 2
    assert pitch > 28
    shown = cells(tmp_path / "run-nearest.png", 2, 2, names=[0, 15], left=(pitch - 28) // 2, pitch=pitch)
    assert_same(shown, np.concatenate([targets, of(plain, found)]))


def test_nearest_tries_all_classes_or_takes_one(conditional):
    drawn = conditional.generator.latent.draw(3, 99)
    targets = conditional.generate(drawn, [0, 1, 2])
    found = nearest(conditional, targets)
    assert found.labels.tolist() == [0, 1, 2]
    assert found.errors.max() < 0.01
    told = nearest(conditional, targets, label=2, steps=50)
    assert told.labels.tolist() == [2, 2, 2]
    torch.testing.assert_close(told.samples, conditional.generate(told.latents, [2, 2, 2]))
    recomputed = (told.samples - targets).square().mean((1, 2, 3))
    np.testing.assert_allclose(told.errors, recomputed, rtol=1e-5)


def test_nearest_depends_on_its_seed_and_on_no_other_image(plain):
    targets = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.manual_seed(1)
    state = torch.get_rng_state()
    together = nearest(plain, targets, steps=20)
    assert torch.equal(torch.get_rng_state(), state)
    alone = nearest(plain, targets[1:2], steps=20)
    assert np.array_equal(together.latents[1], alone.latents[0])
    assert not np.array_equal(nearest(plain, targets[1:2], steps=20, seed=1).latents, alone.latents)
    # More steps and more starts are no worse.
    assert (nearest(plain, targets, steps=150).errors <= together.errors + 1e-6).all()


def test_nearest_starts_from_the_encoder_too(ganzoo, tiny, tmp_path):
    ganzoo(
        *("train", "bigan", "--networks", "mlp", "--widths", 16, "--latent-dim", 4, "--batch-size", 10),
        *("--data", "tiny.npz", "--device", "cpu", "--out", "run", *RUN),
    )
    model = load(tmp_path / "run")
    targets = torch.rand(2, 1, 8, 8) * 2 - 1
    asked = []
    encode = type(model.generator).encode
    type(model.generator).encode = lambda self, samples, *rest: asked.append(samples) or encode(self, samples, *rest)
    try:
        found = nearest(model, targets, starts=1, steps=1)
    finally:
        type(model.generator).encode = encode
    assert torch.equal(torch.cat(asked), targets)
    of_codes = (model.reconstruct(targets) - targets).square().mean((1, 2, 3)).numpy()
    assert (found.errors <= of_codes + 1e-6).all()


def test_latents_are_kept_where_the_generator_knows_them(plain):
    latent = plain.generator.latent
    far = torch.tensor([[30.0, 40.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 0.0, 0.0]])
    project(far, latent)
    torch.testing.assert_close(far, torch.tensor([[2.4, 3.2, 0, 0], [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0]]))
    # An image out of reach pulls the latents outwards.
    found = nearest(plain, torch.full((1, 1, 8, 8), -1.0), steps=300)
    assert np.linalg.norm(found.latents) <= 4 + 1e-4
    uniform = torch.tensor([[-3.0, 0.5, 2.0]])
    project(uniform, type(latent)((3,), "uniform", -1.0, 1.0))
    assert uniform.tolist() == [[-1.0, 0.5, 1.0]]


REFUSED = [
    ("sample run --label 7", "run (vanilla) is not conditional: it takes no label"),
    ("sample run --label-grid", "run (vanilla) is not conditional: leave --label-grid out"),
    ("sample run --truncation 0", "a truncation (=0) must be above 0"),
    ("sample run --seeds 1,2 -n 3", "--seeds says how many samples there are: leave -n out"),
    ("sample run --seeds one", "--seeds (=one) must be seeds from 0 to 4294967295, such as 3,17,42 or 0-63"),
    ("sample run --seeds 5-3", "--seeds (=5-3) must be seeds"),
    ("sample run --seeds 4294967296", "--seeds (=4294967296) must be seeds"),
    ("sample run --seeds 1 --latents z.npz", "--seeds and --latents both say which latents"),
    ("sample run --latents z.npz --truncation 1", "--latents has its own"),
    ("sample run --seeds 0-9 --grid 3x3", "--grid 3x3 holds 9 samples, and --seeds asks for 10"),
    ("interpolate run", "between which latents? Give --seeds, such as --seeds 1,2,3"),
    ("interpolate run --seeds 1", "name at least two"),
    ("interpolate run --seeds 1,2 --label 7", "run (vanilla) is not conditional"),
    ("interpolate run --seeds 1,2 --animate a.mp4", "must be a file that ends in .webp or .gif"),
    ("arithmetic run", "what shall be added? Give groups of seeds, such as --plus 3,17,42 --minus 5,8,21"),
    ("arithmetic run --plus 1,2,3 --minus 4,5", "--minus 4,5 has 2 seeds: a mean of fewer than 3 samples"),
    ("arithmetic run --plus 1", "--plus 1 has 1 seed: "),
    ("nearest run nothing.png", "nothing.png"),
    ("nearest run tiny.npz --label 7", "run (vanilla) is not conditional"),
]


def test_refusals(plain, ganzoo, tmp_path):
    for line, sentence in REFUSED:
        failed = ganzoo(*line.split(), code=2)
        assert sentence in failed.err, line
        assert failed.err.count("\n") == 1, line
    assert not list(tmp_path.glob("*.png"))


def test_refusals_of_labels(conditional, ganzoo):
    for label in ("11", "3", "-1", "boot", "", "1.0"):
        failed = ganzoo("sample", "run", f"--label={label}", code=2)
        sentence = f"run has no class '{label}': choose Sneaker, Ankle boot, Bag, or a number from 0 to 2"
        assert sentence in failed.err
    assert "give --label, such as --label Bag" in ganzoo("arithmetic", "run", "--plus", "1,2,3", code=2).err
    assert "give --label" in ganzoo("interpolate", "run", "--seeds", "1,2", code=2).err
    assert "leave one out" in ganzoo("sample", "run", "--label", 1, "--label-grid", code=2).err


def test_where_classes_are_numbers_a_label_is_a_name(conditional):
    import dataclasses

    digits = dataclasses.replace(conditional.spec, condition=labels_named(("3", "7")))
    model = dataclasses.replace(conditional, spec=digits)
    assert model.label_of("7") == 1
    with pytest.raises(ConfigError, match=r"no class '1': choose 3, 7$"):
        model.label_of("1")
    many = dataclasses.replace(digits, condition=labels_named(tuple(f"{number:03}" for number in range(1000))))
    with pytest.raises(ConfigError, match=r"001, .*, 019, \.\.\. 999$"):
        dataclasses.replace(model, spec=many).label_of("cat")


def test_models_of_vectors_are_refused(ganzoo, tiny, tmp_path):
    np.savez(tmp_path / "points.npz", samples=np.random.RandomState(0).standard_normal((50, 2)).astype(np.float32))
    ganzoo(*tiny.train, "--data", "points.npz", *RUN, "--out", "run")
    for line in ("interpolate run --seeds 1,2", "arithmetic run --plus 1,2,3", "nearest run points.npz"):
        name = line.split()[0]
        sentence = f"`ganzoo {name}` shows images, and run makes vectors: `ganzoo sample` draws those"
        assert sentence in ganzoo(*line.split(), code=2).err
    for option in (("--seeds", "1,2"), ("--label-grid",)):
        assert "is for images, and run makes vectors" in ganzoo("sample", "run", *option, code=2).err
    ganzoo("sample", "run", "-n", 20, "--truncation", 0.1, "--npz", "near.npz")
    with np.load(tmp_path / "near.npz") as file:
        assert file["samples"].shape == (20, 2)


@pytest.mark.parametrize(
    "line",
    [
        "sample run --seeds 1 --out",
        "interpolate run --seeds 1,2 --out",
        "interpolate run --seeds 1,2 --out i.png --animate",
        "arithmetic run --plus 1,2,3 --out",
        "arithmetic run --plus 1,2,3 --out a.png --npz",
        "nearest run tiny.npz -n 1 --steps 1 --out",
    ],
)
def test_a_place_that_cannot_be_written(plain, ganzoo, tmp_path, line):
    (tmp_path / "file").touch()
    ending = {"--out": "png", "--animate": "gif", "--npz": "npz"}[line.split()[-1]]
    failed = ganzoo(*line.split(), f"file/inside.{ending}", code=1)
    assert "file" in failed.err
    assert "cannot be written" in failed.err


def test_latents_of_another_model_are_refused(plain, ganzoo, tmp_path):
    latents.save(tmp_path / "z.npz", np.zeros((2, 5), np.float32))
    for line in ("sample run --latents z.npz", "interpolate run --latents z.npz"):
        assert (
            "the latents of z.npz are float32 (2, 5), but this model's are float32 (N, 4)"
            in ganzoo(*line.split(), code=1).err
        )


def test_generate_refuses_other_shapes(plain):
    with pytest.raises(ConfigError, match=r"latents of shape \(N, 4\), not \(2, 5\)"):
        plain.generate(np.zeros((2, 5), np.float32))
    with pytest.raises(ConfigError, match=r"latents of shape"):
        plain.generate(np.zeros((0, 4), np.float32))


def test_a_named_grid_in_color_and_of_long_names():
    images = np.random.RandomState(0).randint(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    sheet = np.asarray(named_grid(images, 2, names=["", "a name wider than 8 pixels", ""], scale=1))
    pitch = (sheet.shape[1] - 4) // 2
    assert pitch > 100
    left = 4 + (pitch - 4 - 8) // 2
    assert np.array_equal(sheet[4:12, left : left + 8], images[0])
    assert np.array_equal(sheet[4 + 8 + 15 + 4 :][:8, left : left + 8], images[2])
