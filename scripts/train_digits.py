"""Train the extractor `digits` on the bundled MNIST and write it where the package ships it.

    OMP_NUM_THREADS=1 python scripts/train_digits.py [--epochs 8] [--seed 0] [--out ganzoo/metrics/digits]

About five minutes of one core. The test split is looked at once, after the last epoch: no epoch is picked by it.
The same torch on the same kind of processor with one thread gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganzoo.data import DataOptions, Dataset, load
from ganzoo.metrics.extractors.digits.network import CLASSES, FEATURES, DigitsNetwork

BATCH = 128
PEAK_RATE = 4e-3
LICENSE = (
    "Apache-2.0, as the rest of ganzoo. Trained on MNIST (LeCun et al., 1998), for which no license text was "
    "published; it is commonly stated to be CC BY-SA 3.0."
)


def jitter(images: Tensor, random: torch.Generator) -> Tensor:
    """Turn by up to 12 degrees, scale by 0.88 to 1.12, shear by up to 0.15, move by up to 2 pixels.

    Args:
        images: `(N, 1, 28, 28)` in [-1, 1].
        random: Where the amounts are drawn from.
    """

    def uniform(bound: float) -> Tensor:
        return (torch.rand(len(images), generator=random) * 2 - 1) * bound

    angle, shear = uniform(12 * torch.pi / 180), uniform(0.15)
    size = 1 + uniform(0.12)
    rows = [size * angle.cos(), size * (shear - angle.sin()), uniform(2 / 14)]
    rows += [size * angle.sin(), size * angle.cos(), uniform(2 / 14)]
    grid = affine_grid(torch.stack(rows, dim=1).view(-1, 2, 3), list(images.shape), align_corners=False)
    # Moved to 0..2 and back: the outside is then 0, which is black.
    return grid_sample(images + 1, grid, align_corners=False) - 1


def train(dataset: Dataset, epochs: int, seed: int) -> DigitsNetwork:
    """One cycle of AdamW on jittered images, with smoothed labels."""
    torch.manual_seed(seed)
    network = DigitsNetwork(training_form=True).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=1e-2)
    steps = epochs * (len(dataset) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps, pct_start=0.25)
    random = torch.Generator().manual_seed(seed)
    assert dataset.labels is not None
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        for indices in torch.randperm(len(dataset), generator=random).split(BATCH)[: steps // epochs]:
            images = jitter(dataset.to_network(dataset.gather(indices)), random).contiguous(
                memory_format=torch.channels_last
            )
            loss = cross_entropy(network(images)[1], dataset.labels[indices], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{epochs}: loss {total * epochs / steps:.4f}, {time.perf_counter() - start:.0f} s")
    return network.eval()


def folded(network: DigitsNetwork) -> DigitsNetwork:
    """The same function without batch norm."""
    plain = DigitsNetwork()
    pairs = zip(network.convolutions, network.norms, strict=True)
    plain.convolutions = nn.ModuleList(fuse_conv_bn_eval(convolution, norm) for convolution, norm in pairs)
    plain.classifier = network.classifier
    return plain.eval()


def look(network: DigitsNetwork, dataset: Dataset) -> Tensor:
    """Logits `(N, 10)` of a whole set."""
    with torch.no_grad():
        parts = torch.arange(len(dataset)).split(1000)
        return torch.cat([network(dataset.to_network(dataset.gather(indices)))[1] for indices in parts])


def calibrate(network: DigitsNetwork, dataset: Dataset) -> float:
    """Multiply the logits by the number that makes them likeliest (Guo et al., 2017), and give that number.

    Smoothed labels make a classifier say 95 % where it is right 99.7 % of the time, and the classifier score is made
    of these probabilities. Neither features nor the likeliest class change.
    """
    assert dataset.labels is not None
    logits, labels = look(network, dataset), dataset.labels
    factor = min((1 + step / 100 for step in range(900)), key=lambda f: float(cross_entropy(logits * f, labels)))
    with torch.no_grad():
        network.classifier.weight.mul_(factor)
        network.classifier.bias.mul_(factor)
    return factor


def accuracy(network: DigitsNetwork, dataset: Dataset) -> float:
    """Share of images whose likeliest class is their label."""
    assert dataset.labels is not None
    return float((look(network, dataset).argmax(dim=1) == dataset.labels).double().mean())


def main() -> None:
    """Train, fold, calibrate, score, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "ganzoo" / "metrics" / "digits")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    train_split = load(DataOptions(data="mnist"))
    network = folded(train(train_split, arguments.epochs, arguments.seed))
    print(f"logits times {calibrate(network, train_split):.2f}")
    score = accuracy(network, load(DataOptions(data="mnist", split="test")))
    weights = save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
    card = {
        "sha256": hashlib.sha256(weights).hexdigest(),
        "test_accuracy": score,
        "test_images": 10_000,
        "features": FEATURES,
        "classes": list(CLASSES),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "made_by": f"scripts/train_digits.py --epochs {arguments.epochs} --seed {arguments.seed}",
        "trained_on": "mnist, split train",
        "torch": torch.__version__,
        "license": LICENSE,
    }
    (arguments.out / "model.safetensors").write_bytes(weights)
    (arguments.out / "digits.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(f"{score:.2%} of the test split; {len(weights):,} bytes in {arguments.out / 'model.safetensors'}")


if __name__ == "__main__":
    main()
