"""`Model`: a trained generator, ready to sample; `load` gives one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy

from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError
from ganzoo.models.trained import Classes, Trained
from ganzoo.registry.opening import open_reference
from ganzoo.sampling import latents as latent_tools
from ganzoo.sampling.settings import rows_of, truncated

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.evaluation import Report
    from ganzoo.core.networks import EncodingGenerator
    from ganzoo.export.onnx import Exported
    from ganzoo.models.arithmetic import Arithmetic
    from ganzoo.models.interpolation import Interpolation
    from ganzoo.models.inversion import Nearest
    from ganzoo.models.samples import Samples
    from ganzoo.models.space import SpaceName


@dataclass(frozen=True)
class Model(Trained):
    """A trained generator, which is an average, with what is known of it and all that can be done with it.

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
    """

    def sample(
        self,
        count: int,
        *,
        seed: int = 0,
        labels: Classes = None,
        truncation: float | None = None,
        set: Settable | None = None,
    ) -> Samples:
        """Draw samples; the same seed gives the same ones, whatever the device.

        Args:
            count: How many.
            seed: Of the latents.
            labels: Of a conditional model: one class for all or one for each, by number or name; None: in turn.
            truncation: Keeps latents from the edges of their distribution, see `ganzoo.sampling.latents.truncate`; of a
                model that maps latents to w it is psi, the truncation there.
            set: Parts of the latents and sampling options by name: `{"digit": 3, "style.0": 0.5}`, `{"psi": 0.7}`.

        Returns:
            A tensor `(count, *spec.shape)` float32 on the CPU, images nominally in [-1, 1], which has `to_pil()`,
            `grid()`, `plot()` and `save_npz(path)` too.

        Raises:
            ConfigError: If labels are given to an unconditional model, or they or what is set do not fit.
        """
        truncation, set = truncated(self, truncation, set)
        return self.generate(self._draw(count, seed, truncation), labels, set)

    def sample_classes(
        self, count: int, *, seed: int = 0, truncation: float | None = None, set: Settable | None = None
    ) -> Samples:
        """The same latents in every class of a conditional model: `.grid(count)` has a row for each class.

        Args:
            count: Of latents.
            seed: As in `sample`.
            truncation: As in `sample`.
            set: As in `sample`.

        Returns:
            As `sample`, `count` for each class, class by class.

        Raises:
            ConfigError: If the model is not conditional.
        """
        if not self.conditional:
            raise ConfigError(f"{self.name} ({self.variant}) is not conditional: use sample")
        truncation, set = truncated(self, truncation, set)
        latents, classes = self._draw(count, seed, truncation), self.spec.classes
        return self.generate(numpy.concatenate([latents] * classes), numpy.arange(classes).repeat(count).tolist(), set)

    def sample_rows(self, name: str, count: int, *, seed: int = 0, labels: Classes = None) -> Samples:
        """The same latents with each value of a part or an option: `.grid(count)` has a row for each value.

        Args:
            name: What `set` takes: `"digit"` has a row for each choice, `"style.0"` and `"psi"` nine over their range.
            count: Of latents.
            seed: As in `sample`.
            labels: As in `sample`, of one row.

        Returns:
            As `sample`, `count` for each value, value by value.

        Raises:
            ConfigError: If there is no such part or option, or labels do not fit.
        """
        import torch

        latents = self._draw(count, seed, None)
        rows = [self.generate(latents, labels, {name: value}) for value in rows_of(self, name).values()]
        classes = torch.cat([row.labels for row in rows if row.labels is not None]) if self.conditional else None
        return self._samples(torch.cat([*rows]), None if classes is None else classes.numpy())

    def synthesize(self, w: numpy.ndarray, *, set: Settable | None = None) -> Samples:
        """Samples of w, of a model that maps its latents to w; `nearest` finds some, `interpolate` walks between them.

        Args:
            w: `(N, *w_shape)` float32.
            set: Sampling options by name; psi has no part in it.

        Raises:
            ConfigError: If the model has no w, or w or what is set do not fit.
        """
        from ganzoo.models.space import space_of

        where = space_of(self, "w", set)
        return where.generate(where.given(w), None)

    def _draw(self, count: int, seed: int, truncation: float | None) -> latent_tools.Latents:
        if count < 1:
            raise ConfigError(f"the number of samples (={count}) must be at least 1")
        latents = self.generator.latent.draw(count, seed)
        return latents if truncation is None else latent_tools.truncate(latents, self.generator.latent, truncation)

    def interpolate(
        self,
        between: Sequence[int] | latent_tools.Latents,
        *,
        steps: int = 8,
        spherical: bool | None = None,
        label: int | str | None = None,
        every_class: bool = False,
        space: SpaceName | None = None,
        set: Settable | None = None,
    ) -> Interpolation:
        """Walk from latent to latent; see `ganzoo.models.interpolation.interpolate`."""
        from ganzoo.models.interpolation import interpolate

        return interpolate(
            self,
            between,
            steps=steps,
            spherical=spherical,
            label=label,
            every_class=every_class,
            space=space,
            set=set,
        )

    def arithmetic(
        self,
        plus: Sequence[Sequence[int]],
        minus: Sequence[Sequence[int]] = (),
        *,
        label: int | str | None = None,
        noise: float = latent_tools.NOISE_SCALE,
        seed: int = 0,
        space: SpaceName | None = None,
        set: Settable | None = None,
    ) -> Arithmetic:
        """Add and subtract mean latents of groups of seeds; see `ganzoo.models.arithmetic.arithmetic`."""
        from ganzoo.models.arithmetic import arithmetic

        return arithmetic(self, plus, minus, label=label, noise=noise, seed=seed, space=space, set=set)

    def nearest(
        self,
        images: Tensor,
        *,
        label: int | str | None = None,
        starts: int = 16,
        steps: int = 200,
        seed: int = 0,
        space: SpaceName | None = None,
        set: Settable | None = None,
    ) -> Nearest:
        """Search for the latents that generate given images; see `ganzoo.models.inversion.nearest`."""
        from ganzoo.models.inversion import nearest

        return nearest(self, images, label=label, starts=starts, steps=steps, seed=seed, space=space, set=set)

    def encoder(self) -> EncodingGenerator:
        """The generator, of a model whose variant encodes.

        Raises:
            ConfigError: If it has no encoder.
        """
        from ganzoo.models.encoding import encoder

        return encoder(self)

    def encode(self, images: Tensor | numpy.ndarray, labels: Classes = None) -> Tensor:
        """Latents of images, of a model whose variant encodes (`ganzoo list` names such variants).

        Args:
            images: `(N, *spec.shape)`, that is (N, C, H, W), floats in [-1, 1].
            labels: Of a conditional model: the class of all images, or of each, by number or name.

        Returns:
            `(N, *latent.shape)` float32 on the CPU.

        Raises:
            ConfigError: If the variant has no encoder, or the images are not as described.
        """
        from ganzoo.models.encoding import encode

        return encode(self, images, labels)

    def reconstruct(self, images: Tensor | numpy.ndarray, labels: Classes = None) -> Samples:
        """What the generator makes of the latents of images.

        Args:
            images: As `encode` takes them.
            labels: Likewise.

        Returns:
            `(N, *spec.shape)` float32 on the CPU, images nominally in [-1, 1].

        Raises:
            ConfigError: As `encode`.
        """
        from ganzoo.models.encoding import reconstruct
        from ganzoo.models.samples import Samples

        return Samples.of(reconstruct(self, images, labels)[1], self)

    def read_images(
        self,
        images: str | Path,
        count: int | None = None,
        *,
        data_root: str | Path | None = None,
        note: Callable[[str], None] = warn,
    ) -> Tensor:
        """Images in the model's shape, as `nearest`, `encode` and `reconstruct` take them.

        Args:
            images: An image, a folder, .zip or .npz of images, or a set by name with a split, as `"mnist:test"`.
            count: How many; of more, always the same random choice. None: at most 32.
            data_root: Folder where torchvision sets lie or are downloaded to.
            note: Told in a sentence what was converted.

        Returns:
            `(N, C, H, W)` float32 in [-1, 1].

        Raises:
            ConfigError: If nothing has that name, or the model makes vectors.
            DataError: If an image cannot be used.
        """
        from ganzoo.models.originals import load_originals

        originals = load_originals(images, self.spec, count, data_root)
        for sentence in originals.notes:
            note(sentence)
        return originals.images

    def translate(self, images: Any, *, seed: int = 0, convert: bool = False, set: Settable | None = None) -> Samples:
        """What the model makes of images, of a variant that makes images of images (pix2pix, CycleGAN).

        Args:
            images: A path of an image, a folder or a .zip; a `PIL.Image`, or several; floats in [-1, 1] `(N, C, H, W)`,
                as numpy or torch have them.
            seed: Of the latents, where the generator has noise.
            convert: Crop, resize and convert pictures to what the model takes, instead of refusing others.
            set: Sampling options by name: `{"direction": "BtoA"}` of a model that makes both ways.

        Returns:
            `(N, *spec.shape)` float32 on the CPU; its `grid()` shows each below its source.

        Raises:
            ConfigError: If the model makes images of noise, or an image is not as it takes them.
            DataError: If a file cannot be used.
        """
        from ganzoo.models.translation import translate

        return translate(self, images, seed=seed, convert=convert, set=set)

    def evaluate(self, **options: Any) -> Report:
        """Judge the model by real data; see `ganzoo.evaluate`, whose keyword arguments it takes."""
        from ganzoo.models.evaluation import evaluate

        return evaluate(self, **options)

    def export(
        self,
        path: str | Path,
        *,
        opset: int | None = None,
        fp16: bool = False,
        uint8: bool = False,
        set: Settable | None = None,
    ) -> Exported:
        """Write an ONNX file, compared with PyTorch before it is kept; see `ganzoo.export.onnx.export_onnx`."""
        from ganzoo.export.onnx import export_onnx

        provenance = self.provenance()
        return export_onnx(self, Path(path), opset=opset, fp16=fp16, uint8=uint8, set=set, provenance=provenance)

    def push(self, reference: str, **options: Any) -> str:
        """Publish the model; see `ganzoo.push`, whose keyword arguments it takes."""
        from ganzoo.models.push import push

        return push(self, reference, **options)


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
    return Model.open(open_reference(str(model)), device, best=best)
