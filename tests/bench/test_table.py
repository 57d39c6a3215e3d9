"""Statistics, the table and the words under it, by hand; and the file of results."""

import json
import math

import pytest

from ganzoo.bench.plan import PAPER, ModesOptions, Result, Run
from ganzoo.bench.results import Results
from ganzoo.bench.table import Estimate, differences, lines, markdown, protocol
from ganzoo.errors import ConfigError, GanzooError


def result(covered=6, quality=0.98, kl=0.45, seed=0, row="gan", data="ring", steps=400_000):
    modes = 8 if data == "ring" else 25
    return Result(
        row=row, data=data, seed=seed, steps=steps, covered=covered, modes=modes, high_quality=quality, reverse_kl=kl,
        seconds=1.5, torch="2", ganzoo="0",
    )  # fmt: skip


def test_mean_and_standard_error():
    # Mean 5, squared deviations 9 + 1 + 1 + 9 + 0 = 20, variance 20 / 4 = 5, error sqrt(5 / 5) = 1.
    assert Estimate.of([2, 4, 6, 8, 5]) == Estimate(5.0, 1.0)
    assert Estimate.of([2, 4, 6, 8, 5]).show(1) == "5.0 +- 1.0"
    assert Estimate.of([3]) == Estimate(3.0, None)
    assert Estimate.of([3]).show(2) == "3.00"
    assert Estimate.of([1, math.inf]) == Estimate(math.inf, None)
    assert Estimate.of([1, math.inf]).show(2) == "inf"


@pytest.mark.parametrize(
    ("mean", "error", "differs"),
    # sqrt(0.3^2 + 0.4^2) = 0.5, so that the means differ from 1 on.
    [(7.25, 0.3, False), (7.375, 0.3, True), (5.25, 0.3, True), (9.0, None, False), (math.inf, None, True)],
)
def test_means_differ_from_two_standard_errors_on(mean, error, differs):
    assert Estimate(mean, error).differs((6.3, 0.4)) is differs


def test_the_table_by_hand():
    results = [
        result(5, 0.90, 0.50, seed=0),
        result(7, 0.92, 0.70, seed=1),
        result(23, 0.95, 0.10, seed=0, row="pacgan2", data="grid"),
    ]
    table = lines(results)
    assert [(line.row, line.data, line.runs) for line in table] == [("gan", "ring", 2), ("pacgan2", "grid", 1)]
    # Of 5 and 7: mean 6, variance 2, error 1. Of 90 and 92 likewise; of .5 and .7: mean .6, error .1.
    assert markdown(table).splitlines() == [
        "| data      | row     | runs | modes      | paper       | high quality % | paper       "
        "| reverse KL   | paper        |",
        "| --------- | ------- | ---- | ---------- | ----------- | -------------- | ----------- "
        "| ------------ | ------------ |",
        "| ring (8)  | gan     | 2    | 6.0 +- 1.0 | 6.3 +- 0.5  | 91.0 +- 1.0    | 98.2 +- 0.2 "
        "| 0.60 +- 0.10 | 0.45 +- 0.09 |",
        "| grid (25) | pacgan2 | 1    | 23.0       | 23.8 +- 0.7 | 95.0           | 91.3 +- 0.8 "
        "| 0.10         | 0.13 +- 0.04 |",
    ]
    # Only high quality: 7.2 off, where two errors are 2.04; of modes 0.3 and 2.24; of the KL 0.15 and 0.27.
    assert differences(table) == [
        "differs: gan on ring, high quality % 91.0 +- 1.0, paper 98.2 +- 0.2.",
        "pacgan2 on grid is one run without a standard error: nothing is said of it.",
    ]


def test_a_run_without_a_good_sample_is_counted_and_said():
    (line,) = lines([result(0, 0.0, None), result(seed=1)])
    assert line.to_dict()["reverse_kl"] == {
        "mean": None, "standard_error": None, "paper": {"mean": 0.45, "standard_error": 0.09}, "differs": True
    }  # fmt: skip
    assert "differs: gan on ring, reverse KL inf, paper 0.45 +- 0.09." in differences([line])
    assert str(result(0, 0.0, None)).endswith("modes 0 of 8, high quality 0.0 %, reverse KL infinite (2 s)")


def test_all_within_two_errors_is_said():
    table = lines([result(6, 0.982, 0.45), result(7, 0.982, 0.45, seed=1)])
    assert differences(table) == ["no figure is off the paper's by more than two standard errors of the difference."]


def test_what_is_not_as_the_paper_is_said():
    assert not any("its steps" in line for line in protocol([result()]))
    said = protocol([result(steps=20_000), result(steps=20_000, seed=1)])
    assert said[0].startswith("ours: 20,000 steps, 2 seeds; the paper: arXiv:1712.04086, table 1, 400,000 steps, 10 ")
    assert said[-1].startswith("not as the paper: 5.00% of its steps")


def test_every_row_of_the_table_has_the_papers_figures():
    options = ModesOptions()
    assert {(run.row, run.data) for run in options.runs()} == set(PAPER)
    assert len(options.runs()) == 80
    chosen = ModesOptions.parse({"rows": "pacgan2, gan,gan", "data": "grid", "seeds": 2, "steps": "20k"})
    assert chosen.runs() == [Run(row, "grid", seed, 20_000) for seed in (0, 1) for row in ("gan", "pacgan2")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"rows": "gan,wgan"},
            r"--rows \(=gan,wgan\) must be some of gan, pacgan2, pacgan3, pacgan4: no row is .wgan.",
        ),
        ({"data": "circle"}, r"--data \(=circle\) must be some of ring, grid: no mixture is .circle."),
        ({"data": ""}, "--data .* must be some of ring, grid"),
        ({"seeds": 0}, "--seeds .* must be greater than 0"),
        ({"steps": "many"}, "--steps .* must be a whole number"),
        ({"processes": 0}, "--processes .* must be greater than 0"),
    ],
)
def test_bad_options_are_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        ModesOptions.parse(options)


def test_results_are_kept_and_found_again(tmp_path):
    path = tmp_path / "table.json"
    results = Results(path)
    first, second, longer = result(), result(seed=1), result(steps=5)
    for one in (first, second, longer):
        results.add(one)
    again = Results(path)
    assert again.all() == [first, second, longer]
    assert again.of([second.run, first.run, result(seed=2).run]) == [second, first]
    again.add(result(8))
    assert Results(path).of([first.run]) == [result(8)]
    assert len(again.all()) == 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "other", "results": []}', "\xff"])
def test_another_file_is_refused_and_left_alone(tmp_path, text):
    path = tmp_path / "table.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(GanzooError, match=r"table\.json (is not a file of|cannot be read)"):
        Results(path)
    assert path.read_text(encoding="latin-1") == text


def test_a_result_that_cannot_be_is_refused(tmp_path):
    path = tmp_path / "table.json"
    Results(path).add(result())
    content = json.loads(path.read_text())
    content["results"][0]["high_quality"] = 98.2
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="is not a file of `ganzoo bench modes`: give another --out"):
        Results(path)


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(GanzooError, match="cannot be written: No such file"):
        Results(tmp_path / "nowhere" / "table.json")
