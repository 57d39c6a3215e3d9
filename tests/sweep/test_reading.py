"""The file of a sweep: what becomes of it, and what is refused before anything is started."""

import tomllib
from pathlib import Path

import pytest
from docs.pages import ROOT, blocks

from ganzoo.errors import ConfigError
from ganzoo.sweeps.configuration import Range
from ganzoo.sweeps.reading import read


def plan(text):
    return read(tomllib.loads(text))


def test_lists_are_a_grid_in_the_order_of_the_file():
    found = plan(
        'variant = ["vanilla", "pacgan"]\ndata = "ring"\nlr = [1e-3, 2e-4]\nimages = ["2k", 3000]\nseeds = [4, 7]'
    )
    assert found.seeds == (4, 7)
    assert [(c.variant, c.options["lr"], c.options["images"]) for c in found.configurations] == [
        (variant, lr, images) for variant in ("vanilla", "pacgan") for lr in (1e-3, 2e-4) for images in (2000, 3000)
    ]
    assert {c.options["data"] for c in found.configurations} == {"ring"}


def test_a_row_adds_to_what_is_above_and_wins():
    found = plan("""
        variant = "pacgan"
        data = ["ring", "grid"]
        lr = 1e-3
        [[rows]]
        label = "GAN"
        packing = 1
        [[rows]]
        label = "PacGAN2"
        packing = 2
        lr = 5e-4
    """)
    assert [(c.label, c.options["data"], c.options["packing"], c.options["lr"]) for c in found.configurations] == [
        ("GAN", "ring", 1, 1e-3), ("GAN", "grid", 1, 1e-3), ("PacGAN2", "ring", 2, 5e-4), ("PacGAN2", "grid", 2, 5e-4)
    ]  # fmt: skip


def test_a_run_is_known_by_its_values_and_not_by_label_or_order():
    one = plan('variant = "vanilla"\nlr = 1e-3\nimages = "2k"').configurations[0]
    same = plan('images = 2000\nvariant = "vanilla"\n[[rows]]\nlabel = "x"\nlr = "0.001"').configurations[0]
    other = plan('variant = "vanilla"\nlr = 1e-3\nimages = "2k"\nmetrics = "fid"').configurations[0]
    assert one.key == same.key != other.key


def test_steps_count_batches():
    (one, four) = plan(
        'variant = "pacgan"\npreset = "paper"\ndata = "ring"\nsteps = "2k"\npacking = [1, 4]'
    ).configurations
    assert (one.training()["images"], four.training()["images"]) == (200_000, 800_000)
    assert one.training()["eval_every"] == 200_000
    assert "steps" not in one.training()


def test_a_range_is_of_whole_numbers_where_its_option_is():
    (found,) = plan("""
        variant = "dcgan"
        lr = { min = 1e-5, max = 1, log = true }
        width = { min = 16, max = "64", step = 16 }
        metrics = "fid"
        trials = 7
    """).configurations
    assert found.ranges == {"lr": Range(1e-5, 1.0, log=True), "width": Range(16, 64, step=16)}
    assert isinstance(found.ranges["lr"].max, float)
    assert isinstance(found.ranges["width"].min, int)
    assert found.chosen({"lr": 0.5, "width": 32}).values == {"variant": "dcgan", "lr": 0.5, "width": 32}


def test_pacgans_table_is_the_papers():
    found = read(ROOT / "benchmarks" / "pacgan.toml")
    assert (found.name, found.seeds, len(found.configurations)) == ("pacgan", tuple(range(10)), 8)
    assert len(found.published) == 8
    for configuration in found.configurations:
        (theirs,) = [entry for entry in found.published if entry.fits(configuration)]
        assert set(theirs.figures) == {"modes", "high_quality", "reverse_kl"}
        options = configuration.training()
        # A batch is 100 packs, and the paper has 400,000 of them.
        assert options["images"] == 400_000 * 100 * options["packing"]
    (gan,) = [entry for entry in found.published if entry.match == {"row": "GAN", "data": "ring"}]
    assert [str(figure) for figure in gan.figures.values()] == ["6.3 +- 0.5", "0.982 +- 0.002", "0.45 +- 0.09"]


def test_what_the_documentation_shows_is_taken():
    whole, rows, published, ranges = (block.text for block in blocks("docs/sweep.md") if block.language == "toml")
    assert len(plan(whole).configurations) == 4
    found = plan(f'variant = "pacgan"\ndata = "ring"\n{rows}\n{published}')
    assert [found.published[0].fits(configuration) for configuration in found.configurations] == [True, False]
    assert set(plan(f'variant = "dcgan"\n{ranges}').configurations[0].ranges) == {"lr", "width"}


VANILLA = 'variant = "vanilla"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr = 1", "variant is missing: name one, as variant = .dcgan."),
        ('variant = "vanila"', "no variant is called 'vanila': did you mean vanilla?"),
        ("variant = 4", "variant .=4. must be text"),
        (VANILLA + "batch_sise = 4", "batch_sise is no key .* option of vanilla: did you mean batch_size."),
        (VANILLA + "seads = 4", "seads is no key .* did you mean seeds?"),
        (VANILLA + 'lr = "fast"', "^lr .=fast. must be a valid number"),
        (VANILLA + "lr = [1e-3, -1]", "^lr .=-1. must be greater than 0"),
        (VANILLA + "lr = []", "lr .=... is an empty list"),
        (VANILLA + "lr = [1e-3, 1e-3]", "lr has 0.001 twice"),
        (VANILLA + 'images = [2000, "2k"]', "vanilla is there twice with the same values"),
        (VANILLA + "generator_widths = [[8, 8]]", "generator_widths .* write one value as on the command line"),
        (VANILLA + 'preset = "papr"', "preset .='papr'.: vanilla has none of that name; choose from paper"),
        (VANILLA + 'data = ["ring", "rong"]', "called 'rong'. Did you mean ring?"),
        (VANILLA + "seed = 4", "seed: write seeds"),
        (VANILLA + "seeds = 0", "seeds .=0. must be a whole number, 1 or more"),
        (VANILLA + "seeds = [1, 1]", "seeds has 1 twice"),
        (VANILLA + 'metrics = "fdi"', "no metric is called 'fdi': did you mean fid?"),
        (VANILLA + "metrics = 4", "metrics .=4. must be text"),
        (VANILLA + "images = 5\nepochs = 1", "epochs is a second length"),
        (VANILLA + "steps = 5", "steps are counted in batches: give preset or batch_size"),
        (VANILLA + "trials = 5", "trials is for ranges, and no option has one"),
        (VANILLA + "lr = { min = 1e-4, max = 1e-2 }", 'a range needs metrics, as metrics = "fid"'),
        (VANILLA + "lr = { max = 1e-2 }", "lr: a range needs min"),
        (VANILLA + "lr = { min = 1e-2, max = 1e-4 }", "lr: min .=0.01. and max .=0.0001. must be numbers"),
        (VANILLA + "lr = { min = 1, max = 2, values = [1] }", "lr: a range has no 'values', only min, max, log, step"),
        (VANILLA + "lr = { min = 1, max = 2, step = 0 }", "lr: step .=0. must be above 0"),
        (VANILLA + "beta1 = { min = 0, max = 0.9, log = true }", "beta1: a range with log = true must begin above 0"),
        (VANILLA + "lr = [1e-3, { min = 1, max = 2 }]", "lr has both a list and a range"),
        (VANILLA + 'lr = [1]\n[[rows]]\nlabel = "x"\nlr = { min = 1, max = 2 }', "lr has both .*, in row 'x'"),
        (VANILLA + 'loss = { min = 1, max = 2 }\nmetrics = "fid"', "^loss .=1. must be 'non_saturating' or 'minimax'"),
        (VANILLA + '[[rows]]\nlabel = "x"\n[[rows]]\nlabel = "x"', "label .='x'. stands in two"),
        (VANILLA + "[[rows]]\nlr = 1", "label of ..rows.. is missing"),
        (VANILLA + '[rows]\nlabel = "x"', "rows .* must be tables, each under ..rows.."),
        (VANILLA + '[[published]]\nmodes = "8"', "..published.. needs source"),
        (VANILLA + '[[published]]\nsource = "x"\nmodes = "8 or 9"', "modes .='8 or 9'. of .* must be a number"),
        (VANILLA + '[[published]]\nsource = "x"\nmatch = { lrr = 1 }', "match of .* has lrr, which no"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        plan(text)


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml cannot be read: No such file"):
        read(Path("nothing.toml"))
    (tmp_path / "twice.toml").write_text('variant = "vanilla"\nlr = [1]\nlr = 2\n')
    with pytest.raises(ConfigError, match=r"twice\.toml is no TOML: .*line 3"):
        read(tmp_path / "twice.toml")
    (tmp_path / "bad.toml").write_text('variant = "vanilla"\nlr = -1\n')
    with pytest.raises(ConfigError, match=r"bad\.toml: lr \(=-1\) must be"):
        read(tmp_path / "bad.toml")
