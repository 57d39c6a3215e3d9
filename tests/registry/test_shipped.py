"""The models that come with ganzoo: whole, of every image variant, and small."""

import pytest
from PIL import Image

from ganzoo import load, plugins
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.builtin import BuiltinStore

STORE = BuiltinStore()
LARGEST_BYTES = 40_000_000


@pytest.mark.parametrize("name", STORE.names())
def test_each_is_whole_and_samples(name):
    package = Package.open(STORE.folder / name)
    package.verify()
    model = load(f"builtin:{name}")
    samples = model.sample(4)
    assert samples.shape == (4, *package.manifest.data.shape)
    assert samples.std() > 0.1
    assert package.manifest.license
    assert package.manifest.data.license
    if package.manifest.data.name == "mnist":
        assert package.manifest.published().values["modes"] == 10
    with Image.open(package.folder / "samples.png") as picture:
        picture.verify()
    assert f"ganzoo pull {name} && ganzoo sample" in (package.folder / "README.md").read_text()


def test_every_image_variant_has_one_and_they_are_small():
    registry = plugins.registry()
    ours = [name for name in registry.variants if registry.plugin_of(name).distribution == "torch-ganzoo"]
    shipped = {listing.variant for listing in STORE.listings()}
    assert shipped == {name for name in ours if registry.variants[name].data in ("image", "both")}
    assert sum(path.stat().st_size for path in STORE.folder.rglob("*")) < LARGEST_BYTES


def test_the_digits_obey_their_label():
    """By the digits classifier: at least nine in ten of each class."""
    import torch

    from ganzoo.metrics import load_extractor
    from ganzoo.sampling import generate as sampling

    labels = [label for label in range(10) for _ in range(50)]
    images = sampling.to_uint8(load("builtin:cgan-mnist").sample(len(labels), labels=labels))
    _, logits = load_extractor("digits")(torch.from_numpy(images).permute(0, 3, 1, 2))
    right = (logits.argmax(1) == torch.tensor(labels)).float().reshape(10, 50).mean(1)
    assert right.mean() > 0.9, right


def test_no_manifest_names_a_folder_of_the_machine_it_was_made_on():
    for path in STORE.folder.glob("*/*.json"):
        assert '"/' not in path.read_text(), path
