"""`--from`: a training begins with the weights of another one, exactly, or says what does not fit."""

import shutil

import numpy
import pytest
import safetensors.torch
import torch
from engine.runs import assert_same_end, checkpoints

import ganzoo
from ganzoo import ConfigError
from ganzoo.models.publish import package_run
from ganzoo.registry.packages.package import Package
from ganzoo.runs.building import build, settle
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run

OPTIONS = {"data": "noise.npz", "preset": "classic", "device": "cpu", "batch_size": 16, "width": 4}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with data, a run of dcgan and its packages, with the discriminator and without."""
    folder = tmp_path_factory.mktemp("starting")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pixels = numpy.random.RandomState(0).randint(0, 256, (64, 28, 28, 1), dtype=numpy.uint8)
        numpy.savez("noise.npz", images=pixels)
        run = ganzoo.train("dcgan", images=64, out="first", **OPTIONS)
        package_run(run, folder / "whole", discriminator=True)
        package_run(run, folder / "alone")
    return folder


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def begun(reference, said=None, **options):
    """A training that has not begun a round, from a reference."""
    given = {**OPTIONS, "images": 64, "from_": str(reference), **options}
    plan = Plan.resolve("dcgan", given.pop("preset"), given)
    plan, dataset = settle(plan, CPU, QuietDisplay())
    return build(plan, dataset, CPU, (said if said is not None else []).append)


def saved(run, name):
    return safetensors.torch.load_file(checkpoints(run)[-1] / f"{name}.safetensors")


def same(network, tensors):
    state = network.state_dict()
    return state.keys() == tensors.keys() and all(torch.equal(state[name], tensors[name]) for name in state)


def test_from_a_run_all_networks_are_taken(place):
    said = []
    training = begun("first", said)
    for name, network in training.networks().items():
        assert same(network, saved(place / "first", name)), name
    assert len(said) == 1
    assert all(f"tensors of the {name}" in said[0] for name in ("generator", "discriminator", "ema"))


def test_from_a_package_generator_and_average_are_what_was_published(place):
    training = begun(place / "whole")
    average = saved(place / "first", "ema")
    assert same(training.game.generator, average)
    assert same(training.ema.generator, average)
    assert same(training.game.discriminator, saved(place / "first", "discriminator"))
    # Not that a ramp lets the average forget at once what it began with.
    assert training.ema.rule.ramp_up == 0


def test_a_package_says_what_it_has(place):
    Package.open(place / "whole").verify()
    card = (place / "whole" / "README.md").read_text()
    assert "the discriminator is there too" in card
    assert "discriminator" not in (place / "alone" / "README.md").read_text()
    # Sampling is the same with and without.
    both = [ganzoo.load(place / name).sample(2) for name in ("whole", "alone")]
    assert torch.equal(*both)


def test_a_changed_discriminator_is_refused(place):
    path = place / "whole" / "discriminator.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ganzoo.GanzooError, match="it is damaged or was changed"):
        begun(place / "whole")


def test_what_is_missing_is_told_and_refused_unless_partial(place):
    with pytest.raises(ConfigError, match=r"has no discriminator in it: .*--with-discriminator, or .*--from-partial"):
        begun(place / "alone")
    said = []
    training = begun(place / "alone", said, from_partial=True)
    assert same(training.game.generator, saved(place / "first", "ema"))
    assert "a new discriminator" in said[0]


def test_other_shapes_are_told_and_refused_unless_partial(place):
    with pytest.raises(
        ConfigError, match=r"tensors of the generator .*first: .* there, .* here.*--width 4; --from-partial"
    ):
        begun("first", width=8)
    training = begun("first", width=8, from_partial=True)
    kept = [
        name
        for name, tensor in saved(place / "first", "generator").items()
        if torch.equal(training.game.generator.state_dict()[name], tensor)
    ]
    assert kept
    assert len(kept) < len(training.game.generator.state_dict())


def test_another_variant_is_refused(place):
    with pytest.raises(
        ConfigError, match=r"is a dcgan, whose weights do not fit a lsgan: `ganzoo train dcgan --from first`"
    ):
        ganzoo.train("lsgan", from_="first", images=64, **{**OPTIONS, "preset": "laptop"})
    assert not list(place.glob("runs/*"))


@pytest.mark.parametrize("options", [{"freeze_d": 1}, {"from_partial": True}])
def test_options_that_are_of_from_alone(place, options):
    with pytest.raises(ConfigError, match=r"is about the weights of --from: name a run or model with it"):
        ganzoo.train("dcgan", images=64, **options, **OPTIONS)


def test_frozen_layers_stay_and_a_resumed_run_has_the_same_bits(place):
    kept = saved(place / "first", "discriminator")
    whole = ganzoo.train("dcgan", from_="first", freeze_d=1, images=96, out="frozen", **OPTIONS)
    after = saved(whole.path, "discriminator")
    changed = {name for name in kept if not torch.equal(kept[name], after[name])}
    weights = [name for name, tensor in kept.items() if tensor.dim() == 4]
    assert weights[0] not in changed
    assert set(weights[1:]) <= changed
    ganzoo.train("dcgan", from_="first", freeze_d=1, images=48, out="parts", **OPTIONS)
    # A name in ./runs or a path from here must not matter when the run goes on elsewhere.
    shutil.move("first", "elsewhere")
    assert_same_end(whole.path, ganzoo.resume("parts", images=96).path)


@pytest.mark.parametrize("layers", [3, 99])
def test_more_layers_than_there_are(place, layers):
    with pytest.raises(ConfigError, match=rf"--freeze-d \(={layers}\) must be from 0 to 2: .* has 3 layers"):
        begun("first", freeze_d=layers)


def test_looking_for_layers_changes_nothing(place):
    one, other = begun("first"), begun("first", freeze_d=1)
    for name, network in one.networks().items():
        assert same(network, other.networks()[name].state_dict())
    assert one.sampler.state() == other.sampler.state()
    assert torch.equal(one.sampler.next(8)[0], other.sampler.next(8)[0])


def test_resumed_before_a_checkpoint_it_begins_with_the_weights_again(place):
    run = ganzoo.train("dcgan", from_="first", images=48, out="whole-run", **OPTIONS)
    assert Run.open(run.path).config.training.from_ == str(place / "first")
    shutil.copytree(run.path, "again")
    shutil.rmtree("again/checkpoints")
    assert_same_end(run.path, ganzoo.resume("again").path)
    package_run(run, place / "published")
    assert "trained on from the weights of first" in (place / "published" / "README.md").read_text()
    assert str(place) not in (place / "published" / "ganzoo.json").read_text()
