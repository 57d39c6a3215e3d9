"""What the engine does, as a loop that anybody could write: one device, no checkpoints, nothing compiled.

Written from the contract (`ganzoo.core`) and not from the engine, of which it imports nothing.
"""

from __future__ import annotations

import copy
from functools import reduce
from operator import add

import torch
from torch.nn import functional

from ganzoo import SGD, Adam, Batch, Decay, HalfLife, Players, RMSprop
from ganzoo.data.sampler import Sampler


def optimizer_of(parameters, recipe):
    match recipe:
        case Adam(weight_decay=0.0):
            return torch.optim.Adam(parameters, recipe.lr, tuple(map(float, recipe.betas)), recipe.eps, fused=True)
        case Adam():
            betas, decay = tuple(map(float, recipe.betas)), recipe.weight_decay
            return torch.optim.AdamW(parameters, recipe.lr, betas, recipe.eps, decay, fused=True)
        case RMSprop():
            options = {"alpha": recipe.alpha, "eps": recipe.eps, "momentum": recipe.momentum}
            return torch.optim.RMSprop(parameters, recipe.lr, foreach=True, **options)
        case SGD():
            momentum, nesterov = recipe.momentum, recipe.nesterov
            return torch.optim.SGD(parameters, recipe.lr, momentum, nesterov=nesterov, fused=True)


def kept_share(rule, images, of_round):
    match rule:
        case Decay():
            return rule.per_round
        case HalfLife():
            half_life = min(rule.images, images * rule.ramp_up) if rule.ramp_up else rule.images
            return 0.5 ** (of_round / half_life) if half_life > 0 else 0.0


class PlainLoop:
    """The players of a game, trained round by round; `losses` holds every term in order."""

    def __init__(self, game, dataset, seed, conditional):
        self.game, self.players = game, Players(game.generator, game.discriminator)
        for network in (game.generator, game.discriminator):
            network.train().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(game.generator).eval()
        self.sampler, self.dataset, self.conditional = Sampler(dataset, seed), dataset, conditional
        self.images, self.generator_steps, self.losses = 0, 0, []
        self.stage, self.stage_start = 0, 0
        self.fade = torch.zeros(())
        self.make_optimizers()
        self.enter()

    def make_optimizers(self):
        recipes = self.game.optimizers
        self.d_optimizer = optimizer_of(self.game.discriminator.parameters(), recipes.discriminator)
        self.g_optimizer = optimizer_of(self.game.generator.parameters(), recipes.generator)

    def enter(self):
        stage = self.game.stages[self.stage]
        self.fade.fill_(1.0 if stage.fade_images else 0.0)
        self.resolution = stage.resolution or self.dataset.spec.resolution
        for network in (self.game.generator, self.game.discriminator, self.average):
            network.enter_stage(self.resolution, self.fade)

    def round(self):
        stage = self.game.stages[self.stage]
        if (
            stage.images is not None
            and self.images - self.stage_start >= stage.images
            and stage != self.game.stages[-1]
        ):
            self.stage, self.stage_start = self.stage + 1, self.images
            stage = self.game.stages[self.stage]
            if stage.reset_optimizers:
                self.make_optimizers()
            self.enter()
        done = (self.images - self.stage_start) / stage.fade_images if stage.fade_images else 1.0
        self.fade.fill_(max(1.0 - done, 0.0))
        recipes = self.game.optimizers
        self.set_lr(self.d_optimizer, recipes.discriminator, stage.discriminator_lr)
        self.set_lr(self.g_optimizer, recipes.generator, stage.generator_lr)

        objective, before = stage.objective or self.game.objective, self.images
        both = stage.trains == "both"
        steps = objective.discriminator_steps(self.generator_steps)
        for step in range(steps):
            self.backward(objective.discriminator_loss, self.game.discriminator, stage, reals=True)
            self.images += stage.batch_size
            if not (both and objective.simultaneous and step == steps - 1):
                self.step_discriminator(objective)
        if both:
            self.backward(objective.generator_loss, self.game.generator, stage, reals=objective.generator_sees_reals)
            self.g_optimizer.step()
            if objective.simultaneous:
                self.step_discriminator(objective)
            self.generator_steps += 1
            self.follow(kept_share(self.game.ema, self.images, self.images - before))

    def set_lr(self, optimizer, recipe, of_stage):
        schedule = recipe.schedule or (lambda images: 1.0)
        optimizer.param_groups[0]["lr"] = (of_stage or recipe.lr) * schedule(self.images)

    def backward(self, loss, network, stage, reals):
        terms = loss(self.players, self.batch(stage, reals)).terms
        self.losses += [(network is self.game.generator, name, float(term.detach())) for name, term in terms.items()]
        network.zero_grad()
        reduce(add, terms.values()).backward(inputs=list(network.parameters()))

    def batch(self, stage, with_reals):
        count, reals, labels, fake_labels = stage.batch_size, None, None, None
        if with_reals:
            reals, labels = self.sampler.next(count)
            if self.resolution < self.dataset.spec.resolution:
                reals = functional.avg_pool2d(reals, self.dataset.spec.resolution // self.resolution)
            if stage.fade_images:
                coarse = functional.avg_pool2d(reals, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
                reals = torch.lerp(reals, coarse, self.fade)
        latents = self.game.generator.latent.sample(count)
        if self.conditional:
            fake_labels = self.dataset.labels[torch.randint(len(self.dataset), (count,))]
        return Batch(reals, labels if self.conditional else None, latents, fake_labels, torch.tensor(self.images))

    def step_discriminator(self, objective):
        self.d_optimizer.step()
        with torch.no_grad():
            objective.after_discriminator_step(self.players)

    @torch.no_grad()
    def follow(self, kept):
        now = self.game.generator.state_dict()
        for name, value in self.average.state_dict().items():
            value.copy_(value.lerp(now[name], 1.0 - kept) if value.is_floating_point() else now[name])
