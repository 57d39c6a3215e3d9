"""What a factory may leave out of its game, and what may be in none."""

import pytest

from ganzoo import Adam, Decay, Game, HalfLife, Optimizers, Stage, Variant, VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError
from ganzoo.objectives import AdversarialObjective, NonSaturating

ADAM = Optimizers.both(Adam(1e-3))
TWO = (Stage(4, images=20), Stage(8))


class Config(VariantConfig):
    given: dict[str, object] = {}


def build(config, data):
    return Game(None, None, AdversarialObjective(NonSaturating()), ADAM, **config.given)


def built(**given):
    variant = Variant("filled", "t", "p", f"{__name__}:Config", f"{__name__}:build")
    config = Config(batch_size=12, ema_images=345, given=given)
    return variant.build(config, DataSpec("d", (1, 8, 8), 10))


@pytest.mark.parametrize(
    ("given", "stages", "ema"),
    [
        ({}, (Stage(12),), HalfLife(345)),
        ({"stages": TWO}, TWO, HalfLife(345)),
        ({"ema": Decay(0.0)}, (Stage(12),), Decay(0.0)),
        ({"stages": None, "ema": None}, (Stage(12),), HalfLife(345)),
    ],
)
def test_what_is_left_out_comes_from_the_config(given, stages, ema):
    game = built(**given)
    assert (game.stages, game.ema) == (stages, ema)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ((), r"at least one stage: Stage\(batch_size=64\)"),
        ((Stage(4), Stage(8)), "every stage but the last needs a length"),
    ],
)
def test_stages_that_cannot_be_are_refused(stages, message):
    with pytest.raises(ConfigError, match=message):
        built(stages=stages)
