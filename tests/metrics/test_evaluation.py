"""From fakes and a reference to a report: what it says, what it refuses, and that looking changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy
import pytest
import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.data import DataOptions, Dataset, load
from ganzoo.errors import ConfigError, DataError
from ganzoo.metrics import (
    Settings,
    evaluate,
    evaluate_generator,
    kid,
    known_metrics,
    load_extractor,
    parse_metrics,
    prdc,
)
from ganzoo.metrics import memorization as memorization

SMALL = Settings(count=150, kid_subsets=5, kid_subset_size=40)


class Counting:
    """`digits`, counting the images that it looks at."""

    def __init__(self):
        self._inner, self.seen = load_extractor("digits"), 0

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def __call__(self, images):
        self.seen += len(images)
        return self._inner(images)


@pytest.fixture(scope="module")
def mnist():
    """`mnist(split, count)`: always the same choice, with labels."""

    def part(split, count):
        return load(DataOptions(data="mnist", split=split, limit=count))

    return part


def test_test_split_is_near_and_fashion_like_noise_is_far(mnist, noise):
    reference = mnist("train", 3000)
    near = evaluate(mnist("test", 1000), reference, "all", Settings(count=1000), split="train", name="mnist:test")
    far = evaluate(noise(count=300), reference, "fid,kid,prdc", Settings(count=300))
    assert near.values["fid"] < 0.2 < 5 < far.values["fid"]
    assert abs(near.values["kid"]) < 0.01 < 0.3 < far.values["kid"]
    assert near.values["precision"] > 0.85 > 0.2 > far.values["precision"]
    assert near.values["modes"] == near.values["modes_total"] == 10
    assert near.values["reverse_kl"] < 0.02
    assert sum(near.values["class_histogram"]) == 1000
    assert 9.3 < near.values["classifier_score"] < 10
    assert near.values["memorization_ratio"] == pytest.approx(1, abs=0.15)
    assert near.values["diversity"] == pytest.approx(1, abs=0.05)
    assert "inception_score" not in near.values
    assert near.notes == ("kid: subsets of 500 and not 1000, as there are 1000 samples",)
    assert "KID 100x500" in near.provenance.line()


def test_protocol(mnist):
    report = evaluate(mnist("test", 150), mnist("train", 400), "fid,prdc", SMALL, split="train", name="mnist:test")
    line = report.provenance.line()
    digest = load_extractor("digits").digest
    for part in ("reference mnist train", "400 real (prdc 150), 150 fake from mnist:test", f"digits {digest[:12]}"):
        assert part in line
    for part in ("resizer none", "precision 8-bit images", "EMA no", "seed 0", "k 5"):
        assert part in line
    assert "\n" not in line
    saved = json.loads(json.dumps(report.to_dict()))
    assert saved["provenance_line"] == line
    assert saved["provenance"]["extractor_digest"] == digest
    assert saved["values"]["fid"] == report.values["fid"]


def test_same_seed_same_figures_and_looking_changes_nothing(mnist, tiny_generator):
    reference, generator = mnist("train", 300), tiny_generator()
    generator.train()
    generator.norm.eval()
    state = {name: value.clone() for name, value in generator.state_dict().items()}
    random = torch.get_rng_state()
    first = evaluate_generator(generator, reference, "all", SMALL)
    assert torch.equal(random, torch.get_rng_state())
    assert (generator.training, generator.drop.training, generator.norm.training) == (True, True, False)
    assert all(torch.equal(value, generator.state_dict()[name]) for name, value in state.items())
    # In evaluation mode whatever the mode it came in: dropout would change the figures.
    again = evaluate_generator(generator.eval(), reference, "all", SMALL)
    assert again.values == first.values
    other = evaluate_generator(generator, reference, "all", Settings(150, 1, kid_subsets=5, kid_subset_size=40))
    assert other.values["fid"] != first.values["fid"]


def test_fakes_of_a_longer_evaluation_begin_with_those_of_a_shorter(tiny_generator):
    from ganzoo.metrics.fakes import BATCH, of_generator

    spec = DataSpec("digits", (1, 28, 28), 1)
    first, *_ = of_generator(tiny_generator(), BATCH, 0, "g", "no", None, spec).batches()
    longer, rest = of_generator(tiny_generator(), BATCH + 5, 0, "g", "no", None, spec).batches()
    assert torch.equal(first, longer)
    assert len(rest) == 5
    assert not torch.equal(first[:5], rest)


def test_conditional_fakes_get_the_labels_of_the_data(mnist, tiny_generator):
    generator, reference = tiny_generator(), load(DataOptions(data="mnist", classes="3,7", limit=200))
    given = []
    generator.register_forward_pre_hook(lambda _, arguments: given.append(arguments[1]))
    evaluate_generator(generator, reference, "fid", SMALL, conditional=True)
    labels = torch.cat(given)
    assert len(labels) == 150
    assert labels.double().mean() == pytest.approx(reference.labels.double().mean().item(), abs=0.15)


def test_conditional_without_labels(noise, tiny_generator):
    with pytest.raises(ConfigError, match="takes labels, and noise has none"):
        evaluate_generator(tiny_generator(), noise(), "fid", SMALL, conditional=True)


def test_reference_is_looked_at_once(mnist, home):
    reference, fakes, looks = mnist("train", 400), mnist("test", 150), []
    for metrics in ("fid", "fid", "fid,kid", "fid,kid", "fid"):
        extractor = Counting()
        figures = evaluate(fakes, reference, metrics, SMALL, extractor=extractor)
        looks.append(extractor.seen - 150)
    # KID needs features, which a FID alone does not keep; after that they are there for both.
    assert looks == [400, 0, 400, 0, 0]
    (kept,) = (home / "metrics").glob("*.reference")
    content = bytearray(kept.read_bytes())
    for damage in (content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1]), b""):
        kept.write_bytes(damage)
        extractor = Counting()
        assert evaluate(fakes, reference, "fid", SMALL, extractor=extractor).values == figures.values
        assert extractor.seen == 550
        assert evaluate(fakes, reference, "fid", SMALL).values == figures.values


def test_what_metrics_make_of_reals_is_kept(mnist, home, monkeypatch):
    reference, fakes = mnist("train", 400), mnist("test", 150)
    made = []
    for module, name in ((prdc, "neighbor_distances"), (kid, "_sum_within"), (memorization, "_second")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, f=original, n=name: made.append(n) or f(*a))
    once, twice = Counter(neighbor_distances=2, _sum_within=10), Counter(neighbor_distances=1, _sum_within=5)

    def look(settings=SMALL, metrics="kid,prdc,memorization"):
        made.clear()
        values = evaluate(fakes, reference, metrics, settings).values
        # One block of distances or several: whether it was computed at all is what counts.
        return values, Counter(name for name in made if name != "_second"), "_second" in made

    first, *counted = look()
    assert counted == [once, True]
    again, *counted = look()
    assert again == first
    assert counted == [twice, False]
    # Other parameters find nothing of these; the old ones still do.
    assert look(replace(SMALL, nearest_k=3, seed=1))[1:] == (once, True)
    assert look()[1:] == (twice, False)
    for path in (home / "metrics").glob("*.reals"):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert look() == (first, once, True)
    assert look()[1:] == (twice, False)


def test_cache_that_cannot_be_written_is_told(mnist, home):
    (home / "metrics").write_text("a file where the folder should be")
    report = evaluate(mnist("test", 150), mnist("train", 200), "fid", SMALL)
    assert "could not be kept" in report.notes[0]


def test_samples_that_are_not_finite(mnist, tiny_generator, home):
    message = "sample 149 of 150 has values that are infinite or not a number"
    with pytest.raises(DataError, match=message):
        evaluate_generator(tiny_generator(broken_after=140), mnist("train", 200), "fid", SMALL)
    assert not (home / "metrics").exists()


@pytest.mark.parametrize("wrong", [{"size": 32}, {"channels": 3}])
def test_other_shape(mnist, tiny_generator, noise, wrong):
    side, channels = wrong.get("size", 28), wrong.get("channels", 1)
    message = f"images of {channels}x{side}x{side}, and .* mnist of 1x28x28: .*--res {side} --channels {channels}"
    with pytest.raises(ConfigError, match=message):
        evaluate_generator(tiny_generator(**wrong), mnist("train", 200), "fid", SMALL)
    with pytest.raises(ConfigError, match=message):
        evaluate(noise(**wrong), mnist("train", 200), "fid", SMALL)


def test_vectors_and_images_are_not_compared(noise, tiny_generator):
    vectors = Dataset.from_arrays(numpy.zeros((9, 2), numpy.float32), name="points")
    with pytest.raises(ConfigError, match=r"points is vector data, and the reference noise is image data: .* --data"):
        evaluate(vectors, noise(), "fid", SMALL)
    with pytest.raises(ConfigError, match="noise is image data, and the reference points is vector data"):
        evaluate(noise(), vectors, "fid", SMALL)
    with pytest.raises(ConfigError, match=r"samples of shape \(1, 28, 28\), and the reference points has \(2,\)"):
        evaluate_generator(tiny_generator(), vectors, "fid", SMALL)


def test_fewer_samples_than_features(mnist):
    report = evaluate(mnist("test", 80), mnist("train", 200), "fid,kid", Settings(count=150))
    assert report.notes == (
        "there are 80 fakes, and -n asks for 150",
        "fid is too high: 80 fake samples give a rank-deficient covariance of 96 features; it needs at least 97 "
        "samples, and 10000 is the custom",
        "kid: subsets of 40 and not 1000, as there are 80 samples",
    )


@pytest.mark.parametrize(
    ("metrics", "needed"), [("prdc", "at least 6 samples of each kind, and there are 2"), ("kid", "at least 4 samples")]
)
def test_too_few_samples(mnist, metrics, needed):
    with pytest.raises(ConfigError, match=needed):
        evaluate(mnist("test", 2), mnist("train", 200), metrics, Settings(count=150))


def test_metrics_of_classes_only_where_the_classes_fit(noise, mnist):
    unlabeled = evaluate(noise(1), noise(0), "is,modes", SMALL)
    assert unlabeled.values == {}
    assert unlabeled.notes[-1].startswith("modes was left out: noise has no labels")
    # The names of the classes are 0 to 9, and the images are not digits.
    labels = numpy.arange(60) % 10
    mislabeled = evaluate(noise(1), noise(0, labels=labels), "is,modes", SMALL)
    assert mislabeled.values == {}
    assert "is was left out: digits agrees with the labels of noise on" in mislabeled.notes[-2]


def test_modes_of_some_classes(mnist):
    reference = load(DataOptions(data="mnist", classes="3,7", limit=500))
    report = evaluate(mnist("test", 300), reference, "modes", Settings(count=300))
    assert report.values["modes"] == report.values["modes_total"] == 2
    assert "fakes look like classes that the data lacks" in report.notes[0]
    one = evaluate(load(DataOptions(data="mnist", classes="3", limit=300)), mnist("train", 600), "modes", SMALL)
    assert one.values["modes"] < 5
    assert one.values["reverse_kl"] == pytest.approx(numpy.log(10), abs=0.4)


def test_images_that_are_all_alike():
    white = Dataset.from_arrays(numpy.full((30, 28, 28), 255, numpy.uint8), name="white")
    report = evaluate(white, white, "all", Settings(count=30, kid_subsets=2))
    assert all(numpy.isfinite(value) for value in report.values.values())
    assert any("left out" in note for note in report.notes)


def test_names_of_metrics():
    assert parse_metrics("kid, FID,kid") == ("kid", "fid")
    assert parse_metrics("all") == ("fid", "kid", "prdc", "is", "modes", "paired", "codes", "memorization", "diversity")
    with pytest.raises(ConfigError, match=r"no metric is called 'fdi': did you mean fid\? choose from fid, kid, "):
        parse_metrics("fdi")
    with pytest.raises(ConfigError, match=r"--nearest-k \(=0\) must be at least 1"):
        Settings(nearest_k=0)


def test_every_metric_can_be_resolved():
    assert all(callable(metric.load()) for metric in known_metrics().values())
