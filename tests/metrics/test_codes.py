"""What categorical codes became, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganzoo import Categorical, ConfigError, Generator, Latent, Normal
from ganzoo.data import DataOptions, load
from ganzoo.metrics import Settings, evaluate_generator
from ganzoo.metrics.codes import confusion


def test_confusion_counts_pairs():
    codes, classes = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([1, 1, 0, 1, 3, 3])
    assert confusion(codes, classes, 3, 4).tolist() == [[0, 2, 0, 0], [1, 0, 0, 0], [0, 1, 0, 2]]


class Copier(Generator):
    """Gives a real digit of the class that a table says for each choice; one of another class for some."""

    def __init__(self, images: Tensor, wrong: Tensor, table: list[int]) -> None:
        super().__init__()
        self.latent = Latent.parts(z=Normal(3), digit=Categorical(len(table)))
        self.images, self.wrong, self.table = images, wrong, torch.tensor(table)
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        parts = self.latent.split(latents)
        chosen = self.table[parts["digit"].argmax(1)]
        # A fifth of a normal distribution lies beyond this.
        strange = parts["z"][:, :1, None, None] > 0.8416
        return torch.where(strange, self.wrong, self.images[chosen])


@pytest.fixture(scope="module")
def digits():
    """The reference, and an image of each digit that its classifier is sure of."""
    reference = load(DataOptions(data="mnist", limit=3000))
    images = reference.gather(torch.arange(len(reference))).float() / 127.5 - 1
    firsts = [int((reference.labels == digit).nonzero()[3]) for digit in range(10)]
    return reference, images[firsts]


def test_each_choice_is_told_with_its_class_and_share(digits):
    reference, images = digits
    table = [7, 3, 3, 0]
    report = evaluate_generator(Copier(images, images[1], table), reference, "codes", Settings(count=600))
    assert report.values["digit_classes"] == table
    assert (report.values["digit_distinct"], report.values["digit_distinct_total"]) == (3, 4)
    z, codes = [], []
    from ganzoo.metrics import fakes

    latent = Latent.parts(z=Normal(3), digit=Categorical(4))
    for start in range(0, 600, fakes.BATCH):
        parts = latent.split(latent.draw(min(fakes.BATCH, 600 - start), fakes._mixed(0, start)))
        z.append(parts["z"][:, 0])
        codes.append(parts["digit"].argmax(1))
    right = np.concatenate(z) <= 0.8416
    assert report.values["digit_purity"] == pytest.approx(right.mean())
    shares = [right[np.concatenate(codes) == choice].mean() for choice in range(4)]
    told = ", ".join(f"{choice} is {table[choice]} ({share:.0%})" for choice, share in enumerate(shares))
    assert report.notes == (f"what digit became: {told}",)
    assert report.first == "codes"


def test_the_usual_metrics_have_it_where_there_are_codes(digits):
    reference, images = digits
    report = evaluate_generator(
        Copier(images, images[1], [7, 3]), reference, settings=Settings(count=60, kid_subset_size=20)
    )
    assert report.values["digit_classes"] == [7, 3]
    assert "fid" in report.values


def test_a_generator_without_codes_is_told_so(digits):
    reference, images = digits
    copier = Copier(images, images[1], [7, 3])
    copier.latent, copier.forward = Latent((5,)), lambda latents: images[latents.argmax(1)]
    with pytest.raises(ConfigError, match="whose latents have a categorical part"):
        evaluate_generator(copier, reference, "codes", Settings(count=20))
