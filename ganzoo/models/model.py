"""`Model`: a trained generator, ready to sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from ganzoo import plugins
from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError, PackageError, RunError
from ganzoo.registry.opening import Opened, missing_variant, open_reference
from ganzoo.registry.packages.names import WEIGHTS
from ganzoo.registry.packages.package import Package
from ganzoo.runs.checkpoint import damage_of, fitting, load_state, load_tensors
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.sampling import generate as sampling
from ganzoo.sampling import latents as latent_tools
from ganzoo.utils.random_state import own_random_states
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.game import Decay, HalfLife
    from ganzoo.core.networks import EncodingGenerator, Generator
    from ganzoo.core.variant import Variant


@dataclass(frozen=True)
class Model:
    """A generator's moving average with what is known of it.

    Args:
        name: What it is called: the name of its run.
        variant: Name of its variant.
        generator: In evaluation mode.
        spec: Of the data that it learned.
        conditional: It takes labels.
        images: Real images that it was trained on.
        ema: How its generator, an average, followed the one that was trained.
    """

    name: str
    variant: str
    generator: Generator
    spec: DataSpec
    conditional: bool
    images: int
    ema: HalfLife | Decay

    @classmethod
    def from_run(cls, run: Run, device: str = "cpu", *, best: bool = False) -> Model:
        """Load the average from a run's newest valid checkpoint, or from its best one.

        Raises:
            RunError: If the run has no valid checkpoint yet, or its best is asked for and it was never evaluated.
        """
        import torch

        from ganzoo.engine.device import choose

        # Optimizers and the discriminator are neither loaded nor looked at.
        needed = ["ema"]
        checkpoint = run.checkpoints.best() if best else run.checkpoints.newest_valid(names=needed)
        if best and (checkpoint is None or damage_of(checkpoint, needed)):
            raise RunError(f"{run.path} has no best checkpoint: train with --eval-every, or leave out --best")
        if checkpoint is None:
            raise RunError(
                f"{run.path} has no valid checkpoint yet: `{typed('ganzoo', 'resume', run.path)}` goes on with it"
            )
        plan, spec, state, target = Plan.of_run(run), run.spec, load_state(checkpoint), choose(device)
        # A factory draws initial weights; what the caller draws afterwards must not depend on that.
        with own_random_states():
            game = plan.variant.build(plan.config, spec)
        generator = game.generator
        with fitting(checkpoint):
            generator.load_state_dict(load_tensors(checkpoint, "ema"), strict=True)
        generator = generator.to(target).eval().requires_grad_(False)
        generator.enter_stage(state["resolution"], torch.tensor(float(state["fade"]), device=target))
        conditional = plan.conditional(spec)
        return cls(run.path.name, plan.variant.name, generator, spec, conditional, state["images"], game.ema)

    @classmethod
    def from_package(cls, package: Package, device: str = "cpu", *, name: str | None = None) -> Model:
        """Build the network without weights, compare it with the package, and load the weights.

        Args:
            package: Verified.
            device: Where to put it.
            name: What it is called; None: the package's folder.

        Raises:
            PackageError: If its variant is not installed, or the network has other tensors than the package.
        """
        import safetensors.torch
        import torch

        from ganzoo.engine.device import choose
        from ganzoo.engine.meta import build_skeleton

        manifest, target = package.manifest, choose(device)
        variant, options, spec = _variant_of(package), package.config.model_args, package.config.data.to_data_spec()
        config = variant.load_config().parse(options)
        config.check(spec)
        game = build_skeleton(lambda: variant.build(config, spec))
        generator, tensors = game.generator, safetensors.torch.load_file(package.folder / WEIGHTS)
        expected = generator.state_dict()
        different = [
            key
            for key in sorted(expected.keys() | tensors.keys())
            if key not in expected or key not in tensors or expected[key].shape != tensors[key].shape
        ]
        if different:
            raise PackageError(
                f"{package.folder} does not fit the network of {variant.name}: tensor {different[0]!r} is missing on "
                f"one side or has another shape; it was made with {manifest.plugin.distribution} "
                f"{manifest.plugin.version}"
            )
        # Stored in 16 bits or 32; computed with in what the network has.
        widened = {key: tensor.to(expected[key].dtype) for key, tensor in tensors.items()}
        generator.load_state_dict(widened, strict=True, assign=True)
        generator = generator.to(target).eval().requires_grad_(False)
        stage = package.config.stage
        generator.enter_stage(stage.resolution, torch.tensor(stage.fade, device=target))
        conditional = variant.takes_labels(config, spec)
        called = name or package.folder.name
        return cls(called, variant.name, generator, spec, conditional, manifest.images, game.ema)

    def sample(
        self, count: int, *, seed: int = 0, labels: list[int] | None = None, truncation: float | None = None
    ) -> Tensor:
        """Draw samples; the same seed gives the same ones, whatever the device.

        Args:
            count: How many.
            seed: Of the latents.
            labels: One class for each, of a conditional model; None: classes in turn.
            truncation: Keeps latents from the edges of their distribution, see `ganzoo.sampling.latents.truncate`.

        Returns:
            `(count, *spec.shape)` float32 on the CPU, images nominally in [-1, 1].

        Raises:
            ConfigError: If labels are given to an unconditional model, or do not fit.
        """
        if count < 1:
            raise ConfigError(f"the number of samples (={count}) must be at least 1")
        latents = self.generator.latent.draw(count, seed)
        if truncation is not None:
            latents = latent_tools.truncate(latents, self.generator.latent, truncation)
        return self.generate(latents, labels)

    def generate(self, latents: numpy.ndarray, labels: list[int] | None = None) -> Tensor:
        """Samples of given latents; `ganzoo.sampling.latents` makes and changes latents.

        Args:
            latents: `(N, *generator.latent.shape)` float32.
            labels: As for `sample`.

        Returns:
            As `sample`.

        Raises:
            ConfigError: If latents or labels do not fit.
        """
        shape = self.generator.latent.shape
        if latents.shape[1:] != shape or not len(latents):
            raise ConfigError(
                f"{self.name} takes latents of shape (N, {', '.join(map(str, shape))}), not {latents.shape}"
            )
        latents = latents.astype(numpy.float32, copy=False)
        return sampling.generate(self.generator, latents, self.labels(len(latents), labels))

    def label_of(self, text: str) -> int:
        """The class that a name (in upper or lower case) or, where names are no numbers, a number from 0 stands for.

        Raises:
            ConfigError: If there is no such class, or the model is not conditional.
        """
        return sampling.label_of(self, text)

    def encoder(self) -> EncodingGenerator:
        """The generator, of a model whose variant encodes.

        Raises:
            ConfigError: If it has no encoder.
        """
        from ganzoo.core.networks import EncodingGenerator

        if isinstance(self.generator, EncodingGenerator):
            return self.generator
        able = ", ".join(variant.name for variant in plugins.variants() if variant.encodes)
        raise ConfigError(
            f"{self.name} cannot encode: it is a {self.variant}, which has no encoder; variants that have one: {able}"
        )

    def encode(self, images: Tensor | numpy.ndarray) -> Tensor:
        """Latents of images, of a model whose variant encodes (`ganzoo list` names such variants).

        Args:
            images: `(N, *spec.shape)`, that is (N, C, H, W), floats in [-1, 1].

        Returns:
            `(N, *latent.shape)` float32 on the CPU.

        Raises:
            ConfigError: If the variant has no encoder, or the images are not as described.
        """
        import torch

        generator, checked = self.encoder(), self._checked(images)
        device = next(generator.parameters()).device
        with torch.no_grad():
            parts = [generator.encode(part.to(device)).float().cpu() for part in torch.split(checked, sampling.BATCH)]
        return torch.cat(parts)

    def reconstruct(self, images: Tensor | numpy.ndarray) -> Tensor:
        """What the generator makes of the latents of images.

        Args:
            images: As `encode` takes them.

        Returns:
            `(N, *spec.shape)` float32 on the CPU, images nominally in [-1, 1].

        Raises:
            ConfigError: As `encode`.
        """
        return sampling.generate(self.generator, self.encode(images).numpy())

    def _checked(self, images: Tensor | numpy.ndarray) -> Tensor:
        """Samples as float32, refused where a network would make nonsense of them without an error."""
        import torch

        given = torch.as_tensor(images)
        shape = ", ".join(map(str, self.spec.shape))
        if tuple(given.shape[1:]) != self.spec.shape or len(given) == 0:
            raise ConfigError(f"the images have shape {tuple(given.shape)}, but {self.name} takes (N, {shape}), N > 0")
        if not given.is_floating_point():
            raise ConfigError(
                f"the images are {str(given.dtype).removeprefix('torch.')}, but must be floats in [-1, 1]: "
                "of uint8, pass images / 127.5 - 1"
            )
        if self.spec.kind == "image" and not bool((given.abs() <= 1.0 + 1e-3).all()):
            raise ConfigError("the images have values outside [-1, 1], or NaN: of 0 to 255, pass images / 127.5 - 1")
        return given.to(torch.float32)

    def labels(self, count: int, labels: list[int] | None = None) -> numpy.ndarray | None:
        """Labels as the generator takes them: checked, or classes in turn; None for a model that is not conditional.

        Raises:
            ConfigError: If labels are given to an unconditional model, or do not fit.
        """
        return sampling.labels_of(self, count, labels)


def load(model: str | Path, device: str = "cpu", *, best: bool = False) -> Model:
    """Load a model.

    Args:
        model: A run, or its name in `./runs`; a built-in or pulled model; `hf://org/name@revision` and the other
            references of docs/registry.md. What is not on this machine yet is pulled first.
        device: Where to put it.
        best: Of a run, its best checkpoint, if it was evaluated while it trained, instead of the newest.

    Raises:
        RunError: If the run has no such checkpoint.
        RegistryError: If there is no such model, or it cannot be fetched or must not be loaded.
    """
    return open_model(open_reference(str(model)), device, best=best)


def open_model(opened: Opened, device: str = "cpu", *, best: bool = False) -> Model:
    """As `load`, of a reference that was followed already."""
    if opened.run is not None:
        return Model.from_run(Run.open(opened.run), device, best=best)
    assert opened.package is not None
    if best:
        raise ConfigError(f"--best chooses a checkpoint of a run, and {opened.reference} is a package: leave it out")
    return Model.from_package(opened.package, device, name=opened.name)


def _variant_of(package: Package) -> Variant:
    """The variant, where its plugin is installed."""
    try:
        return plugins.registry().find(package.manifest.variant)
    except ConfigError as error:
        raise PackageError(f"{package.folder} {missing_variant(package.manifest)}") from error
