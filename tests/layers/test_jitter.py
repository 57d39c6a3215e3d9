"""Jitter of images: against a crop image by image, what is shared, and what is left alone."""

import torch
from torch.nn.functional import interpolate

from ganzoo.layers import Jitter


def crops(images, large, mirrored):
    """Each image on its own, by slices, with the draws that `Jitter` makes."""
    height, width = images.shape[2:]
    enlarged = interpolate(images, size=large, mode="bicubic", align_corners=False).clamp(-1, 1)
    top = torch.randint(large[0] - height + 1, (len(images), 1))
    left = torch.randint(large[1] - width + 1, (len(images), 1))
    flips = torch.rand(len(images), 1) < 0.5 if mirrored else torch.zeros(len(images), 1)
    for image, y, x, flip in zip(enlarged, top.flatten(), left.flatten(), flips.flatten(), strict=True):
        crop = image[:, y : y + height, x : x + width]
        yield crop.flip(2) if flip else crop


def test_it_crops_and_mirrors_each_image_on_its_own():
    images = torch.rand(32, 3, 16, 24) * 2 - 1
    for mirrored in (True, False):
        torch.manual_seed(0)
        found = Jitter(0.25, mirrored)(images)
        torch.manual_seed(0)
        wanted = torch.stack(list(crops(images, (20, 30), mirrored)))
        assert torch.equal(found, wanted)
        assert found.abs().max() <= 1


def test_every_place_is_drawn_and_half_are_mirrored():
    ramp = torch.linspace(-1, 1, 8).expand(4000, 1, 8, 8).contiguous()
    moved = Jitter(0.25, True)(ramp)
    mirrored = moved[:, 0, 0, 0] > moved[:, 0, 0, -1]
    assert 0.45 < mirrored.float().mean() < 0.55
    # 8 pixels out of 10 begin at 0, 1 or 2.
    assert len(moved[~mirrored][:, 0, 0, 0].mul(1e3).round().unique()) == 3


def test_images_along_the_channels_share_their_draw():
    images = torch.rand(16, 2, 8, 8)
    one, other = Jitter(0.5, True)(torch.cat([images, images], 1)).split(2, 1)
    assert torch.equal(one, other)


def test_without_both_it_returns_what_it_gets_and_draws_nothing():
    images, before = torch.rand(2, 1, 8, 8), torch.get_rng_state()
    assert Jitter(0.0, False)(images) is images
    assert torch.equal(torch.get_rng_state(), before)
    flipped = Jitter(0.0, True)(images)
    assert all(torch.equal(new, old) or torch.equal(new, old.flip(2)) for new, old in zip(flipped, images, strict=True))


def test_the_papers_286_pixels_of_256():
    assert round(256 * (1 + 0.1171875)) == 286
