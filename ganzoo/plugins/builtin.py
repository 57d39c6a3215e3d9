"""What ganzoo itself provides, by the same door as anybody's. And its own commands.

Names only: what they stand for is imported when it is needed.
"""

from __future__ import annotations

from ganzoo.core.descriptors import DataModality, DataSource, FeatureExtractor, Metric, StoreScheme, TrainingCallback
from ganzoo.plugins.hookspecs import hookimpl

COMMANDS = {
    "list": "ganzoo.cli.listing:list_variants",
    "info": "ganzoo.cli.info:info",
    "train": "ganzoo.cli.runs.train:app",
    "resume": "ganzoo.cli.runs.train:resume",
    "runs": "ganzoo.cli.runs.runs:runs",
    "data": "ganzoo.cli.data.data:app",
    "sample": "ganzoo.cli.latents.sample:sample",
    "interpolate": "ganzoo.cli.latents.interpolate:interpolate",
    "arithmetic": "ganzoo.cli.latents.arithmetic:arithmetic",
    "nearest": "ganzoo.cli.latents.nearest:nearest",
    "reconstruct": "ganzoo.cli.latents.reconstruct:reconstruct",
    "translate": "ganzoo.cli.latents.translate:translate",
    "eval": "ganzoo.cli.runs.eval:evaluate",
    "report": "ganzoo.cli.runs.report:report",
    "compare": "ganzoo.cli.runs.compare:compare",
    "pull": "ganzoo.cli.models.pull:pull",
    "push": "ganzoo.cli.models.push:push",
    "models": "ganzoo.cli.models.models:app",
    "search": "ganzoo.cli.models.models:search",
    "export": "ganzoo.cli.models.export:export",
    "sweep": "ganzoo.cli.runs.sweep:sweep",
    "registry": "ganzoo.cli.models.registry:app",
    "plugins": "ganzoo.cli.plugins.plugins:app",
}
"""By name, in the order of `ganzoo --help`. Not by the hook, so that no plugin is looked for when `train` is typed."""


@hookimpl
def ganzoo_data_sources() -> list[DataSource]:
    """The bundled set, stacks of it, and the toy mixtures; torchvision's sets are looked up in torchvision."""
    return [
        DataSource("mnist", "handwritten digits, bundled", "ganzoo.data.sources.mnist:mnist_source", cheap=True),
        DataSource(
            "stacked-mnist",
            "three digits in three channels: 1,000 classes",
            "ganzoo.data.sources.stacked_mnist:stacked_mnist_source",
            cheap=True,
        ),
        DataSource("ring", "8 Gaussians on a circle", "ganzoo.data.sources.toy:ring", cheap=True),
        DataSource("grid", "25 Gaussians on a grid", "ganzoo.data.sources.toy:grid", cheap=True),
        DataSource(
            "cities", "temperatures of two cities, in one dimension", "ganzoo.data.sources.toy:cities", cheap=True
        ),
        DataSource("normal1d", "one Gaussian in one dimension", "ganzoo.data.sources.toy:normal1d", cheap=True),
    ]


@hookimpl
def ganzoo_modalities() -> list[DataModality]:
    """Images and vectors."""
    return [
        DataModality("image", "pictures, (channels, height, width)", "ganzoo.data.modalities.image:ImageModality"),
        DataModality("vector", "rows of numbers, (features,)", "ganzoo.data.modalities.vector:VectorModality"),
    ]


@hookimpl
def ganzoo_metrics() -> list[Metric]:
    """In the order of `--metrics all`."""
    return [
        Metric("fid", "Frechet distance of features", "ganzoo.metrics.fid:measure"),
        Metric(
            "kid", "kernel distance, unbiased, with its standard error", "ganzoo.metrics.kid:measure", features=True
        ),
        Metric(
            "prdc",
            "precision, recall, density, coverage",
            "ganzoo.metrics.prdc:measure",
            features=True,
            higher_is_better=True,
        ),
        Metric(
            "is",
            "Inception Score, or classifier score",
            "ganzoo.metrics.classes:measure_score",
            logits=True,
            higher_is_better=True,
        ),
        Metric(
            "modes",
            "classes or modes covered, histogram and reverse KL",
            "ganzoo.metrics.classes:measure_modes",
            higher_is_better=True,
        ),
        Metric("paired", "L1, PSNR and SSIM of translations of pairs", "ganzoo.metrics.paired:measure"),
        Metric(
            "codes",
            "what a categorical part of the latents became",
            "ganzoo.metrics.codes:measure",
            logits=True,
            higher_is_better=True,
        ),
        Metric(
            "memorization",
            "distance to the nearest real",
            "ganzoo.metrics.memorization:measure",
            features=True,
            higher_is_better=True,
        ),
        Metric(
            "diversity",
            "distances within batches",
            "ganzoo.metrics.diversity:measure",
            features=True,
            higher_is_better=True,
        ),
    ]


@hookimpl
def ganzoo_extractors() -> list[FeatureExtractor]:
    """Two shipped networks, of digits (alone and on three channels) and of photographs; and those of torch-fidelity."""
    return [
        FeatureExtractor("digits", "classifier of digits, bundled", "ganzoo.metrics.extractors.digits.extractor:load"),
        FeatureExtractor("stacked-digits", "digits, of each channel", "ganzoo.metrics.extractors.digits.stacked:load"),
        FeatureExtractor("photos", "ImageNet features, bundled", "ganzoo.metrics.extractors.photos.extractor:load"),
        FeatureExtractor(
            "inception", "Inception v3 of FID's authors, needs an extra", "ganzoo.metrics.extractors.inception:load"
        ),
        FeatureExtractor("clip", "CLIP ViT-B/32, needs an extra", "ganzoo.metrics.extractors.transformers:load_clip"),
        FeatureExtractor(
            "dinov2", "DINOv2 ViT-S/14, needs an extra", "ganzoo.metrics.extractors.transformers:load_dinov2"
        ),
    ]


@hookimpl
def ganzoo_stores() -> list[StoreScheme]:
    """The Hugging Face Hub."""
    return [StoreScheme("hf", "ganzoo.registry.stores.hub.store:HubStore")]


@hookimpl
def ganzoo_callbacks() -> list[TrainingCallback]:
    """What `--tensorboard` asks for."""
    return [
        TrainingCallback(
            "tensorboard", "TensorBoard events in the run", "ganzoo.runs.observers.tensorboard:TensorBoard"
        )
    ]
