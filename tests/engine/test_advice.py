"""What is said of a set before a training of it begins."""

import pytest

from ganzoo import DataSpec
from ganzoo.runs.building import advise
from ganzoo.runs.plan import Plan

FEW = "photos has 10 images: the discriminator will soon know each by heart"


@pytest.mark.parametrize(
    ("count", "channels", "options", "said"),
    [
        (10_000, 3, {}, []),
        (10_000, 3, {"augment": "ada"}, []),
        (500, 3, {}, ["photos has 500 images: --mirror and --augment diffaug are made for so few"]),
        (500, 3, {"augment": "diffaug"}, []),
        (10, 3, {"batch_size": 8}, [FEW]),
        (10, 3, {"batch_size": 16}, ["a batch of 16 holds more than the 10 images of photos", FEW]),
        (10_000, 1, {"augment": "ada"}, ["gray images have neither hue nor saturation"]),
        (10_000, 1, {"augment": "ada:bg"}, []),
        (10_000, 1, {"augment": "diffaug:color"}, ["gray images have neither hue nor saturation"]),
    ],
)
def test_advice(count, channels, options, said):
    spec = DataSpec("photos", (channels, 32, 32), count)
    plan = Plan.resolve("dcgan", "laptop", options, spec)
    found = advise(plan, spec)
    assert len(found) == len(said)
    assert all(sentence.startswith(start) for sentence, start in zip(found, said, strict=True))


def test_points_need_no_advice_on_images():
    spec = DataSpec("points", (2,), 10, kind="vector")
    assert advise(Plan.resolve("vanilla", "laptop", {}, spec), spec) == []
