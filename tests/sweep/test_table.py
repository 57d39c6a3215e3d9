"""Statistics and the table, by hand."""

import csv
import io
import json

import pytest

from ganzoo.errors import ConfigError
from ganzoo.sweeps.configuration import Configuration
from ganzoo.sweeps.estimate import Estimate, Published
from ganzoo.sweeps.outcome import Outcome, failed
from ganzoo.sweeps.table import Row, Table


def test_mean_and_standard_error():
    # Mean 5, squared deviations 9 + 1 + 1 + 9 + 0 = 20, variance 20 / 4 = 5, error sqrt(5 / 5) = 1.
    assert Estimate.of([2, 4, 6, 8, 5]) == Estimate(5.0, 1.0, 5)
    assert str(Estimate.of([2, 4, 6, 8, 5])) == "5.0 +- 1.0"
    assert Estimate.of([3]) == Estimate(3.0, None, 1)
    assert [str(Estimate.of(values)) for values in ([3], [0.123456], [8, 8])] == ["3", "0.1235", "8 +- 0"]
    assert str(Estimate(1234.5678, 12.3, 2)) == "1235 +- 12"
    assert str(Estimate(0.00123456, 0.0000321, 2)) == "0.001235 +- 0.000032"


@pytest.mark.parametrize(
    ("mean", "error", "differs"),
    # sqrt(0.3^2 + 0.4^2) = 0.5, so that the means differ from 1 on.
    [(7.25, 0.3, False), (7.375, 0.3, True), (5.25, 0.3, True), (9.0, None, False)],
)
def test_means_differ_from_two_standard_errors_on(mean, error, differs):
    assert Estimate(mean, error).differs(Estimate.parse("modes", "6.3 +- 0.4")) is differs


@pytest.mark.parametrize(
    ("written", "mean", "error"), [("6.3 +- 0.5", 6.3, 0.5), ("-1e-3 ± 2e-4", -1e-3, 2e-4), (7, 7.0, None)]
)
def test_what_was_published_is_shown_as_it_was_written(written, mean, error):
    found = Estimate.parse("modes", written)
    assert (found.mean, found.error, str(found)) == (mean, error, str(written))


@pytest.mark.parametrize("written", ["", "8 or 9", "8 +-", True, "nan"])
def test_what_is_no_figure_is_refused(written):
    with pytest.raises(ConfigError, match=r"modes \(=.*\) of \[\[published\]\] must be a number or text"):
        Estimate.parse("modes", written)


def row(label, data, *outcomes, **options):
    published = ()
    if data == "ring":
        published = (Published("a paper", {"data": "ring"}, {"modes": Estimate.parse("modes", "6.3 +- 0.5")}),)
    configuration = Configuration(label, "pacgan", None, {"data": data, "lr": 1e-3, **options})
    return Row(configuration, tuple(range(len(outcomes))), {s: o for s, o in enumerate(outcomes) if o}, published)


def outcome(modes, best=None, **more):
    return Outcome({"modes": modes, **more}, {"modes": best or modes, **more}, "modes")


@pytest.fixture
def table():
    return Table(
        "paper",
        (
            row("GAN", "ring", outcome(1, 7, kl=0.5), outcome(3, 7), packing=1),
            row("GAN", "grid", outcome(20, kl=0.1), failed("diverged at 40 images: loss became nan"), packing=1),
            row("PacGAN2", "ring", outcome(8, kl=0.1), None, packing=2),
            row("PacGAN2", "grid", failed("refused: too | large"), failed("refused: too | large"), packing=2),
        ),
    )


def test_only_what_differs_is_a_column_and_a_label_stands_for_its_options(table):
    assert table.columns == ["data"]
    assert table.failures == 3
    alone = Table("x", (row("", "ring", outcome(1), packing=1), row("", "ring", outcome(1), packing=2)))
    assert alone.columns == ["packing"]
    assert alone.title(alone.rows[1]) == "packing 2"


def test_markdown_by_hand(table):
    # Of 1 and 3: mean 2, variance 2, error 1. The paper's 6.3 is 4.3 off, and two errors are 2 sqrt(1 + 0.25) = 2.24.
    assert table.markdown().splitlines() == [
        "| row     | data | runs   | modes      | best modes | published modes | kl  |",
        "| ------- | ---- | ------ | ---------- | ---------- | --------------- | --- |",
        "| GAN     | ring | 2      | 2.0 +- 1.0 | 7 +- 0     | 6.3 +- 0.5      | 0.5 |",
        "| GAN     | grid | 1 of 2 | 20         | 20         |                 | 0.1 |",
        "| PacGAN2 | ring | 1 of 2 | 8          | 8          | 6.3 +- 0.5      | 0.1 |",
        "| PacGAN2 | grid | 0 of 2 |            |            |                 |     |",
        "",
        "published: a paper",
        "differs: GAN, data ring: modes 2.0 +- 1.0, published 6.3 +- 0.5",
        "kl of GAN, data ring is of 1 of 2 runs: the rest have none",
        "differs: by more than two standard errors of the difference; of a lone run nothing is said.",
        "failed: GAN, data grid, seed 1: diverged at 40 images: loss became nan",
        "failed: PacGAN2, data grid, seed 0, 1: refused: too | large",
    ]


def test_csv_and_json_have_the_same_figures(table, tmp_path):
    assert [path.name for path in table.save(tmp_path)] == ["table.json", "table.csv", "table.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.json", "table.md"]
    lines = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert [(line["row"], line["modes"], line["modes error"]) for line in lines] == [
        ("GAN", "2.0", "1.0"), ("GAN", "20.0", ""), ("PacGAN2", "8.0", ""), ("PacGAN2", "", "")
    ]  # fmt: skip
    assert lines[0]["published modes"] == "6.3"
    assert lines[1]["failed"] == "seed 1: diverged at 40 images: loss became nan"
    content = json.loads((tmp_path / "table.json").read_text())
    first, second, *_ = content["rows"]
    assert first["final"]["modes"] == {"mean": 2.0, "standard_error": 1.0, "runs": 2}
    assert first["best"]["modes"] == {"mean": 7.0, "standard_error": 0.0, "runs": 2}
    assert first["published"] == [{"source": "a paper", "modes": {"mean": 6.3, "standard_error": 0.5}}]
    assert first["options"] == {"variant": "pacgan", "data": "ring", "lr": 0.001, "packing": 1}
    assert second["runs"][1]["failed"] == "diverged at 40 images: loss became nan"
    assert second["runs"][0]["final"] == {"modes": 20, "kl": 0.1}


def test_a_figure_that_only_the_best_has_is_shown():
    """Such as the reverse KL, where the last generator makes no sample of high quality."""
    lost = Row(
        Configuration("", "vanilla", None, {}), (0,), {0: Outcome({"modes": 0}, {"modes": 1, "kl": 2.0}, "modes")}
    )
    assert Table("x", (lost,)).markdown().splitlines() == [
        "| runs | modes | best modes | kl | best kl |",
        "| ---- | ----- | ---------- | -- | ------- |",
        "| 1    | 0     | 1          |    | 2       |",
    ]


def test_a_table_without_rows_is_one():
    assert Table("x", ()).markdown() == "| runs |\n| ---- |\n"
