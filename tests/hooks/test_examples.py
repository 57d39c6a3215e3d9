"""The examples of docs/plugins.md: installed as they are printed there, and used."""

from __future__ import annotations

import importlib
import json
import re

import numpy
import pytest
from engine.runs import assert_same_end, records
from PIL import Image


def test_a_variant(ganzoo, example, tiny, tmp_path):
    example("ganzoo_onelayer")
    assert "GAN of one layer a player" in ganzoo("list").out
    options = ("--data", "tiny.npz", "--device", "cpu", "--images", 320, "--latent-dim", 3, "--out", "run")
    ganzoo("train", "onelayer", *options)
    assert len(records(tmp_path / "run")) > 2
    ganzoo("sample", "run", "-n", 4, "--npz", "samples.npz")
    assert numpy.load(tmp_path / "samples.npz")["images"].shape == (4, 8, 8, 1)


def test_data_sources(ganzoo, example, tmp_path):
    example("ganzoo_table")
    pixels = numpy.random.RandomState(0).randint(0, 256, (36, 50, 3), dtype=numpy.uint8)
    Image.fromarray(pixels).save(tmp_path / "sheet.png")
    (tmp_path / "points.csv").write_text("\n".join(f"{x},{x / 10}" for x in range(40)))
    train = ("train", "vanilla", "--device", "cpu", "--images", 200, "--batch-size", 10)
    for data, shape, count, classes in (
        ("stripes", [1, 16, 16], 400, ["0", "45", "90", "135"]),
        ("sheet:sheet.png", [3, 16, 16], 6, []),
        ("table:points.csv", [2], 40, []),
    ):
        run = tmp_path / f"run-{data[:5]}"
        ganzoo(*train, "--data", data, "--out", run.name)
        spec = json.loads((run / "config.json").read_text())["spec"]
        names = spec["condition"]["names"] if spec["condition"] else []
        assert (spec["shape"], spec["count"], names) == (shape, count, classes)
    ganzoo(
        *train, "--data", "sheet:sheet.png", "--data-memory", 0, "--data-disk", 0, "--workers", 1, "--out", "streamed"
    )
    assert_same_end(tmp_path / "run-sheet", tmp_path / "streamed")
    options = ("--data", "sheet:sheet.png", "--channels", 1, "-n", 6, "--metrics", "diversity", "--json")
    judged = ganzoo("eval", "sheet:sheet.png:all", *options)
    assert json.loads(judged.out)["values"]["diversity"] == pytest.approx(1)
    said = ganzoo(*train, "--data", "table:nothing.csv", code=1).err
    assert "data source 'table' of the plugin 'table': nothing.csv is no table of numbers" in said
    assert "needs PATH behind a colon" in ganzoo(*train, "--data", "sheet", code=2).err


def test_a_metric_and_an_extractor(ganzoo, example, tmp_path):
    """Sliced Wasserstein distance of thumbnails, checked against scipy's one-dimensional distances."""
    from scipy.stats import wasserstein_distance

    example("ganzoo_sliced")
    example("ganzoo_thumbnails")
    random = numpy.random.RandomState(0)
    sets = {"reals": random.randint(0, 128, (200, 8, 8)), "fakes": random.randint(64, 256, (200, 8, 8))}
    for name, images in sets.items():
        numpy.savez(tmp_path / f"{name}.npz", images=images.astype(numpy.uint8))
    asked = ("-n", 200, "--extractor", "thumbnails", "--metrics", "fid,sliced", "--device", "cpu", "--json")
    report = json.loads(ganzoo("eval", "fakes.npz", "--data", "reals.npz", *asked).out)
    assert report["provenance"]["extractor"] == "thumbnails (ganzoo-thumbnails 1.5)"
    reals, fakes = (sets[name].reshape(200, -1) / 255 for name in ("reals", "fakes"))
    directions = numpy.random.RandomState(1).randn(64, 400)
    directions /= numpy.linalg.norm(directions, axis=0)
    expected = numpy.mean([wasserstein_distance(reals @ one, fakes @ one) for one in directions.T])
    # Of other directions, so only about the same.
    assert report["values"]["sliced"] == pytest.approx(expected, rel=0.15)
    assert "sliced is rough: there are 200 fakes" in " ".join(report["notes"])


def test_a_store(ganzoo, example, site, tiny, tmp_path, monkeypatch):
    example("ganzoo_shelf")
    ganzoo(*tiny.train, "--images", 100, "--out", "run")
    shelf = {"environment": {"SHELF": "books"}}
    pushed = ganzoo("push", "run", "shelf://noise", **shelf).out
    revision = re.search(r"shelf://noise@([0-9a-f]{16})", pushed)[1]
    assert [path.name for path in (tmp_path / "books/noise").iterdir()] == [f"{revision}.zip"]
    pulled = ganzoo("pull", "shelf://noise", **shelf).out
    assert revision in pulled
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SHELF", str(tmp_path / "books"))
    found = importlib.import_module("ganzoo_shelf.store").Shelf(offline=True)
    assert [(one.reference, one.variant) for one in found.search("OIS")] == [("shelf://noise", "vanilla")]
    assert found.search("elephant") == []
    ganzoo("sample", "shelf://noise", "-n", 4, "--seed", 3, "--npz", "pulled.npz", **shelf)
    ganzoo("sample", "run", "-n", 4, "--seed", 3, "--npz", "own.npz", **shelf)
    one, other = (numpy.load(tmp_path / f"{name}.npz")["images"] for name in ("pulled", "own"))
    assert (one == other).all()
    assert "shelf has no tags" in ganzoo("push", "run", "shelf://noise@best", code=1, **shelf).err
    assert "books has no model nothing" in ganzoo("pull", "shelf://nothing", code=1, **shelf).err
    damaged = tmp_path / f"books/noise/{revision}.zip"
    damaged.write_bytes(damaged.read_bytes()[:-300])
    elsewhere = {"environment": {"SHELF": "books", "GANZOO_HOME": "elsewhere"}}
    failed = ganzoo("pull", "shelf://noise", code=1, **elsewhere).err
    assert failed.startswith(f"error: shelf://noise@{revision} cannot be read")


def test_a_command_group(ganzoo, example, tiny, tmp_path):
    example("ganzoo_disk")
    assert "How much room runs take." in ganzoo("--help").out
    ganzoo(*tiny.train, "--images", 50)
    size_bytes = sum(path.stat().st_size for path in (tmp_path / "runs/vanilla-tiny-1").rglob("*") if path.is_file())
    assert ganzoo("disk", "usage").out == f"{size_bytes:>12,}  vanilla-tiny-1\n"
    assert ganzoo("disk", "usage", "--folder", "no", code=1).err.startswith("error: no is no folder")


def test_a_callback(ganzoo, example, tiny, tmp_path):
    example("ganzoo_losses")
    said = ganzoo(*tiny.train, "--images", 100, "--log-every", 20, "--callbacks", "losses", "--out", "run").out
    assert "run/losses.csv: finished at 100 images\n" in said
    head, *lines = (tmp_path / "run/losses.csv").read_text().splitlines()
    assert head == "images,generator,discriminator"
    assert lines == [
        f"{record['images']},{record['generator/adversarial']:.4f},{record['discriminator/adversarial']:.4f}"
        for record in records(tmp_path / "run")
    ]
