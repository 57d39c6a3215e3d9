"""What a run needs to go on is in its files, whatever its game is made of."""

import numpy
import pytest
from engine.runs import assert_same_end

import ganzoo

IMAGES = 96


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = numpy.random.RandomState(0).randint(0, 256, (64, 28, 28, 3), dtype=numpy.uint8)
    numpy.savez("noise.npz", images=pixels)


def trained(name, images, variant, **options):
    return ganzoo.train(
        variant,
        data="noise.npz",
        device="cpu",
        batch_size=16,
        images=images,
        out=name,
        **options,
    )


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        # Several parameter groups.
        ("vaegan", {"preset": "laptop", "width": 4}),
        ("dcgan", {"preset": "classic", "width": 4, "augment": "ada", "augment_speed": 500}),
        ("dcgan", {"preset": "classic", "width": 4, "augment": "diffaug"}),
    ],
)
def test_resumed_through_files(variant, options, capsys):
    whole = trained("whole", IMAGES, variant, **options)
    trained("parts", IMAGES // 3, variant, **options)
    parts = ganzoo.resume("parts", images=IMAGES)
    assert_same_end(whole.path, parts.path)
