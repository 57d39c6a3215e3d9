from __future__ import annotations

import json

import pytest

from ganzoo.data import DataOptions
from ganzoo.errors import ConfigError


def test_values_as_they_are_typed():
    options = DataOptions.parse(
        {"classes": "3, cat", "limit": "2k", "data_memory": "1.5G", "channels": "3", "res": "64", "workers": "0"}
    )
    assert options.classes == (3, "cat")
    assert options.limit == 2000
    assert options.data_memory == 3 << 29
    assert (options.channels, options.res, options.workers) == (3, 64, 0)


def test_survive_json():
    options = DataOptions.parse({"classes": "3,cat", "data_root": "x", "data_memory": "500M"})
    assert DataOptions.parse(json.loads(options.model_dump_json())) == options


def test_every_field_is_described():
    assert all(field.description for field in DataOptions.model_fields.values())


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"res": 0}, "--res"),
        ({"res": -4}, "--res"),
        ({"channels": 65}, "--channels"),
        ({"classes": "3,,7"}, "3,7"),
        ({"classes": ""}, "--classes"),
        ({"limit": 0}, "--limit"),
        ({"data_memory": "much"}, "500M, 2G"),
        ({"data_disk": "-1"}, "--data-disk"),
        ({"split": "half"}, "--split"),
        ({"workers": -1}, "--workers"),
        ({"data": ""}, "--data"),
    ],
)
def test_bad_values_name_the_option(values, named):
    with pytest.raises(ConfigError, match=named):
        DataOptions.parse(values)
