"""One run of the table: its game comes from the variant, and its score is the paper's."""

import pytest
import torch

from ganzoo.bench.modes import game, score, train
from ganzoo.bench.plan import PACKINGS
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.latent import Latent
from ganzoo.core.networks import Generator
from ganzoo.data.mixtures import MIXTURES

POINTS = DataSpec("points", (2,), 100, kind="vector")


@pytest.mark.parametrize(("row", "packing"), PACKINGS.items())
def test_a_row_is_pacgan_with_its_packing_and_100_packs_a_batch(row, packing):
    played = game(packing, POINTS)
    assert played.discriminator.packing == packing
    assert played.discriminator(torch.randn(5 * packing, 2)).shape == (5,)
    assert played.stages[0].batch_size == 100 * packing
    # The table is about these: 4 x 400 and 3 x 200 with 5 pieces.
    assert sum(p.numel() for p in played.generator.parameters()) == 484_802
    assert sum(p.numel() for p in played.discriminator.parameters()) == 403_201 + 2_000 * packing


def test_training_depends_on_the_seed_alone_and_gives_the_generator_itself():
    ticks = []
    first, again, other = (train(MIXTURES["ring"], 2, seed, 3, ticks.append) for seed in (4, 4, 5))
    assert ticks == [3, 3, 3]
    assert not first.training
    one, two, three = (torch.cat([p.flatten() for p in g.parameters()]) for g in (first, again, other))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


class Teleporter(Generator):
    """Puts every sample on the first mode."""

    def __init__(self, mean):
        super().__init__()
        self.latent, self.mean = Latent((2,)), torch.tensor(mean)

    def forward(self, latents, labels=None):
        assert latents.shape == (2500, 2)
        return self.mean.expand(len(latents), 2)


def test_a_collapsed_generator_covers_one_mode():
    scored = score(Teleporter([1.0, 0.0]), MIXTURES["ring"])
    assert (scored.covered, scored.modes, scored.high_quality) == (1, 8, 1.0)
    assert scored.reverse_kl == pytest.approx(2.0794415)  # log 8
