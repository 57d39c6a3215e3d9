"""Options from a file or of another run: `ganzoo train --config`, `--like`, and the schema of such files."""

import json

import pytest
from docs.pages import blocks

from ganzoo import api
from ganzoo.errors import ConfigError
from ganzoo.runs.asked import asked
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.runs.schema import config_schema

FORMS = {
    "x.toml": 'variant = "vanilla"\npreset = "paper"\nimages = "2k"\ngenerator_widths = [8, 16]\n'
    'from = "vanilla-mnist"\n',
    "x.yaml": "variant: vanilla\npreset: paper\nimages: 2k\ngenerator_widths: 8,16\nfrom: vanilla-mnist\n",
    "x.json": json.dumps(
        {"$schema": "s", "variant": "vanilla", "preset": "paper", "images": 2000, "generator_widths": [8, 16]}
        | {"from_": "vanilla-mnist"}
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_command_over_file_over_preset(tmp_path, name):
    (tmp_path / name).write_text(FORMS[name])
    plan = Plan.resolve(*asked(None, None, {"lr": "0.5", "generator_widths": "4"}, config=tmp_path / name))
    assert (plan.preset, plan.config.images, plan.training.from_) == ("paper", 2000, "vanilla-mnist")
    assert (plan.config.lr, plan.config.generator_widths, plan.config.batch_norm) == (0.5, (4,), False)
    assert sorted(plan.given) == ["from_", "generator_widths", "images", "lr"]
    assert asked("vanilla", "laptop", {}, config=tmp_path / name)[:2] == ("vanilla", "laptop")
    assert "images" not in asked(None, None, {"epochs": 2}, config=tmp_path / name)[2]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.toml", "lr = 1", r'x\.toml names no variant: write variant = "dcgan" into it'),
        ("x.toml", 'variant = "dcgan"\nlr = 1', r"x\.toml is of dcgan, and vanilla was asked for: leave vanilla out"),
        ("x.toml", 'variant = "vanilla"\nbatch_sise = 4', r"batch_sise is no option of vanilla: did .* batch_size"),
        ("x.toml", 'variant = "vanilla"\nout = "r"', r"x\.toml: out says nothing .* give it beside the file"),
        ("x.toml", 'variant = "vanilla"\nlr = -1', r"x\.toml: lr \(=-1\) must be greater than 0"),
        ("x.toml", 'variant = "vanilla"\npreset = "papr"', r"x\.toml: no preset is called 'papr': choose one of paper"),
        ("x.toml", "variant = 4", r"x\.toml: variant \(=4\) must be a name"),
        ("x.toml", "lr = ", r"x\.toml is no TOML: "),
        ("x.txt", "a: 1", r"x\.txt is no TOML \(\.yaml, \.yml and \.json are read as what they say\)"),
        ("x.yaml", "a: [", r"x\.yaml is no YAML: while parsing"),
        ("x.yaml", "lr: 1\nlr: 2", r"x\.yaml is no YAML: the key 'lr' is there twice"),
        ("x.yaml", "- a", r"x\.yaml must hold keys with values"),
        ("x.yaml", "1: a", r"x\.yaml: the key 1 must be text"),
        ("x.json", "{", r"x\.json cannot be read as JSON"),
        ("x.json", '{"variant": "vanilla", "options": {}}', r"x\.json: plugin is missing"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_a_sentence(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=words):
        asked("vanilla" if "dcgan" in text else None, None, {}, config=tmp_path / name)


def test_what_cannot_be_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--config and --like both say"):
        asked("vanilla", None, {}, config="x.toml", like="run")
    with pytest.raises(ConfigError, match=r"nothing\.toml cannot be read: No such file"):
        asked("vanilla", None, {}, config="nothing.toml")
    with pytest.raises(ConfigError, match="no variant was named"):
        api.train()
    # Only with what is typed beside it is it whole.
    assert asked("vanilla", None, {"range": "0,1"}, config={"dtype": "float32"})[2]["dtype"] == "float32"


def test_a_run_like_another(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--preset", "paper", "--out", "one")
    one = Run.open(tmp_path / "one")
    ganzoo("train", "--like", "one", "--lr", "0.125", "--out", "two")
    two = Run.open(tmp_path / "two")
    assert {**two.config.options.model_dump(), "lr": one.config.options.lr} == one.config.options.model_dump()
    assert (two.config.preset, two.spec.digest, two.config.options.lr) == ("paper", one.spec.digest, 0.125)
    assert {"lr", "images", "data"} <= set(two.config.given)
    assert "beta1" not in two.config.given
    # From the file it is the same, and what the preset decided follows another one.
    assert asked(None, None, {}, config=tmp_path / "one/config.json") == asked(None, None, {}, like=one)
    laptop = Plan.resolve(*asked(None, "laptop", {}, like=one))
    assert (laptop.config.beta1, laptop.config.latent_dim) == (0.5, 4)
    assert ganzoo("train", "dcgan", "--like", "one", code=2).err.startswith("error: one is of vanilla, and dcgan")
    assert "--like one" in ganzoo("train", "--config", "one", code=2).err


def test_what_was_worked_out_is_worked_out_again(tmp_path):
    _, preset, given = asked("progan", "laptop", {"images": 1000, "res": 32})
    plan = Plan.resolve("progan", preset, given)
    from ganzoo.core.data_spec import DataSpec

    spec = DataSpec("x", (1, 32, 32), count=10)
    config = plan.settle("cpu", spec).to_config(spec, {})
    again = asked(None, None, {}, like=Run(tmp_path, config))[2]
    assert config.options.stage_images < 1000
    assert "stage_images" not in again
    assert again["images"] == 1000


def test_the_schema_knows_every_option_and_all_its_spellings():
    schema = config_schema("vanilla")
    properties = schema["properties"]
    (example,) = [block.text for block in blocks("docs/config.md") if block.language == "toml"]
    assert {line.split(" = ")[0] for line in example.splitlines()} <= set(properties)
    assert properties["variant"]["const"] == "vanilla"
    assert "laptop" in properties["preset"]["enum"]
    assert "from" in properties
    assert properties["lr"]["exclusiveMinimum"] == 0
    assert properties["batch_norm"]["type"] == "boolean"
    assert [choice.get("type", choice.get("const")) for choice in properties["eval_every"]["anyOf"]] == [
        "integer", "null", 0, "string"
    ]  # fmt: skip
    assert {choice["type"] for choice in properties["generator_widths"]["anyOf"]} == {"array", "string"}
    assert '"gt"' not in json.dumps(schema)
