"""A deliberately wrong plugin for every check: that check is the first to fail, and says what was seen."""

import dataclasses
import importlib

import pytest
from conformance.broken import FAULTS
from testing.wrong import PLUGINS, VARIANTS, lay_out

from ganzoo import plugins
from ganzoo.testing import CHECKS, Nonconforming, check_plugin
from ganzoo.testing.cases import cases_of_variant

NAMES = [check.name for check in CHECKS]


def test_every_check_has_a_plugin_that_fails_it():
    wrong = [wrong.check for wrong in (*PLUGINS.values(), *VARIANTS.values())]
    assert {*wrong, *(check for check, _ in FAULTS.values() if check)} == set(NAMES)


def test_names_are_kebab_case_and_each_check_says_why():
    assert len(set(NAMES)) == len(NAMES)
    for check in CHECKS:
        assert check.name.replace("-", "").isalnum()
        assert check.name == check.name.lower()
        assert check.why.endswith(".")
        assert check.load()


@pytest.mark.parametrize("name", PLUGINS)
def test_a_wrong_plugin_is_found(tmp_path, name):
    wrong = PLUGINS[name]
    upto = NAMES[: NAMES.index(wrong.check) + 1]
    report = check_plugin(lay_out(tmp_path, wrong=wrong), upto)
    assert not report.passed
    first = next(result for result in report.results if result.status == "failed")
    assert first.check.name == wrong.check, first.seen
    assert wrong.said in first.seen
    assert first.seen.startswith("mygan")
    assert first.seen.count(": ") >= 2  # who, what was seen, how to fix it


@pytest.mark.parametrize("name", ["sound", *VARIANTS])
def test_a_wrong_variant_is_found(tmp_path, name, monkeypatch):
    wrong, own = VARIANTS.get(name), name.replace("-", "")
    root = lay_out(tmp_path, own, wrong)
    monkeypatch.syspath_prepend(root / "src")
    (variant,) = importlib.import_module(f"ganzoo_{own}").ganzoo_variants()
    checks, said = verdict(variant)
    assert checks[0] == (wrong.check if wrong else "")
    assert (wrong.said.replace("mygan", own) if wrong else "") in said
    assert said.startswith(own if wrong else "")
    assert said.count(": ") >= (2 if wrong else 0)


def test_a_variant_that_does_not_learn_what_it_says_is_found():
    toy = dataclasses.replace(plugins.registry().find("toy"), data="both")
    assert verdict(toy) == (
        ["forms"],
        "toy: the descriptor says data='both', and no preset fits image data: let `check` of the config accept it, "
        "or say data='vector'",
    )


def verdict(variant):
    for case in cases_of_variant(variant):
        try:
            case.run()
        except Nonconforming as error:
            return [case.check.name], str(error)
    return [""], ""
