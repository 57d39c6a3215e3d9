"""`Trained`: a generator as a run or a package holds it. `ganzoo.Model` adds what people do with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy

from ganzoo import plugins
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError, GanzooError, PackageError, RunError, said
from ganzoo.registry.opening import Opened, missing_variant
from ganzoo.registry.packages.names import WEIGHTS
from ganzoo.registry.packages.package import Package
from ganzoo.runs.checkpoint import damage_of, fitting, load_state, load_tensors
from ganzoo.runs.inputs import inputs_of
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.sampling import generate as sampling
from ganzoo.sampling.inputs import INPUTS, Inputs
from ganzoo.sampling.settings import Settings
from ganzoo.utils.random_state import own_random_states
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    import torch

    from ganzoo.core.game import Decay, HalfLife
    from ganzoo.core.networks import Generator
    from ganzoo.core.variant import Variant
    from ganzoo.models.samples import Samples

Classes = int | str | Sequence[int | str] | None
"""One class for all samples or one for each, by number from 0 or by name; None: classes in turn."""


@dataclass(frozen=True)
class Trained:
    """A generator's moving average with what is known of it.

    Args:
        name: What it is called: the name of its run.
        variant: Name of its variant.
        generator: In evaluation mode.
        spec: Of the data that it learned.
        conditional: It takes labels.
        images: Real images that it was trained on.
        ema: How its generator, an average, followed the one that was trained.
        stage: What `enter_stage` was told: resolution, and weight of the coarser level; None: nothing.
        origin: The run or package that it is from; None where it was made by hand.
        best: It is the best checkpoint of its run.
        inputs: Of a model that makes images of images: held-out ones that it shows itself with; else None.
    """

    name: str
    variant: str
    generator: Generator
    spec: DataSpec
    conditional: bool
    images: int
    ema: HalfLife | Decay
    stage: tuple[int, float] | None = None
    origin: Opened | None = None
    best: bool = False
    inputs: Inputs | None = None

    @classmethod
    def from_run(cls, run: Run, device: str = "cpu", *, best: bool = False) -> Self:
        """Load the average from a run's newest valid checkpoint, or from its best one.

        Raises:
            RunError: If the run has no valid checkpoint yet, or its best is asked for and it was never evaluated.
        """
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
        stage = (state["resolution"], float(state["fade"]))
        return cls(
            run.path.name,
            plan.variant.name,
            _placed(generator, stage, target),
            spec,
            plan.conditional(spec),
            state["images"],
            game.ema,
            stage,
            Opened(run.path.resolve().name, str(run.path), run=run.path),
            best,
            inputs_of(run),
        )

    @classmethod
    def from_package(cls, package: Package, device: str = "cpu", *, name: str | None = None) -> Self:
        """Build the network without weights, compare it with the package, and load the weights.

        Args:
            package: Verified.
            device: Where to put it.
            name: What it is called; None: the package's folder.

        Raises:
            PackageError: If its variant is not installed, or the network has other tensors than the package.
        """
        import safetensors.torch

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
        stage, called = (package.config.stage.resolution, package.config.stage.fade), name or package.folder.name
        with _fitting(package):
            generator.load_state_dict(widened, strict=True, assign=True)
            model = cls(
                called,
                variant.name,
                _placed(generator, stage, target),
                spec,
                variant.takes_labels(config, spec),
                manifest.images,
                game.ema,
                stage,
                Opened(called, str(package.folder), package=package),
                inputs=_inputs_of(package, spec),
            )
            # A stage that the network lacks shows when it is computed.
            _check_first(model)
        return model

    @classmethod
    def open(cls, opened: Opened, device: str = "cpu", *, best: bool = False) -> Self:
        """Load what a reference leads to.

        Raises:
            ConfigError: If the best checkpoint of a package is asked for.
            GanzooError: As `from_run` and `from_package`.
        """
        if opened.run is not None:
            return cls.from_run(Run.open(opened.run), device, best=best)
        assert opened.package is not None
        if best:
            raise ConfigError(
                f"--best chooses a checkpoint of a run, and {opened.reference} is a package: leave it out"
            )
        return replace(cls.from_package(opened.package, device, name=opened.name), origin=opened)

    def to(self, device: str | torch.device) -> Self:
        """Move the generator to a device, and return the model, as `torch.nn.Module.to` does.

        Args:
            device: `"cpu"`, `"cuda"`, `"cuda:1"`, `"mps"`, or `"auto"`. Samples come back to the CPU from each.

        Raises:
            ConfigError: If there is no such device here.
        """
        from ganzoo.engine.device import choose

        _placed(self.generator, self.stage, choose(str(device)))
        return self

    def provenance(self) -> dict[str, str]:
        """Where the model comes from, in plain words for a file's metadata; empty where that is not known."""
        if self.origin is None:
            return {}
        if self.origin.package is None:
            return {"model": self.origin.name, "checkpoint": "best" if self.best else "newest"}
        manifest = self.origin.package.manifest
        known = {
            "model": self.origin.reference,
            "checkpoint": manifest.checkpoint,
            "plugin": f"{manifest.plugin.distribution} {manifest.plugin.version}",
            "weights_sha256": manifest.files[WEIGHTS].sha256,
        }
        return known if manifest.license is None else {**known, "license": manifest.license}

    def generate(self, latents: numpy.ndarray, labels: Classes = None, set: Settable | None = None) -> Samples:
        """Samples of given latents; `ganzoo.sampling.latents` makes and changes latents.

        Args:
            latents: `(N, *generator.latent.shape)` float32.
            labels: Of a conditional model: one class for all or one for each, by number or name; None: in turn.
            set: Parts of the latents and sampling options by name: `{"digit": 3, "psi": 0.7}`.

        Returns:
            `(N, *spec.shape)` float32 on the CPU, images nominally in [-1, 1].

        Raises:
            ConfigError: If latents, labels or what is set do not fit.
        """
        from ganzoo.models.samples import Samples

        settings = Settings.of(self, set)
        shape = self.generator.latent.shape
        if latents.shape[1:] != shape or not len(latents):
            raise ConfigError(
                f"{self.name} takes latents of shape (N, {', '.join(map(str, shape))}), not {latents.shape}"
            )
        latents = settings.applied(latents.astype(numpy.float32, copy=False))
        classes = self.labels(len(latents), labels)
        if self.spec.source is not None:
            shown = self._shown(len(latents), turned=settings.options.get("direction") == "BtoA")
            made = sampling.generate(self.generator, latents, shown.sources, settings.options)
            return Samples.of(made, self, inputs=shown)
        return self._samples(sampling.generate(self.generator, latents, classes, settings.options), classes)

    def _samples(self, made: torch.Tensor, classes: numpy.ndarray | None) -> Samples:
        import torch

        from ganzoo.models.samples import Samples

        return Samples.of(made, self, None if classes is None else torch.from_numpy(classes))

    def _shown(self, count: int, *, turned: bool) -> Inputs:
        """So many of the inputs, in turn; where sources are made of targets, these.

        Raises:
            ConfigError: If it has none.
        """
        if self.inputs is None:
            raise ConfigError(
                f"{self.name} has no images with it to show itself with: translate some, as `ganzoo translate "
                f"{self.name} FOLDER` does"
            )
        shown = self.inputs.take(count)
        return Inputs(shown.targets, shown.sources) if turned else shown

    def translated(self, latents: numpy.ndarray, sources: numpy.ndarray, set: Settable | None = None) -> numpy.ndarray:
        """What the generator makes of sources; see `Model.translate`, which checks and converts them first.

        Args:
            latents: `(N, *generator.latent.shape)` float32.
            sources: `(N, *spec.source.shape)` float32 in [-1, 1].
            set: As in `generate`.

        Returns:
            `(N, *spec.shape)` float32.
        """
        settings = Settings.of(self, set)
        return sampling.generate(self.generator, settings.applied(latents), sources, settings.options).numpy()

    def label_of(self, text: str) -> int:
        """The class that a name (in upper or lower case) or, where names are no numbers, a number from 0 stands for.

        Raises:
            ConfigError: If there is no such class, or the model is not conditional.
        """
        return sampling.label_of(self, text)

    def labels(self, count: int, labels: Classes = None) -> numpy.ndarray | None:
        """Labels `(count,)` int64 as the generator takes them; None for a model that is not conditional.

        Raises:
            ConfigError: If labels are given to an unconditional model, or do not fit.
        """
        if labels is None:
            return sampling.labels_of(self, count)
        each = [labels] * count if isinstance(labels, int | str) else labels
        return sampling.labels_of(self, count, [self.label_of(x) if isinstance(x, str) else int(x) for x in each])


def _inputs_of(package: Package, spec: DataSpec) -> Inputs | None:
    if INPUTS not in package.manifest.files or spec.source is None:
        return None
    try:
        return Inputs.read(package.folder / INPUTS, spec)
    except OSError as error:
        raise PackageError(f"{package.folder / INPUTS} cannot be read: {error.strerror or error}") from error


def _placed(generator: Generator, stage: tuple[int, float] | None, device: torch.device) -> Generator:
    import torch

    generator = generator.to(device).eval().requires_grad_(False)
    if stage is not None:
        # The weight of the coarser level is no buffer, so `to` leaves it where it was.
        generator.enter_stage(stage[0], torch.tensor(stage[1], device=device))
    return generator


def _variant_of(package: Package) -> Variant:
    """The variant, where its plugin is installed."""
    try:
        return plugins.registry().find(package.manifest.variant)
    except ConfigError as error:
        raise PackageError(f"{package.folder} {missing_variant(package.manifest)}") from error


@contextmanager
def _fitting(package: Package) -> Iterator[None]:
    """Make of whatever a network raises in here that the package does not fit it.

    Raises:
        PackageError: In place of that.
    """
    try:
        yield
    except (MemoryError, KeyboardInterrupt):
        raise
    # The network is a plugin's, and what it is asked to do a package's: it may raise anything.
    except BaseException as error:
        stage = package.config.stage
        raise PackageError(
            f"{package.folder} does not fit the network of {package.manifest.variant} at resolution "
            f"{stage.resolution}, fade {stage.fade}: {str(error) if isinstance(error, GanzooError) else said(error)}"
        ) from error


def _check_first(model: Trained) -> None:
    """Draw one sample, and look at its shape.

    Raises:
        PackageError: If it is not as data and stage say.
    """
    assert model.stage is not None
    (channels, *size), factor = model.spec.shape, max(1, model.spec.resolution // model.stage[0])
    condition = model.labels(1)
    if model.spec.source is not None:
        condition = numpy.zeros((1, *model.spec.source.shape), numpy.float32)
    with own_random_states():
        sample = sampling.generate(model.generator, model.generator.latent.draw(1, 0), condition)[0]
    expected = (channels, *(length // factor for length in size))
    if tuple(sample.shape) != expected:
        raise PackageError(f"its first sample has the shape {tuple(sample.shape)}, and its stage says {expected}")
