"""Options: what is taken, and in what words the rest is refused."""

import pytest

from ganzoo import ConfigError, Count, VariantConfig, Widths, variants
from ganzoo.core.data_spec import ClassLabels, DataSpec


class Example(VariantConfig):
    rate: float = 0.1
    size: Count = 1
    widths: Widths = (1,)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200k", 200_000), ("1.5M", 1_500_000), ("50_000", 50_000), ("7", 7), (" 2K ", 2000), ("2m", 2_000_000),
        ("0.001M", 1000), ("1_000.5k", 1_000_500), ("1.1M", 1_100_000), ("4.35k", 4350), ("1.001k", 1001),
        ("9007199254740993", 9007199254740993), (12, 12),
    ],
)  # fmt: skip
def test_counts(text, value):
    assert Example.parse({"size": text}).size == value


@pytest.mark.parametrize(
    "text", ["", "k", "1.5", "0.0001k", "-5", "1e6", "5 thousand", "1,000", "2G", "_5", "nan", 1.5]
)
def test_counts_that_are_none(text):
    with pytest.raises(ConfigError, match=r"--size \(=.*\) must be "):
        Example.parse({"size": text})


@pytest.mark.parametrize(
    ("text", "value"), [("256,512", (256, 512)), ("8", (8,)), (" 1 , 2", (1, 2)), ((3, 4), (3, 4))]
)
def test_widths(text, value):
    assert Example.parse({"widths": text}).widths == value


@pytest.mark.parametrize("text", ["", "1,,2", "0", "-1", "a", "1.5", ()])
def test_widths_that_are_none(text):
    with pytest.raises(ConfigError, match=r"--widths \(="):
        Example.parse({"widths": text})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"batch_size": 0}, "--batch-size (=0) must be greater than 0"),
        ({"ema_images": "-1"}, "--ema-images (=-1) must be a whole number, and may end in k or M: 50000, 200k, 1.5M"),
        ({"ema_images": -1}, "--ema-images (=-1) must be greater than or equal to 0"),
        ({"rate": "fast"}, "--rate (=fast) must be a valid number, unable to parse string as a number"),
        ({"rate": float("nan")}, "--rate (=nan) must be a finite number"),
        ({"rate": "inf"}, "--rate (=inf) must be a finite number"),
    ],
)
def test_a_refusal_names_option_value_and_bound(values, sentence):
    with pytest.raises(ConfigError) as refused:
        Example.parse(values)
    assert str(refused.value) == sentence


def test_an_unknown_option_lists_those_that_exist():
    with pytest.raises(ConfigError, match=r"'speed' is not an option here: choose from batch_size, .*rate, size"):
        Example.parse({"speed": 1})


def test_what_is_given_wins_over_the_preset_and_the_preset_over_the_default():
    class Preset(Example):
        presets = {"paper": {}, "laptop": {"rate": 0.5, "size": 9}}

    assert Preset.resolve("paper", {}).rate == 0.1
    resolved = Preset.resolve("laptop", {"size": 3})
    assert (resolved.rate, resolved.size) == (0.5, 3)
    with pytest.raises(ConfigError, match="no preset is called 'fast': choose one of paper, laptop"):
        Preset.resolve("fast", {})


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_every_preset_of_every_variant_is_valid(variant):
    config = variant.load_config()
    assert {"paper", "laptop"} <= set(config.presets)
    for preset in config.presets:
        assert set(config.presets[preset]) <= set(config.model_fields)
        data = DataSpec("images", (1, 32, 32), 100, ClassLabels(("a", "b")))
        assert config.resolve(preset, {}).fitted(data).images > 0
    assert all(field.description for field in config.model_fields.values())


@pytest.mark.parametrize("resolution", [28, 32, 64, 128])
def test_dcgan_takes_its_resolutions(resolution):
    config = next(v for v in variants() if v.name == "dcgan").load_config()
    config().check(DataSpec("some", (3, resolution, resolution), 10))


@pytest.mark.parametrize("resolution", [8, 16, 48, 256])
def test_dcgan_refuses_others(resolution):
    config = next(v for v in variants() if v.name == "dcgan").load_config()
    with pytest.raises(ConfigError, match=f"28, 32, 64, 128 pixels, and some has {resolution}: .*--res"):
        config().check(DataSpec("some", (3, resolution, resolution), 10))
