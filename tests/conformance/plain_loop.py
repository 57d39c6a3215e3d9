"""What the engine does, as a loop that anybody could write: one device, no checkpoints, nothing compiled.

Written from the contract (`ganzoo.core`) and not from the engine, of which it imports nothing.
"""

from __future__ import annotations

import copy
from dataclasses import replace
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


def listed(phases):
    return [phase for entry in phases for phase in (entry if isinstance(entry, tuple) else (entry,))]


class PlainLoop:
    """The players of a game, trained round by round; `losses` holds every term in order."""

    def __init__(self, game, dataset, seed, conditional):
        self.game = game
        self.players = Players(game.generator, game.discriminator, game.auxiliary, game.frozen)
        self.networks = {"generator": game.generator, "discriminator": game.discriminator}
        if game.auxiliary is not None:
            self.networks["auxiliary"] = game.auxiliary
        for network in self.networks.values():
            network.train().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(game.generator).eval()
        self.buffers, self.objective = {name for name, _ in self.average.named_buffers()}, None
        self.sampler, self.dataset, self.conditional = Sampler(dataset, seed), dataset, conditional
        self.images, self.rounds, self.losses, self.reals = 0, 0, [], (None, None)
        self.stage, self.stage_start = 0, 0
        self.fade = torch.zeros(())
        self.make_optimizers()
        self.enter()

    def make_optimizers(self):
        names = self.game.optimizers.groups
        self.groups = {name: [] for name in names}
        for root, network in self.networks.items():
            for name, parameter in network.named_parameters():
                owner = max((group for group in names if f"{root}.{name}".startswith(group + ".")), key=len)
                self.groups[owner].append(parameter)
        self.recipes = {name: self.corrected(name, recipe) for name, recipe in names.items()}
        self.optimizers = {name: optimizer_of(self.groups[name], recipe) for name, recipe in self.recipes.items()}

    def corrected(self, group, recipe):
        """Adam's correction where a phase moves a group in every k-th round only, besides one in each."""
        every = sorted(p.every for p in listed(self.game.objective.phases()) if group in p.updates)
        if len(every) < 2 or every[0] != 1 or every[-1] == 1:
            return recipe
        share = every[-1] / (every[-1] + 1)
        return replace(recipe, lr=recipe.lr * share, betas=tuple(beta**share for beta in recipe.betas))

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
        for group, recipe in self.recipes.items():
            schedule = recipe.schedule or (lambda images: 1.0)
            self.optimizers[group].param_groups[0]["lr"] = (stage.lr.get(group) or recipe.lr) * schedule(self.images)

        objective, before = stage.objective or self.game.objective, self.images
        if objective is not self.objective:
            self.rounds, self.objective = 0, objective
        phases = objective.phases()
        for entry in phases:
            together = entry if isinstance(entry, tuple) else (entry,)
            waiting = []
            for phase in together:
                times = phase.repeat(self.rounds) if callable(phase.repeat) else phase.repeat
                for time in range(times if self.rounds % phase.every == 0 else 0):
                    if time == times - 1:
                        waiting.append(phase)
                    else:
                        self.step(phase, self.backward(phase, stage))
            batches = [self.backward(phase, stage) for phase in waiting]
            for phase, batch in zip(waiting, batches, strict=True):
                self.step(phase, batch)
        self.rounds += 1
        if any(group.startswith("generator") for phase in listed(phases) for group in phase.updates):
            self.follow(kept_share(self.game.ema, self.images, self.images - before))

    def backward(self, phase, stage):
        batch, parts = self.batch(phase, stage), stage.micro_batches
        parameters = [parameter for group in phase.updates for parameter in self.groups[group]]
        for parameter in parameters:
            parameter.grad = None
        size = stage.batch_size // parts
        for part in range(parts):
            chosen = slice(part * size, (part + 1) * size)
            values = [None if v is None else v[chosen] for v in (batch.reals, batch.condition, batch.latents)]
            labels = None if batch.fake_condition is None else batch.fake_condition[chosen]
            terms = phase.loss(self.players, Batch(*values, labels, batch.images)).terms
            self.losses += [(phase.name, name, float(term.detach())) for name, term in terms.items()]
            total = reduce(add, terms.values())
            (total if parts == 1 else total / parts).backward(inputs=parameters)
        self.images += stage.batch_size if phase.counts else 0
        return batch

    def step(self, phase, batch):
        for group in phase.updates:
            clip = self.recipes[group].clip_norm
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(self.groups[group], clip)
            self.optimizers[group].step()
        if phase.after is not None:
            with torch.no_grad():
                phase.after(self.players, batch)

    def batch(self, phase, stage):
        count, reals, labels, fake_labels = stage.batch_size, *self.reals, None
        if phase.reals == "none":
            reals, labels = None, None
        if phase.reals == "fresh":
            reals, labels = self.sampler.next(count)
            if self.resolution < self.dataset.spec.resolution:
                reals = functional.avg_pool2d(reals, self.dataset.spec.resolution // self.resolution)
            if stage.fade_images:
                coarse = functional.avg_pool2d(reals, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
                reals = torch.lerp(reals, coarse, self.fade)
            self.reals = reals, labels
        latents = self.game.generator.latent.sample(count)
        if self.conditional:
            fake_labels = self.dataset.labels[torch.randint(len(self.dataset), (count,))]
        if self.dataset.sources is not None:
            fake_labels = labels if reals is not None else self.sampler.sources(count)
        given = labels if self.conditional or self.dataset.sources is not None else None
        return Batch(reals, given, latents, fake_labels, torch.tensor(self.images))

    @torch.no_grad()
    def follow(self, kept):
        now = self.game.generator.state_dict()
        for name, value in self.average.state_dict().items():
            copied = not value.is_floating_point() or (self.game.ema.buffers == "copy" and name in self.buffers)
            value.copy_(now[name] if copied else value.lerp(now[name], 1.0 - kept))
