"""What a variant that makes images of images is given: sources, as the sampler draws them, and in the kit."""

import numpy as np
import pytest
import torch
from conformance.plain_loop import PlainLoop

from ganzoo import ConfigError, Variant
from ganzoo.data.dataset import Dataset
from ganzoo.data.sampler import Sampler
from ganzoo.errors import PluginError
from ganzoo.testing import forms_of, sizes_of
from ganzoo.testing.cases import cases_of_variant
from ganzoo.testing.checks import training as runs


def numbered(count, start=0):
    """Images of one pixel that say which they are."""
    return Dataset.from_arrays((np.arange(count, dtype=np.uint8) + start).reshape(count, 1, 1))


def numbers(images):
    return ((images + 1) * 127.5).round().long().flatten().tolist()


def test_a_pair_stays_a_pair():
    sampler = Sampler(numbered(7).of_sources(numbered(7, 100), paired=True), 3)
    drawn = []
    for size in (3, 5, 9):
        reals, sources = sampler.next(size)
        assert [number + 100 for number in numbers(reals)] == numbers(sources)
        drawn += numbers(reals)
    assert sorted(drawn[:7]) == sorted(drawn[7:14]) == list(range(7))


def test_sets_of_their_own_have_orders_of_their_own():
    sampler = Sampler(numbered(6).of_sources(numbered(4, 100), paired=False), 3)
    batches = [sampler.next(3) for _ in range(8)]
    reals, sources = (numbers(torch.cat(part)) for part in zip(*batches, strict=True))
    for start in range(0, 24, 6):
        assert sorted(reals[start : start + 6]) == list(range(6))
    for start in range(0, 24, 4):
        assert sorted(sources[start : start + 4]) == list(range(100, 104))
    assert [number % 4 for number in reals] != [number - 100 for number in sources]


@pytest.mark.parametrize("paired", [True, False])
def test_sources_without_samples_are_drawn_too_and_all_goes_on_where_it_stopped(paired):
    dataset = numbered(6).of_sources(numbered(6, 100), paired=paired)
    whole = Sampler(dataset, 1)
    assert sorted(numbers(whole.sources(6))) == list(range(100, 106))
    whole.next(4)
    again = Sampler(dataset, 1)
    again.restore(whole.state())
    for one, other in zip((*whole.next(5), whole.sources(5)), (*again.next(5), again.sources(5)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("paired", [True, False])
def test_pairs_are_mirrored_together_and_two_sets_each_by_itself(paired):
    wide = np.array([[0, 255]] * 2, np.uint8).reshape(1, 2, 2).repeat(64, 0)
    dataset = Dataset.from_arrays(wide).of_sources(Dataset.from_arrays(wide), paired=paired)
    reals, sources = Sampler(dataset, 2, mirror=True).next(64)
    flipped = [images[:, 0, 0, 0] > 0 for images in (reals, sources)]
    assert 16 < flipped[0].sum() < 48
    assert torch.equal(*flipped) == paired


def test_a_set_of_pairs_is_another_set_when_a_source_is():
    one, other = (numbered(3).of_sources(numbered(3, start), paired=True).spec for start in (5, 6))
    assert one.digest != other.digest
    assert one.digest != numbered(3).of_sources(numbered(3, 5), paired=False).spec.digest
    assert (one.source.shape, one.pairing) == ((1, 1, 1), "paired")


def test_a_variant_of_images_takes_no_labels():
    for field in ({"labels": "optional"}, {"data": "both"}):
        with pytest.raises(PluginError, match="its condition is the source, and there is one condition"):
            Variant("x", "x", "none", "a:B", "a:b", source="paired", **field)
    with pytest.raises(PluginError, match=r"source \(='pairs'\) must be one of none, paired, unpaired"):
        Variant("x", "x", "none", "a:B", "a:b", source="pairs")


@pytest.mark.parametrize("kind", ["paired", "unpaired"])
def test_the_kit_has_data_for_it_and_a_sound_one_passes(translators, kind):
    variant = translators[kind]
    form = next(form for form in forms_of(variant) if form.plain)
    assert form.data.pairing == kind
    channels = {(form.data.channels, form.data.source.shape[0]) for form in sizes_of(variant)}
    assert channels >= {(1, 1), (1, 3), (3, 1), (3, 3)}
    for case in cases_of_variant(variant):
        case.run()


@pytest.mark.parametrize("kind", ["paired", "unpaired"])
def test_twenty_rounds_equal_a_plain_loop(translators, kind):
    form = next(form for form in forms_of(translators[kind]) if form.plain)
    dataset = runs.dataset_of(form)
    plain = PlainLoop(form.build(runs.SEED), dataset, runs.SEED, form.conditional)
    training, seen = runs.training_of(form, form.build(runs.SEED)), []
    training.tally.add = lambda phase, losses: seen.extend(
        (phase, name, float(term)) for name, term in losses.terms.items()
    )
    for _ in range(20):
        plain.round()
        training.round()
    assert seen == plain.losses
    for name, value in training.ema.generator.state_dict().items():
        assert torch.equal(value, plain.average.state_dict()[name])


def test_data_of_another_kind_is_refused(translators):
    form = next(form for form in forms_of(translators["paired"]) if form.plain)
    plain = Dataset.from_arrays(np.zeros((4, 8, 8), np.uint8), name="alone")
    for spec, said in (
        (plain.spec, "alone is data to make images of nothing"),
        (plain.of_sources(plain, paired=False).spec, "alone is data to make images of images of another set"),
    ):
        with pytest.raises(ConfigError, match=said):
            form.plan.check(spec)


def test_the_sampler_scales_sources_as_samples():
    sources = Dataset.from_arrays(np.array([0, 255], np.uint8).reshape(2, 1, 1))
    _, drawn = Sampler(numbered(2).of_sources(sources, paired=True), 0).next(2)
    assert sorted(drawn.flatten().tolist()) == [-1.0, 1.0]
