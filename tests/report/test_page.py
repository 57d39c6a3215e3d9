"""Reports of whole, broken, growing and hostile runs."""

import json
import shlex

import pytest
from registry import forge
from report.pages import Outline

from ganzoo import plugins
from ganzoo.errors import RunError
from ganzoo.runs.run import Run

PROVENANCE = {
    **forge.PROVENANCE, "reference_digest": "42f5c340e584" + "0" * 52, "fakes": "run", "fake_count": 10_000,
}  # fmt: skip
DISTANCE = "Frechet distance (digits)"
LINE = (
    "reference mnist train 42f5c340e584 1x8x8; 60 real, 10000 fake from run; extractor digits 111111111111; "
    "resizer none; precision 8-bit images; EMA no; seed 0; k 5; KID 100x1000; IS splits 10; cpu, ganzoo 0.1 torch 2.11"
)


def tick(images, **values):
    return {"images": images, "seconds": images / 100, "images_per_second": 100.0, "memory_bytes": 3 << 30, **values}


def evaluation(images, best, **metrics):
    return {"images": images, "event": "eval", "metrics": metrics, "best": best, "notes": ["small subsets"]} | {
        "provenance": {**PROVENANCE, "images": images}
    }


LOSSES = {"discriminator/adversarial": 1.25, "generator/adversarial": 0.5}


def test_a_real_run(real, page):
    text = page(real)
    outline = Outline(text)
    outline.assert_safe()
    assert text.startswith("<!doctype html>")
    assert len(text) < 1_000_000
    for word in ("vanilla on mnist", "finished", "2,016 images", "Losses", "Gradient norms", "Accuracy"):
        assert word in outline.text
    for word in (real.spec.digest, real.spec.license, real.config.system["torch"], "torch-ganzoo"):
        assert word in outline.text
    assert "Metrics" not in outline.words
    # The final grid, and a sheet of all five or six.
    assert len(outline.all("img")) == 1 + len(real.samples())
    assert all(image["alt"] and image["width"] for image in outline.all("img"))
    identities = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert [f"#{identity}" for identity in identities] == [link["href"] for link in outline.all("a")]


def test_the_command_gives_the_same_config(trained, ganzoo, page):
    run = Run.open(trained / "run")
    outline = Outline(page(run))
    command = next(word for word in outline.words if word.startswith("ganzoo train"))
    words = shlex.split(command)
    assert words[:5] == ["ganzoo", "train", "vanilla", "--preset", "laptop"]
    assert "--beta1" not in words
    shown = ganzoo(*words[1:], "--dry-run", folder=trained).out
    # What was worked out before is given now, as the slices are; and a dry run is of no start of processes.
    found = json.JSONDecoder().raw_decode(shown)[0]
    differ = {"given": [], "system": {}}
    assert {**found, **differ} == {**run.config.to_dict(), **differ}


def test_without_anything(make, page):
    outline = Outline(page(make()))
    assert "no checkpoint" in outline.words
    assert "The run has drawn no samples yet." in outline.words
    assert "The run has logged nothing yet." in outline.words
    assert outline.all("img") == []


def test_a_killed_run_with_a_cut_last_line(make, page):
    run = make([tick(100, **LOSSES)], [(0, 40), (100, 40)], tail='{"images": 200, "disc')
    outline = Outline(page(run))
    assert ", 100 of 2,000 images" in outline.words
    assert len(outline.all("polyline")) == 2


def test_a_value_that_is_no_number_is_not_drawn(make, page):
    records = [tick(100, **LOSSES), tick(200, **{"generator/adversarial": float("nan")})]
    outline = Outline(page(make(records)))
    assert "200 of 2,000" in outline.text
    assert len(outline.all("polyline")) == 2


def test_a_line_that_is_no_entry_is_named(make, page):
    with pytest.raises(RunError, match=r"made/metrics\.jsonl, line 2: images \(=.*\): Field required; repair the line"):
        page(make([tick(100, **LOSSES), {"seconds": 1}]))


def test_a_callback_that_failed_is_listed_and_no_warning_of_the_training(make, page):
    failed = {"images": 50, "event": "callback", "message": "callback 'mine' raised ValueError: oh (in tick)"}
    alarm = {"images": 90, "event": "vanishing generator", "message": "vanishing gradients: the norm is 1e-09"}
    outline = Outline(page(make([tick(100, **LOSSES), failed, alarm])))
    assert " at 50 images: callback 'mine' raised ValueError: oh (in tick)" in outline.words
    assert " at 90 images: vanishing gradients: the norm is 1e-09" in outline.words
    assert sum(group["class"] == "mark warning" for group in outline.all("g")) == 1


def test_figures_of_an_older_ganzoo_are_shown_without_their_protocol(make, page):
    old = {"images": 100, "event": "eval", "metrics": {"fid": 7.5}, "protocol": "reference mnist", "best": True}
    outline = Outline(page(make([tick(100, **LOSSES), old])))
    assert "7.5 at 100" in outline.words
    assert "Protocol of final and best: not recorded" in outline.words


def test_a_diverged_run(make, page):
    why = "generator/adversarial became inf"
    outline = Outline(page(make([tick(100, **LOSSES), {"images": 150, "event": "diverged", "reason": why}])))
    assert {"class": "state diverged"} in outline.all("span")
    assert f" at 150 images: {why}" in outline.words
    assert sum(group["class"] == "mark warning" for group in outline.all("g")) == 1


def test_best_and_final_figures(make, page):
    records = [
        *(tick(images, **LOSSES) for images in range(100, 1000, 100)),
        evaluation(300, True, fid=20.0, kid=0.02, kid_se=0.001, kid_std=0.01, modes=9, modes_total=10),
        evaluation(600, True, fid=12.345678, kid=0.01, kid_se=0.001, kid_std=0.01, modes=10, modes_total=10),
        evaluation(900, False, fid=33.0, kid=0.03, kid_se=0.001, kid_std=0.01, modes=8, modes_total=10),
    ]
    outline = Outline(page(make(records, [(0, 40), (500, 40), (900, 40)])))
    for word in ("final, 900 images", "best, 600 images", "33", "12.35", "0.01 \u00b1 0.001 (se)", "8 of 10"):
        assert word in outline.words
    assert "kid_se" not in outline.words
    assert outline.words.count(f"Protocol of final and best: {LINE}") == 1
    assert outline.words.count("small subsets") == 1
    assert "Nearest to the best evaluation (at 600 images): 500 images" in outline.words
    assert "12.35 at 600" in outline.words


@pytest.mark.parametrize("wild", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_told_and_not_drawn(make, page, wild):
    figures = (20.0, wild, 10.0, 15.0)
    records = [evaluation(100 * index, False, fid=value, kid=wild) for index, value in enumerate(figures, start=1)]
    outline = Outline(page(make([tick(400, **LOSSES), *records])))
    assert outline.words.count(str(wild)) == 2
    titles = [word for word in outline.words if word in (DISTANCE, "kid")]
    # A row of each in the table, and of the distance a chart with its legend and line.
    assert titles.count("kid") == 1
    assert titles.count(DISTANCE) > 1
    corners = next(line["points"] for line in outline.all("polyline"))
    assert len(corners.split()) == 3


def test_one_evaluation_is_both(make, page):
    outline = Outline(page(make([tick(900, **LOSSES), evaluation(900, False, fid=33.0)], [(900, 40)])))
    assert "final, 900 images" in outline.words
    assert "best, 900 images" in outline.words
    assert "Final. Nearest to the best evaluation (at 900 images): 900 images" in outline.words


def test_a_growing_run(make, page):
    records = [tick(i, **LOSSES, resolution=8 if i < 500 else 16, fade=0.0) for i in range(100, 1000, 100)]
    outline = Outline(page(make(records, [(0, 40), (900, 80)])))
    assert "16 px" in outline.words
    assert sum(group["class"] == "mark stage" for group in outline.all("g")) == 2


def test_an_option_without_a_description_has_none(make, page, monkeypatch):
    config = plugins.registry().find("vanilla").load_config()
    monkeypatch.setattr(config.model_fields["lr"], "description", None)
    outline = Outline(page(make()))
    assert "--lr" in outline.words
    assert "None" not in outline.words


def test_a_vector_run(make, page):
    def ring(config):
        config["spec"] |= {"name": "ring", "shape": [2], "kind": "vector", "condition": None, "digest": None}
        config["spec"] |= {"license": None}
        config["data"] |= {"data": "ring", "classes": None, "limit": None}

    outline = Outline(page(make([tick(100, **LOSSES)], [(0, 40), (100, 40)], ring)))
    assert "vanilla on ring" in outline.words
    assert "--data ring" in outline.text


def test_hostile_strings_stay_text(make, page):
    evil = '"><script>alert(1)</script><img src="http://evil/x" onerror=\'x\'>&amp;'
    cut = evil + "\ud800"

    def poison(config):
        config["variant"] = evil
        config["spec"]["name"] = config["spec"]["license"] = config["spec"]["fit"] = evil
        config["spec"]["condition"] = {"names": [evil]}
        config["options"][evil] = config["system"][evil] = config["data"]["data"] = evil
        config["plugin"] = {"name": evil, "distribution": evil, "version": evil}

    records = [
        tick(100, **{f"generator/{cut}": 1.0}),
        {"images": 100, "event": "collapse", "message": cut},
        {"images": 100, "event": "eval", "metrics": {cut: 1.0}, "notes": [cut], "best": True}
        | {"provenance": {**PROVENANCE, "fakes": cut, "resizer": cut, "versions": {cut: cut}}},
    ]
    run = make(records, [(100, 40)], poison)
    outline = Outline(page(run))
    outline.assert_safe()
    assert outline.text.count("<script>alert(1)</script>") > 10
    command = next(word for word in outline.words if word.startswith("ganzoo train"))
    assert shlex.split(command)[2] == evil
    assert "every option is spelled out" in outline.text


MEAN = "<script>'\"{{7*7}}{% raw %}&amp;\u202eend</script>"
SEEN = MEAN.replace("\u202e", "\\u202e")
WRITTEN = "&lt;script&gt;&#39;&#34;{{7*7}}{% raw %}&amp;amp;\\u202eend&lt;/script&gt;"


def mean(name):
    """A text of its own, to tell where it went."""
    return f"{name} {MEAN}"


def test_every_text_of_a_run_is_escaped_once(make, page):
    def poison(config):
        config["variant"], config["preset"] = mean("variant"), mean("preset")
        for fact in ("name", "license", "digest", "fit"):
            config["spec"][fact] = mean(f"data {fact}")
        config["spec"]["condition"] = {"names": [mean("class")]}
        config["spec"]["notes"] = [{"kind": "ignored", "text": mean("data note"), "count": 2, "first": mean("file")}]
        config["options"][mean("options name")] = mean("options value")
        config["training"]["device"], config["data"]["data"] = mean("training value"), mean("data value")
        config["system"] = {"torch": mean("torch"), mean("system name"): mean("system value")}
        config["plugin"] = {key: mean(f"plugin {key}") for key in ("name", "distribution", "version")}

    records = [
        tick(100, **{f"generator/{mean('line')}": 1.0}),
        {"images": 100, "event": "collapse", "message": mean("alarm")},
        {"images": 100, "event": "callback", "message": mean("callback")},
        {"images": 110, "event": "diverged", "reason": mean("reason")},
        evaluation(100, True, **{mean("metric"): 1.0}) | {"notes": [mean("note")]},
        evaluation(110, False, **{mean("metric"): 2.0}),
    ]
    records[-1]["provenance"] |= {"fakes": mean("fakes"), "resizer": mean("resizer")}
    text = page(make(records, [(100, 40)], poison))
    outline = Outline(text)
    outline.assert_safe()
    everything = " ".join([outline.text, *(str(value) for _, of_tag in outline.tags for value in of_tag.values())])
    names = (
        "variant", "preset", "data name", "class", "data license", "data digest", "data fit", "options value",
        "training value", "data value", "torch", "system name", "system value", "plugin name", "plugin distribution",
        "plugin version", "line", "alarm", "callback", "reason", "metric", "note", "fakes", "resizer",
        "data note", "file",
    )  # fmt: skip
    for name in names:
        assert f"{name} {SEEN}" in everything, name
        assert f"{name} {WRITTEN}" in text, name
    # Names of options are written as they are typed.
    assert f"--options name {WRITTEN}" in text
    # The command and messages quote them in ways of their own: no bare mark of any kind, and no template was run.
    assert "<script" not in text
    assert "\u202e" not in text
    assert text.count("{{7*7}}") == text.count("&lt;script&gt;") > text.count(WRITTEN) > len(names)


def test_a_preset_that_is_gone_and_a_value_with_a_hyphen(make, page):
    def change(config):
        config["preset"] = "gone"
        config["data"]["data"] = "-odd name"

    text = Outline(page(make(change=change))).text
    assert "--beta1 0.5" in text
    assert "'--data=-odd name'" in text
    assert "no preset is called 'gone'" in text


@pytest.mark.parametrize(("images", "shown"), [(600, "--epochs 2.0"), (2000, "--images 2000")])
def test_length_in_epochs(make, page, images, shown):
    def change(config):
        config["options"]["images"] = images
        config["training"]["epochs"] = 2.0

    words = Outline(page(make(change=change))).text
    assert shown in words
    command = next(line for line in words.split("ganzoo train")[1:])
    assert ("--images" in command.split("It ran")[0]) is ("--images" in shown)


def test_a_broken_picture_is_named(make, page):
    run = make([tick(100, **LOSSES)], [(0, 40), (100, 40)])
    run.samples()[0].write_bytes(b"\x89PNG\r\n\x1a\n half")
    assert "0 images: 0000000000.png is no readable picture" in Outline(page(run)).words


def test_a_long_journal_makes_a_small_page(make, page):
    records = [tick(i, **dict.fromkeys(LOSSES, i * 7919 % 1000 / 500)) for i in range(1, 20_001)]
    records[12_345]["generator/adversarial"] = 1.9999
    text = page(make(records))
    assert len(text) < 100_000


@pytest.mark.parametrize(("lines", "thinned"), [(5000, False), (5001, True)])
def test_a_page_says_that_its_curves_are_thinned(make, page, lines, thinned):
    text = page(make([tick(i, **dict.fromkeys(LOSSES, 0.5)) for i in range(1, lines + 1)]))
    assert ("more than 5,000 lines: curves are drawn from at most so many" in text) is thinned
