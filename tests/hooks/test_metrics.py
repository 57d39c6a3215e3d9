"""Metrics and extractors of plugins: broken ones cost no other metric its figures."""

from __future__ import annotations

import json

import numpy
import pytest
import torch

from ganzoo.data import Dataset
from ganzoo.errors import ConfigError, DataError, PluginError
from ganzoo.metrics import (
    Report,
    Settings,
    evaluate,
    known_metrics,
    load_extractor,
    names,
    parse_metrics,
)
from ganzoo.models.publish import package_run
from ganzoo.runs.run import Run

OWN = ("fid", "kid", "prdc", "is", "modes", "paired", "codes", "memorization", "diversity")
METRIC = """
from ganzoo import Metric, hookimpl

@hookimpl
def ganzoo_metrics():
    return [Metric("mine", "Mine", "mine:measure", {flags})]

def measure(comparison):
    {body}
"""
EXTRACTOR = """
import torch
from ganzoo import FeatureExtractor, hookimpl

@hookimpl
def ganzoo_extractors():
    return [FeatureExtractor("seen", "Seen", "mine:make")]

class Seen:
    name, digest, features, classes, score = "seen", "", 4, ("a", "b"), "my_score"
    def __init__(self, device): pass
    def resizer(self, shape): return "none"
    def __call__(self, images):
        few = images.float().flatten(1)
        return few[:, :4], few[:, 4:6]

make = Seen
"""
SMALL = Settings(count=40, kid_subsets=2, kid_subset_size=10)


@pytest.fixture
def images():
    """`images(seed)`: 40 images of noise."""

    def make(seed=0):
        pixels = numpy.random.RandomState(seed).randint(0, 256, (40, 8, 8), dtype=numpy.uint8)
        return Dataset.from_arrays(pixels, name="noise")

    return make


def metric(body, flags=""):
    return METRIC.format(body=body, flags=flags)


def test_figures_of_a_plugin_stand_beside_others_in_the_order_asked_for(third_party, images):
    third_party(
        metric('return {"mean_gap": float((comparison.real.moments.mean - comparison.fake.moments.mean).norm())}')
    )
    assert parse_metrics("all") == (*OWN, "mine")
    report = evaluate(images(1), images(), "mine,fid", SMALL)
    assert list(report.values) == ["mean_gap", "fid"]
    assert report.first == "mine"
    features = [load_extractor("digits")(images(seed).gather(torch.arange(40)))[0].double() for seed in (0, 1)]
    assert report.values["mean_gap"] == pytest.approx(float((features[0].mean(0) - features[1].mean(0)).norm()))
    assert report.notes == evaluate(images(1), images(), "fid", SMALL).notes


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('oh')", "metric 'mine' of the plugin 'mine' raised KeyError: 'oh'"),
        ("raise SystemExit(3)", "metric 'mine' of the plugin 'mine' raised SystemExit: 3"),
        ("return 3.0", "metric 'mine' of the plugin 'mine' returned 3.0, and must return a dict of figures by name"),
        ("return {'x': 'high'}", "returned 'x' = 'high', and figures are float, int or list[int]"),
        ("return {'x': True}", "returned 'x' = True, and figures are float, int or list[int]"),
        ("return {7: 1.0}", "returned 7 = 1.0, and figures are float, int or list[int]"),
        ("return {'x': [1, 0.5]}", "returned 'x' = [1, 0.5], and figures are float, int or list[int]"),
        ("return {'x': comparison.real.moments.mean[0]}", "and figures are float, int or list[int]"),
        ("return {'x': float('nan')}", "x was left out: it is nan here"),
        (
            "return {'fid': 0.0}",
            "fid of metric 'mine' of the plugin 'mine' was left out: metric 'fid' gives a figure of",
        ),
        ("comparison.features()", "raised RuntimeError: features are there for a Metric(..., features=True) alone"),
        ("comparison.fake.logits.sum()", "raised AttributeError: 'NoneType'"),
    ],
)
@pytest.mark.parametrize("asked", ["mine,fid,kid,is", "fid,is,kid,mine"])
def test_a_broken_metric_costs_its_own_figures_alone(third_party, images, body, said, asked):
    right = evaluate(images(1), images(), "fid,kid", SMALL)
    third_party(metric(body))
    report = evaluate(images(1), images(), asked, SMALL)
    assert report.values == right.values
    assert report.first == "fid"
    assert any(said in note and "\n" not in note for note in report.notes), report.notes


@pytest.mark.parametrize("error", ["ConfigError", "DataError"])
def test_what_a_metric_refuses_in_ganzoos_own_words_is_refused(third_party, images, error):
    third_party(metric(f"from ganzoo.errors import {error}; raise {error}('mine needs 50 samples, and there are 40')"))
    with pytest.raises({"ConfigError": ConfigError, "DataError": DataError}[error], match="mine needs 50 samples"):
        evaluate(images(1), images(), "mine", SMALL)


def test_a_metric_that_refuses_costs_no_other_its_figures(third_party, images):
    third_party(metric("from ganzoo.errors import ConfigError; raise ConfigError('mine needs 50 samples')"))
    report = evaluate(images(1), images(), "mine,fid", SMALL)
    assert list(report.values) == ["fid"]
    assert any("mine was left out: mine needs 50 samples" in note for note in report.notes)


def test_a_target_that_cannot_be_imported_costs_its_own_figures_alone(third_party, images):
    third_party(metric("return {}").replace("mine:measure", "mine:misspelled"))
    report = evaluate(images(1), images(), "mine,fid", SMALL)
    assert list(report.values) == ["fid"]
    assert "metric 'mine' names 'mine:misspelled', which cannot be imported" in " ".join(report.notes)


def test_a_metric_gets_what_it_declares(third_party, images):
    flags, shapes = "features=True, logits=True", "comparison.fake.features.shape, comparison.fake.logits.shape"
    third_party(metric(f"return {{'shapes': [*{shapes.split(', ')[0]}, *{shapes.split(', ')[1]}]}}", flags))
    digits = load_extractor("digits")
    assert evaluate(images(1), images(), "mine", SMALL).values == {"shapes": [40, digits.features, 40, 10]}


def test_a_metric_draws_random_numbers_and_changes_features_without_a_trace(third_party, images):
    right = evaluate(images(1), images(), "prdc", SMALL)
    body = (
        "import random, numpy, torch; random.random(); numpy.random.rand(); torch.rand(3); "
        "comparison.settings = None; [side.zero_() for side in comparison.features()]; return {'x': 1}"
    )
    third_party(metric(body, "features=True"))
    import random

    random.seed(1), numpy.random.seed(2), torch.manual_seed(3)
    drawn = [(random.random(), numpy.random.rand(), float(torch.rand(1))) for _ in range(2)]
    random.seed(1), numpy.random.seed(2), torch.manual_seed(3)
    again = [(random.random(), numpy.random.rand(), float(torch.rand(1)))]
    report = evaluate(images(1), images(), "mine,prdc", SMALL)
    again.append((random.random(), numpy.random.rand(), float(torch.rand(1))))
    assert again == drawn
    assert report.values == {"x": 1} | right.values


def test_what_metrics_keep_of_the_reals_is_kept_apart(third_party, images):
    """Two that use the same words for different things."""
    for name, value in (("mine", 1.0), ("theirs", 2.0)):
        body = f"import torch; return {{'{name}': float(comparison.of_reals('radii', lambda: torch.tensor({value})))}}"
        third_party(METRIC.replace("mine", name).format(body=body, flags=""), name)
    for _ in range(2):
        assert evaluate(images(1), images(), "mine,theirs", SMALL).values == {"mine": 1.0, "theirs": 2.0}


def test_names_that_nobody_brings(third_party):
    third_party(metric("return {}"))
    with pytest.raises(ConfigError, match="no metric is called 'mien': did you mean mine"):
        parse_metrics("mien")
    record = third_party(EXTRACTOR.replace("mine:", "other:"), "other")
    names.check_extractor("seen")
    record.refuse("conflict", "taken")
    names.plugins.registry().registered(names.FeatureExtractor).pop("seen")
    with pytest.raises(PluginError, match=r"extractor 'seen': its plugin 'other' is not used \(conflict\): taken"):
        names.check_extractor("seen")


HIGHER_BEFORE = {"precision", "inception_score", "classifier_score", "diversity", "memorization_ratio", "modes"}
"""First figures of which more was better, as it was written down by figure before metrics said it themselves."""


# Sets have neither codes nor pairs.
@pytest.mark.parametrize("name", [name for name in OWN if name not in ("codes", "paired")])
def test_what_is_better_is_what_it_always_was(home, name):
    from ganzoo.data import DataOptions, load

    fakes, reference = (load(DataOptions(data="mnist", split=split, limit=200)) for split in ("test", "train"))
    values = evaluate(fakes, reference, name, SMALL).values
    assert known_metrics()[name].higher_is_better == (next(iter(values)) in HIGHER_BEFORE)


def test_an_extractor_of_a_plugin_is_named_with_it_in_the_protocol(third_party, images):
    third_party(EXTRACTOR)
    report = evaluate(images(1), images(), "fid,is", SMALL, extractor="seen")
    assert "extractor seen (mine);" in report.provenance.line()
    assert report.values["fid"] > 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("make = Seen", "def make(device): raise OSError('no weights')", "raised OSError: no weights"),
        ("make = Seen", "def make(device): return 5", "mine:make gave int, whose name is None and must be str"),
        ("features, classes", "features, klasses", "whose classes is None and must be tuple"),
        (', 4, ("a"', ', 4.5, ("a"', "whose features is 4.5 and must be int"),
        ('return "none"', "return None", "its resizer gave None, and must give words"),
        ('return "none"', "1 / 0", "raised ZeroDivisionError"),
        ("return few[:, :4], few[:, 4:6]", "return few[:, :4]", "gave Tensor, and must give (features, logits)"),
        ("few[:, :4]", "few[:, :5]", "gave features that are float32 of shape (40, 5), and must be finite float32 of"),
        ("few[:, 4:6]", "few[:, 4:7]", "gave logits that are float32 of shape (40, 3), and must be finite float32 of"),
        ("few[:, :4]", "few[:, :4].double()", "gave features that are float64 of shape (40, 4)"),
        ("few[:, :4]", "few[:, :4].numpy()", "gave features that are ndarray"),
        ("few[:, :4]", "few[:, :4] / 0", "gave features that are not finite"),
        ("few = images", "raise ValueError('oh'); few = images", "raised ValueError: oh"),
    ],
)
def test_a_broken_extractor_is_one_sentence(third_party, images, old, new, said):
    assert old in EXTRACTOR
    third_party(EXTRACTOR.replace(old, new))
    with pytest.raises(PluginError) as caught:
        evaluate(images(1), images(), "fid", SMALL, extractor="seen")
    assert str(caught.value).startswith("extractor 'seen' of the plugin 'mine'")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_in_a_training_the_first_metric_that_gave_a_number_decides(ganzoo, plugin, tiny, tmp_path):
    """The plugin's fails at the second of three evaluations; figures of two metrics are never compared."""
    plugin(
        "ganzoo_mine",
        """
from ganzoo import Metric, hookimpl
CALLS = []

@hookimpl
def ganzoo_metrics():
    return [Metric("rising", "x", "ganzoo_mine:measure", higher_is_better=True)]

def measure(comparison):
    import torch
    torch.rand(100)
    CALLS.append(1)
    # The first call is before the training, which tries what it will be asked for.
    if len(CALLS) == 3:
        raise ValueError("not now")
    return {"shares": [1, 2], "rising": float(len(CALLS) - 1)}
""",
    )
    options = ("--images", 300, "--eval-every", 100, "--eval-samples", 20)
    ganzoo(*tiny.train, *options, "--eval-metrics", "rising,fid", "--out", "run")
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    judged = [line for line in lines if line.get("event") == "eval"]
    assert [line["decided_by"] for line in judged] == ["rising", "fid", "rising"]
    assert [line["best"] for line in judged] == [True, False, True]
    assert "metric 'rising' of the plugin 'mine' raised ValueError: not now" in judged[1]["notes"]
    # A plugin's figures reach the card, for people and for the Hub.
    card = (package_run(Run.open(tmp_path / "run"), tmp_path / "package").folder / "README.md").read_text()
    assert "| rising | 3 |\n" in card
    assert "name: rising (extractor digits)\n" in card
    assert f"Protocol: reference tiny train {judged[2]['provenance']['reference_digest'][:12]} 1x8x8;" in card
    # A metric that draws random numbers does not move the training.
    ganzoo(*tiny.train, *options, "--eval-metrics", "fid", "--out", "plain")
    weights = "checkpoints/0000000300/generator.safetensors"
    assert (tmp_path / "run" / weights).read_bytes() == (tmp_path / "plain" / weights).read_bytes()


def test_an_evaluation_without_any_figure_fails(ganzoo, plugin, tiny):
    plugin("ganzoo_mine", metric("1 / 0").replace("mine:measure", "ganzoo_mine:measure"))
    done = ganzoo("eval", "tiny.npz", "--data", "tiny.npz", "-n", 20, "--metrics", "mine", "--device", "cpu", code=1)
    assert "note: metric 'mine' of the plugin 'mine' raised ZeroDivisionError: division by zero" in done.out
    assert "Mine" in ganzoo("eval", "--help").out
    report = ganzoo("eval", "tiny.npz", "--data", "tiny.npz", "-n", 20, "--metrics", "mine,fid", "--json").out
    assert set(json.loads(report)["values"]) == {"fid"}


def test_an_unknown_metric_of_a_training_leaves_no_run(ganzoo, tiny, tmp_path):
    said = ganzoo(*tiny.train, "--eval-every", 100, "--eval-metrics", "fdi", code=2).err
    assert "no metric is called 'fdi': did you mean fid?" in said
    assert not (tmp_path / "runs").exists()


def test_a_report_is_plain_json(third_party, images):
    report = evaluate(images(1), images(), "fid", SMALL)
    assert isinstance(report, Report)
    assert json.loads(json.dumps(report.to_dict()))["first"] == "fid"
