"""Several runs on one page."""

import copy
import json

import numpy
import pytest
from PIL import Image
from registry import forge
from report.pages import Outline

import ganzoo
from ganzoo.errors import ConfigError, RunError

PROVENANCE = {**forge.PROVENANCE, "reference_digest": "4" * 64, "fake_count": 100}


@pytest.fixture
def made(trained, tmp_path):
    """`made(name, records, change, samples)`: a run by hand, with the config of the trained one, changed."""

    def by_hand(name, records=(), change=lambda config: None, samples=(), size=64):
        path = tmp_path / name
        (path / "samples").mkdir(parents=True)
        config = copy.deepcopy(json.loads((trained / "run/config.json").read_text()))
        change(config)
        (path / "config.json").write_text(json.dumps(config))
        # A run that is written at this moment: its last line is not whole.
        (path / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records) + '{"images": 9')
        for images in samples:
            noise = numpy.random.RandomState(images).randint(0, 256, (size, size, 3), dtype=numpy.uint8)
            Image.fromarray(noise).save(path / f"samples/{images:010d}.png")
        return path

    return by_hand


def tick(images, **values):
    return {"images": images, "seconds": 1.0, "images_per_second": 9.0, "memory_bytes": 1, **values}


def judged(images, fid, best=True, decided_by="fid", **protocol):
    provenance = {**PROVENANCE, "images": images, **protocol}
    figures = {"metrics": {"fid": fid}, "provenance": provenance, "notes": [], "best": best, "decided_by": decided_by}
    return {"images": images, "event": "eval", **figures}


def test_what_differs_and_who_is_better(made, tmp_path):
    def change(config):
        config["options"]["lr"] = 0.5
        config["given"] = ["nothing"]

    one = made("one", [tick(100, **{"generator/adversarial": 1.0}), judged(100, 3.0), judged(200, 9.0, best=False)])
    two = made("two", [tick(100, **{"generator/adversarial": 2.0}), judged(100, 4.0, fakes="another")], change)
    found = ganzoo.compare(one, two, html=tmp_path / "x.html")
    assert found.differences == {"options.lr": (0.0005, 0.5)}
    assert found.rankings == {"final": {"two": 4.0, "one": 9.0}, "best": {"one": 3.0, "two": 4.0}}
    told = json.loads(json.dumps(found.to_dict()))
    assert told["runs"][0]["final"]["metrics"] == {"fid": 9.0}
    assert told["runs"][0]["best"]["protocol"].startswith("reference mnist")
    assert told["rankings"]["best"] == {"one": 3.0, "two": 4.0}
    outline = Outline((tmp_path / "x.html").read_text())
    outline.assert_safe()
    assert "By final figures, the best first: two 4, one 9." in outline.text
    assert "generator: adversarial" in outline.text
    assert "one has drawn no samples yet." in outline.text


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (judged(100, 3.0, fake_count=200), "one and two were judged differently: fake_count 100 and 200"),
        (judged(100, 3.0, reference_digest="5" * 64), "judged differently: reference_digest 444"),
        (judged(100, 3.0, decided_by="kid"), "one is judged by fid, and two by kid"),
        (judged(100, float("nan")), "two has no finite figure of fid"),
        (tick(100), "fewer than two of these runs were evaluated"),
    ],
)
def test_what_was_judged_differently_is_not_ranked(made, other, words):
    found = ganzoo.compare(made("one", [judged(100, 2.0)]), made("two", [other]))
    assert found.rankings == {}
    assert words in found.notes[0]


def test_the_same_latents_are_side_by_side_or_it_is_said_why_not(made, tmp_path):
    def other(**options):
        return lambda config: config["options"].update(options)

    def shape(config):
        config["spec"]["shape"] = [1, 32, 32]

    one, two = made("one", samples=(0, 100, 200)), made("two", samples=(0, 90))
    found = ganzoo.compare(one, two, html=tmp_path / "x.html")
    assert found.latents == ""
    text = Outline((tmp_path / "x.html").read_text()).text
    assert "one: 200 images" in text
    assert "two: 90 images" in text
    assert "two: none near 200 images" in text
    three = made("three", change=other(latent_dim=7), samples=(0,))
    assert "one and three have other latents" in ganzoo.compare(one, three).latents
    four = made("four", change=shape, samples=(0,))
    assert "one and four have other shapes of data" in ganzoo.compare(one, four).latents
    five = made("five", change=lambda config: config.update(variant="gone"), samples=(0,))
    assert "is not known: this run's variant 'gone' is provided by no" in ganzoo.compare(one, five).latents


def test_a_page_of_long_runs_is_small(made, tmp_path):
    names = ("generator/adversarial", "discriminator/adversarial", "discriminator/real_score", "generator/norm")
    random = numpy.random.RandomState(0)
    records = [tick(i * 100, **dict.fromkeys(names, float(random.rand()))) for i in range(2_000)]
    runs = [made(f"run{n}", records, samples=range(0, 200_001, 40_000), size=512) for n in range(10)]
    ganzoo.compare(*runs, html=tmp_path / "x.html")
    assert (tmp_path / "x.html").stat().st_size < 2_000_000


def test_what_cannot_be_compared_is_refused(made, tmp_path, ganzoo):
    one = made("one")
    two = made("two")
    with pytest.raises(ConfigError, match="1 run cannot be compared: name from 2 to 10"):
        _compare(one)
    with pytest.raises(ConfigError, match="is named twice"):
        _compare(one, one)
    with pytest.raises(RunError, match="is not a run"):
        _compare(one, tmp_path)
    with pytest.raises(ConfigError, match="is a folder: name a file in it"):
        _compare(one, two, html=tmp_path)
    done = ganzoo("compare", "one", "two", "--html", "x.html")
    assert "their configs are the same" in done.out
    assert (tmp_path / "x.html").is_file()
    assert json.loads(ganzoo("compare", "one", "two", "--json").out)["differences"] == {}


def _compare(*runs, html=None):
    from ganzoo.api import compare

    return compare(*runs, html=html)
