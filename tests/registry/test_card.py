"""The model card: generated parts are renewed, a person's words stay."""

import re

import pytest
import yaml
from huggingface_hub import ModelCard
from registry import forge

from ganzoo.registry.packages import card
from ganzoo.registry.packages.card import BEGIN, END
from ganzoo.registry.packages.package import Package


@pytest.fixture
def manifest(tmp_path):
    forge.make(tmp_path / "model")
    return Package.open(tmp_path / "model").manifest


def written(manifest):
    return card.write(manifest, "hf://org/tiny", "Tiny GAN", "arXiv:1406.2661")


def front(text):
    return yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])


def test_a_model_of_source_images_is_filed_under_them(manifest):
    values = {**manifest.data.model_dump(), "condition": {"shape": (3, 28, 28), "paired": True}}
    sourced = manifest.model_copy(update={"data": type(manifest.data).model_validate(values)})
    assert front(written(sourced))["pipeline_tag"] == "image-to-image"


def test_the_front_matter_is_what_the_hub_reads(manifest):
    """Read by the Hub's own client."""
    data = ModelCard(written(manifest)).data
    assert (data.library_name, data.pipeline_tag) == ("ganzoo", "unconditional-image-generation")
    assert data.tags == ["gan", "dcgan"]
    assert data.license == "cc0-1.0"
    assert data.datasets == ["mnist"]
    (result,) = data.eval_results
    assert (result.metric_type, result.metric_value) == ("fid", 12.5)


def test_a_license_in_words_is_named_beside_other(manifest):
    in_words = manifest.model_copy(update={"license": "ask us first"})
    assert front(written(in_words))["license"] == "other"
    assert front(written(in_words))["license_name"] == "ask us first"
    assert "license" not in front(written(manifest.model_copy(update={"license": None})))


def test_the_block_tells_how_to_get_it_and_what_it_is(manifest):
    text = written(manifest)
    for expected in ("ganzoo pull hf://org/tiny && ganzoo sample", "https://arxiv.org/abs/1406.2661", "samples.png"):
        assert expected in text
    assert "| Frechet distance | 12.5 |" in text
    assert "600 fake from tiny at 600 images; extractor digits 111111111111;" in text


def test_words_of_people_survive_and_the_block_is_renewed(manifest):
    old = written(manifest).replace(BEGIN, f"Above.\n\n{BEGIN}") + "\nBelow, with a [link](x.png).\n"
    old = old.replace("library_name: ganzoo", "library_name: ganzoo\nlanguage: de\nthumbnail: x.png")
    newer = written(manifest.model_copy(update={"images": 1234}))
    merged = card.merge(old, newer)
    assert "Above." in merged
    assert "Below, with a [link](x.png)." in merged
    assert "1,234 images seen" in merged
    assert "600 images seen" not in merged
    assert merged.count(BEGIN) == merged.count(END) == 1
    assert front(merged) == {**front(newer), "language": "de", "thumbnail": "x.png"}
    assert card.merge(merged, newer) == merged


@pytest.mark.parametrize(
    "old",
    [
        "# Only words\n\nof a person.\n",
        "---\n[not: a mapping\n---\n# Only words\n\nof a person.\n",
        f"# Only words\n\nof a person.\n{BEGIN}\nno end\n",
    ],
)
def test_a_card_without_our_block_gets_it_above_the_words(manifest, old):
    merged = card.merge(old, written(manifest))
    assert "of a person." in merged
    assert "ganzoo pull hf://org/tiny" in merged
    assert front(merged) == front(written(manifest))


def test_words_that_came_with_the_package_are_not_doubled(manifest):
    card_with_words = written(manifest) + "\nOnce.\n"
    assert card.merge(card_with_words, card_with_words) == card_with_words


def test_an_empty_card_is_replaced(manifest):
    assert card.merge("\n", written(manifest)) == written(manifest)


def test_a_model_that_was_not_evaluated_says_so(manifest):
    text = written(manifest.model_copy(update={"final": None}))
    assert "No figures: the run was not evaluated while it trained (`--eval-every`)." in text
    assert "model-index" not in front(text)


@pytest.mark.parametrize(
    "front",
    [
        "a: " + "[" * 5000 + "]" * 5000,
        "a: " + "{b: " * 3000 + "}" * 3000,
        "when: 2024-99-99",
        "? [a]\n: b",
        "{{}: 1}: 2",
    ],
    ids=["lists", "maps", "no date", "a list as key", "a map as key"],
)
def test_front_matter_that_is_a_trap_ends_no_push(manifest, front):
    new = written(manifest)
    merged = card.merge(f"---\n{front}\n---\nMy own words.\n", new)
    assert "My own words." in merged
    assert BEGIN in merged
    assert yaml.safe_load(re.match(r"---\n(.*?)\n---\n", merged, re.DOTALL)[1])["library_name"] == "ganzoo"
