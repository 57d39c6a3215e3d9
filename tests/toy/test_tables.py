"""Tables: `--data FILE.csv`, what networks see of it, and the way back to CSV."""

import csv
import gzip
import json

import numpy
import pytest
import torch

from ganzoo import ConfigError, load
from ganzoo.core.data_spec import Column, DataSpec
from ganzoo.data import DataOptions, inspect
from ganzoo.data import load as load_data
from ganzoo.data.tables import decode
from ganzoo.errors import DataError

HEAD = "height,kind,age\n"


@pytest.fixture
def people(tmp_path):
    """Fifty rows: a float, a word and a whole number."""
    random = numpy.random.RandomState(0)
    rows = [f"{random.normal(170, 9):.2f}, {random.choice(['cat', 'dog'])} ,{random.randint(90)}" for _ in range(50)]
    path = tmp_path / "people.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def given(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return DataOptions(data=str(path))


def test_numbers_are_standardized_and_words_one_hot(tmp_path):
    options = given(tmp_path, "\ufeffheight;kind;age\n1.5;dog;3\n2.5;cat;3\n0.5;dog;3\n\n")
    dataset = load_data(options)
    # Mean 1.5, and the deviation of (0, 1, -1) is sqrt(2/3).
    scale = (2 / 3) ** 0.5
    height, *others = dataset.spec.columns
    assert (height.name, height.mean, height.scale) == ("height", 1.5, pytest.approx(scale))
    assert others == [Column("kind", words=("cat", "dog")), Column("age", 3, 1, whole=True)]
    expected = [[0, 0, 1, 0], [1 / scale, 1, 0, 0], [-1 / scale, 0, 1, 0]]
    assert dataset.gather(torch.arange(3)).numpy() == pytest.approx(numpy.array(expected))
    assert inspect(options).shape == (4,)
    assert "2 of 3 columns are numbers and were standardized; kind became one-hot" in dataset.notes
    assert "1 columns have one value only: age" in dataset.notes


def test_a_compressed_table_is_the_same_table(tmp_path, people):
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(people.read_bytes()))
    plain, other = (load_data(DataOptions(data=str(path))) for path in (people, packed))
    assert (plain.spec.digest, plain.spec.columns) == (other.spec.digest, other.spec.columns)
    assert other.spec.name == "packed"


def test_the_way_back():
    columns = (
        Column("height", 170.0, 10.0),
        Column("kind", words=("cat", "dog")),
        Column("age", 40.0, 20.0, whole=True),
    )
    vectors = numpy.array([[0.25, 0.4, 0.6, -0.51], [-1.0, 2.0, -3.0, 1.0]])
    assert decode(columns, vectors) == [["172.5", "dog", "30"], ["160", "cat", "60"]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "1,cat,2\n,cat,3\n2,dog,na\n3,dog,NaN\n", "1 missing values in the column height (first: row 3)"),
        (HEAD + "1,cat,2\n2,cat,3\n2,dog,na\n3,dog,NaN\n", "2 missing values in the column age (first: row 4)"),
        (HEAD + "1,cat,2\n1,cat\n", "row 3 of {} has 2 cells, and the first has 3"),
        (HEAD + "1,cat,2\n\n1,cat,3\n", "row 3 of {} has 0 cells"),
        ("1,2\n3,4\n", "the first row of {} is 1, 2: it must name the columns"),
        ("a,b,a\n1,2,3\n", "several columns called a"),
        (HEAD, "has 1 rows, and needs one with the names of the columns and one of values"),
        ("", "has 0 rows"),
        ("a\ninf\n1\n", "the column a of {} has values that are infinite"),
        ("a\n" + "\n".join(f"w{n}" for n in range(60)), "has 60 different words (w0, w1, w10, w11, w12, w13, ...)"),
        (b"a\n\xff\n", "cannot be read"),
    ],
)
def test_what_cannot_be_learned_is_refused_by_name_and_row(tmp_path, text, says):
    options = given(tmp_path, text)
    with pytest.raises(DataError) as caught:
        inspect(options)
    assert says.format(options.data) in str(caught.value)


def test_a_table_has_one_part_and_no_size(tmp_path, people):
    with pytest.raises(ConfigError, match="--res is for images"):
        inspect(DataOptions(data=str(people), res=32))
    with pytest.raises(ConfigError, match="--split test"):
        inspect(DataOptions(data=str(people), split="test"))


@pytest.mark.parametrize("variant", ["vanilla", "pacgan"])
def test_trained_published_and_sampled_in_its_units(ganzoo, tmp_path, people, variant):
    extra = ("--latent-dim", 4, "--generator-widths", 8, "--discriminator-widths", 8) if variant == "vanilla" else ()
    ganzoo("train", variant, "--data", "people.csv", "--images", 600, "--device", "cpu", *extra, "--out", "run")
    ganzoo("push", "run", tmp_path / "store")
    ganzoo("pull", tmp_path / "store")
    (package,) = (tmp_path / "store" / "revisions").iterdir()
    spec = json.loads((package / "ganzoo.json").read_text())["data"]
    assert DataSpec.from_dict(spec).columns == load(tmp_path / "run").spec.columns
    card = (package / "README.md").read_text()
    assert "- columns: height (" in card
    assert "kind (cat, dog)" in card
    for model, out in (("run", "a.csv"), (package, "b.csv")):
        ganzoo("sample", model, "-n", 30, "--csv", out, "--out", "a.png")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert len(rows) == 30
    assert {row["kind"] for row in rows} <= {"cat", "dog"}
    assert all(row["age"].lstrip("-").isdecimal() for row in rows)
    # In units, not in deviations.
    assert 100 < numpy.mean([float(row["height"]) for row in rows]) < 240
    assert "Frechet distance" in ganzoo("eval", "a.csv", "--data", "people.csv", "--metrics", "fid", "-n", 30).out
    assert "Frechet distance" in ganzoo("eval", "run", "--data", "a.csv", "--metrics", "fid", "-n", 30).out


def test_no_csv_of_what_was_no_table(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 60, "--out", "run")
    with pytest.raises(ConfigError, match=r"a CSV is of tables, and run learned .*, which is none: write an .npz"):
        load(tmp_path / "run").sample(2).save_csv(tmp_path / "no.csv")
