"""What pix2pix and cyclegan have in common: phases that are traced whole, and rounds that anybody could write."""

import copy
import functools

import numpy
import pytest
import torch
from torch.nn.functional import l1_loss

from ganzoo import Batch, DataSpec, ImageCondition, plugins
from ganzoo.data.dataset import Dataset
from ganzoo.data.sampler import Sampler
from ganzoo.engine.training import Training

FORMS = {
    "pix2pix": ("pix2pix", {"width": 4, "patch_halvings": 1}),
    "cyclegan": ("cyclegan", {"width": 4, "blocks": 1, "patch_halvings": 1, "pool": 5}),
}


def game(name, options, batch_size=3, size=16):
    found = plugins.registry().find(name)
    spec = DataSpec("images", (3, size, size), 40, ImageCondition((3, size, size), paired=name == "pix2pix"))
    config = found.load_config()(batch_size=batch_size, **options)
    torch.manual_seed(0)
    return found.build(config, spec)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch._dynamo.reset()


def compiled(function):
    patched = torch._dynamo.config.patch(trace_autograd_ops=True)
    return patched(torch.compile(function, backend="aot_eager", fullgraph=True))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_phases_are_traced_whole(form):
    """Loss and backward in one graph, with the losses, gradients and buffers of the eager phase."""
    results = []
    for wrap in (lambda function: function, compiled):
        made = game(*FORMS[form])
        for network in made.trained().values():
            network.double()  # gradients through a norm lose digits
        reals, sources = torch.rand(2, 3, 3, 16, 16, generator=torch.Generator().manual_seed(1)).double() * 2 - 1
        batch = Batch(reals, sources, torch.zeros(3, 0), sources, torch.zeros((), dtype=torch.int64))
        for phase in made.objective.phases():
            parameters = list(made.trained()[phase.updates[0]].parameters())

            def run(batch, phase=phase, made=made, parameters=parameters):
                losses = phase.loss(made.players, batch)
                functools.reduce(torch.add, losses.terms.values()).backward(inputs=parameters)
                return {name: value.detach() for name, value in losses.terms.items()}

            torch.manual_seed(5)
            run = wrap(run)
            seen = [run(batch) for _ in range(2)]  # the second finds the pool of five full
            results.append((seen, [p.grad for p in parameters], [b.clone() for b in buffers(made)]))
    half = len(results) // 2
    torch.testing.assert_close(results[:half], results[half:], rtol=1e-9, atol=1e-12)


def buffers(made):
    return [buffer for network in made.trained().values() for buffer in network.buffers()]


def test_nothing_is_left_of_a_copy():
    """The pools are part of the state: a game that loads them goes on in the same way."""
    made = game(*FORMS["cyclegan"])
    batch = Batch(torch.rand(3, 3, 16, 16), torch.rand(3, 3, 16, 16), torch.zeros(3, 0), None, torch.zeros(()))
    made.objective.generator_loss(made.players, batch)
    other = game(*FORMS["cyclegan"])
    for name, network in other.trained().items():
        network.load_state_dict(copy.deepcopy(made.trained()[name].state_dict()), strict=True)
    ends = []
    for one in (made, other):
        torch.manual_seed(3)
        for _ in range(4):
            for phase in one.objective.phases():
                last = phase.loss(one.players, batch).terms
        ends.append((last, buffers(one)))
    torch.testing.assert_close(*ends, rtol=0, atol=0)


ROUNDS = 20


def unpaired():
    a, b = numpy.random.RandomState(0).randint(0, 256, (2, 40, 16, 16, 3), dtype=numpy.uint8)
    return Dataset.from_arrays(b).of_sources(Dataset.from_arrays(a), paired=False)


def golden():
    options = {"width": 4, "blocks": 1, "patch_halvings": 1, "pool": 5, "jitter": 0.0, "flip": False, "images": 60}
    return game("cyclegan", options)


def plain_rounds():
    """Two generators, two discriminators, one Adam each pair, and lists for pools."""
    made, sampler = golden(), Sampler(unpaired(), 7)
    g, f = made.generator.a_to_b, made.generator.b_to_a
    d_a, d_b = made.discriminator.a, made.discriminator.b
    for network in (made.generator, made.discriminator):
        network.train().to(memory_format=torch.channels_last)
    adams = [
        torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999), fused=True) for n in (made.generator, made.discriminator)
    ]
    pools, losses = ([], []), []
    for index in range(ROUNDS):
        for adam in adams:
            adam.param_groups[0]["lr"] = 2e-4 * min(1.0, 1.0 - (3 * index - 30) / 30)
        b, a = sampler.next(3)
        fake_a, fake_b = f(b), g(a)
        shown = [exchange(pool, fakes.detach()) for pool, fakes in zip(pools, (fake_a, fake_b), strict=True)]
        loss = (d_a(fake_a) - 1).square().mean() + (d_b(fake_b) - 1).square().mean()
        loss = loss + 10 * l1_loss(f(fake_b), a) + 10 * l1_loss(g(fake_a), b)
        loss = loss + 5 * l1_loss(f(a), a) + 5 * l1_loss(g(b), b)
        adams[0].zero_grad()
        loss.backward(inputs=list(made.generator.parameters()))
        adams[0].step()
        judged = []
        for d, real, fakes in ((d_a, a, shown[0]), (d_b, b, shown[1])):
            judged.append(0.5 * ((d(real) - 1).square().mean() + d(fakes).square().mean()))
        adams[1].zero_grad()
        (judged[0] + judged[1]).backward()
        adams[1].step()
        losses.append([value.item() for value in judged])
    return losses, made


def exchange(kept, new):
    """What the discriminator is shown: new until five are kept, then half of the time an older one in its place."""
    places, chosen = torch.randint(5, (len(new),)), torch.rand(len(new)) < 0.5
    shown = []
    for image, place, swap in zip(new, places, chosen, strict=True):
        if len(kept) < 5:
            kept.append(image)
        elif swap:
            image, kept[place] = kept[place], image
        shown.append(image)
    return torch.stack(shown).contiguous(memory_format=torch.channels_last)


def test_twenty_rounds_of_cyclegan_equal_a_loop_with_lists_for_pools():
    torch.manual_seed(11)
    made = golden()
    torch.manual_seed(11)
    expected, plain = plain_rounds()
    torch.manual_seed(11)
    golden()  # draws as many numbers
    training = Training(made, unpaired(), torch.device("cpu"), seed=7, conditional=False, warn=pytest.fail)
    seen = []
    for _ in range(ROUNDS):
        training.round()
        values = training.tally.drain()
        seen.append([values["discriminator/adversarial_a"], values["discriminator/adversarial_b"]])
    assert seen == expected
    for name in ("generator", "discriminator"):
        for key, value in plain.trained()[name].state_dict().items():
            assert torch.equal(training.networks()[name].state_dict()[key], value), f"{name} {key}"
