"""Which DCGAN recipe is best after five minutes of two CPU cores? The presets `classic` and `laptop` are two answers.

    python benchmarks/recipes.py                 # all recipes at the full time, one after the other
    python benchmarks/recipes.py --seconds 100 --only laptop,classic

Each recipe first trains for a few seconds, alone, to learn its speed; then it gets the number of images that fit
into the time, so that its result does not depend on what else the machine does. Scored by a small classifier
trained here on MNIST: the Frechet distance between the features of 10,000 samples of the average generator and of
the training images, the share of samples that it is sure of (> 0.9), and the entropy of the classes (ln 10 = 2.303
if all ten are made equally often). Writes `benchmarks/results/recipes.json` and a grid for each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

import ganzoo
import ganzoo.data
from ganzoo.data import DataOptions
from ganzoo.engine import device
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.sampling.generate import to_uint8
from ganzoo.viz.grid import grid, save_image

RESULTS = Path(__file__).parent / "results"
BASE: dict[str, object] = {
    "preset": "paper",
    "width": 32,
    "batch_size": 64,
    "lr": 1e-3,
    "latent": "normal",
}
RECIPES: dict[str, dict[str, object]] = {
    "paper": {"preset": "paper"},
    "width-64-lr-2e-4": {**BASE, "width": 64, "lr": 2e-4},
    "width-64-lr-1e-3": {**BASE, "width": 64},
    "width-32-lr-1e-3": BASE,
    "width-32-lr-5e-4": {**BASE, "lr": 5e-4},
    "width-32-lr-2e-3": {**BASE, "lr": 2e-3},
    "width-32-batch-128": {**BASE, "batch_size": 128},
    "width-16-lr-1e-3": {**BASE, "width": 16},
    "width-32-nearest": {**BASE, "upsampling": "nearest"},
    "width-32-dropout": {**BASE, "discriminator_dropout": 0.2},
    "width-32-ema-50k": {**BASE, "ema_images": 50_000},
    "width-32-smooth": {**BASE, "real_target": 0.9},
    "smooth-lr-2e-3-batch-128": {**BASE, "lr": 2e-3, "batch_size": 128, "real_target": 0.9},
    "classic": {"preset": "classic"},
    "laptop": {"preset": "laptop"},
}
"""All but the presets beside `width-32-lr-1e-3`, from which each differs as its name says."""


class Judge(nn.Module):
    """A small convolutional classifier; `features` are its 128 penultimate units."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(128, 10)

    def features(self, images: Tensor) -> Tensor:
        return torch.cat([self.body(part) for part in images.split(500)])


def train_judge(images: Tensor, labels: Tensor) -> Judge:
    torch.manual_seed(0)
    judge = Judge().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3, fused=True)
    for _ in range(2):
        for index in torch.randperm(len(images)).split(128):
            loss = functional.cross_entropy(judge.head(judge.body(images[index])), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return judge.eval()


def frechet(real: Tensor, fake: Tensor) -> float:
    """Frechet distance between two sets of features `(N, D)`, in float64."""
    real, fake = real.double(), fake.double()
    a, b = torch.cov(real.T), torch.cov(fake.T)
    root = torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()
    return float((real.mean(0) - fake.mean(0)).square().sum() + a.trace() + b.trace() - 2 * root)


@torch.no_grad()
def score(judge: Judge, model: ganzoo.Model, real_features: Tensor) -> dict[str, float]:
    fakes = (model.sample(10_000, seed=1).clamp(-1, 1) + 1).mul(127.5).round().div(127.5).sub(1)
    features = judge.features(fakes)
    probabilities = judge.head(features).softmax(1)
    classes = torch.bincount(probabilities.argmax(1), minlength=10) / len(fakes)
    return {
        "frechet": round(frechet(real_features, features), 2),
        "sure": round(float((probabilities.amax(1) > 0.9).float().mean()), 4),
        "class_entropy": round(float(torch.special.entr(classes).sum()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--only", default=",".join(RECIPES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speeds", type=Path, help="JSON of images/s by recipe, to skip the measuring")
    parser.add_argument("--out", type=Path, default=RESULTS / "recipes.json")
    arguments = parser.parse_args()
    mnist = ganzoo.data.load(DataOptions(), "cpu")
    images = mnist.gather(torch.arange(60_000)).float().div(127.5).sub(1)
    judge = train_judge(images, mnist.labels)
    with torch.no_grad():
        real_features = judge.features(images)
    names = arguments.only.split(",")
    speeds = json.loads(arguments.speeds.read_text()) if arguments.speeds else {n: speed(RECIPES[n]) for n in names}
    print(speeds, flush=True)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            total = int(speeds[name] * arguments.seconds)
            start = time.perf_counter()
            run = ganzoo.train(
                "dcgan", out=Path(folder) / name, images=total, seed=arguments.seed, device="cpu",
                display=QuietDisplay(), **RECIPES[name],
            )  # fmt: skip
            model = ganzoo.load(run.path)
            results[name] = {
                "images": total, "images_per_second": round(speeds[name]), **score(judge, model, real_features),
                "options": run.config.options.model_dump(mode="json"), "seconds": round(time.perf_counter() - start),
            }  # fmt: skip
            save_image(grid(to_uint8(model.sample(64)), 8), arguments.out.with_suffix("") / f"{name}.png")
            print(name, {k: v for k, v in results[name].items() if k != "options"}, flush=True)
            report = {"machine": device.describe(torch.device("cpu")), "seconds_of_two_cores": arguments.seconds}
            text = json.dumps({**report, "seed": arguments.seed, "recipes": results}, indent=1)
            arguments.out.write_text(text + "\n")


def speed(recipe: dict[str, object]) -> float:
    """Images per second of the engine, alone on the machine, over some five seconds."""
    from ganzoo.runs.building import build
    from ganzoo.runs.plan import Plan

    options = {key: value for key, value in recipe.items() if key != "preset"}
    plan = Plan.resolve("dcgan", str(recipe["preset"]), {**options, "device": "cpu"})
    training = build(plan, ganzoo.data.load(plan.data, "cpu"), torch.device("cpu"), print)
    for _ in range(5):
        training.round()
    before, start = training.images, time.perf_counter()
    while time.perf_counter() - start < 5.0:
        training.round()
    return (training.images - before) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
