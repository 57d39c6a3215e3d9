"""Numbers as people read them."""

import pytest

from ganzoo.utils.figures import (
    brief,
    duration,
    figure,
    figure_title,
    leading,
    line_of,
    memory,
    number,
    short_size,
    value,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (number(7), "7"), (number(12_345), "12,345"), (number(12_345.0), "12,345"), (number(1.23456), "1.235"),
        (brief(0.5), "0.5"), (brief(200_000), "200k"), (brief(-1.5e6), "-1.5M"), (brief(1e-5), "1e-05"),
        (short_size(0), "0 B"), (short_size(999), "999 B"), (short_size(12_500), "12.5 kB"),
        (short_size(1_300_000_000), "1.3 GB"), (memory(750 << 20), "750 MiB"), (memory(3 << 30), "3.0 GiB"),
        (duration(17.2), "17 s"), (duration(89), "89 s"), (duration(90), "2 min"), (duration(12_240), "3.4 h"),
        (value(None), "not set"), (value(True), "yes"), (value(0.1), "0.1"), (value({"a": [1, 2000]}), "a 1, 2,000"),
        (value(list(range(23))), f"{', '.join(map(str, range(20)))} and 3 more"),
    ],
)  # fmt: skip
def test_in_words(said, expected):
    assert said == expected


def test_what_stands_beside_a_figure():
    figures = {"kid": 0.01, "kid_se": 0.001, "modes": 9, "modes_total": 10, "seen": [1, 2]}
    assert leading(figures) == ["kid", "modes", "seen"]
    assert line_of(figures) == "kid 0.01  kid_se 0.001  modes 9  modes_total 10"
    assert line_of({"fid": 12.3456, "kid": 1e-5}, ", ") == "Frechet distance 12.35, kid 1e-05"
    assert [figure(figures, name) for name in ("kid", "modes", "seen", "none")] == [
        "0.01 \N{PLUS-MINUS SIGN} 0.001 (se)", "9 of 10", "1, 2", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "extractor", "shown"),
    [
        ("fid", "inception-v3-compat (torch-fidelity 0.4.0)", "fid"),
        ("fid", "photos", "Frechet distance (photos)"),
        ("fid", "bright (mine)", "Frechet distance (bright)"),
        ("fid", "", "Frechet distance"),
        ("kid", "photos", "kid"),
    ],
)
def test_only_inceptions_frechet_distance_is_called_fid(name, extractor, shown):
    assert figure_title(name, extractor) == shown
