"""`metrics.jsonl`: what is written is what is read, and a line that is none is named."""

from __future__ import annotations

import itertools
import json
import statistics

import pytest
from registry import forge

from ganzoo import Alarm, Diverged, Evaluated, Tick
from ganzoo.core.entries import CallbackFailure, warnings_of
from ganzoo.core.evaluation import Provenance, Settings
from ganzoo.errors import RunError
from ganzoo.runs.journal import Journal, to_record
from ganzoo.viz import curves

SETTINGS = Settings(600, 0, 5, 100, 1000, 10)
PROVENANCE = Provenance(**{**forge.PROVENANCE, "shape": (1, 8, 8), "settings": SETTINGS})
LINES = {
    '{"images": 10, "seconds": 0.5, "images_per_second": 20.0, "memory_bytes": 7, "generator/adversarial": 1.5}': Tick(
        10, 0.5, 20.0, 7, {"generator/adversarial": 1.5}
    ),
    '{"images": 20, "seconds": 1, "images_per_second": 20.0, "memory_bytes": 7, "resolution": 8, "fade": 0.25}': Tick(
        20, 1.0, 20.0, 7, {}, 8, 0.25
    ),
    '{"images": 20, "event": "vanishing generator", "message": "vanishing gradients"}': Alarm(
        20, "vanishing generator", "vanishing gradients"
    ),
    json.dumps(
        {"images": 20, "event": "eval", "metrics": {"modes": 9, "fid": 1.5, "counts": [1, 2]}}
        | {"provenance": forge.PROVENANCE, "notes": ["few"], "decided_by": "modes", "best": True}
    ): Evaluated(20, {"modes": 9, "fid": 1.5, "counts": [1, 2]}, PROVENANCE, ("few",), "modes", True),
    '{"images": 20, "event": "callback", "message": "it raised"}': CallbackFailure(20, "it raised"),
    '{"images": 30, "event": "diverged", "reason": "a weight is no longer finite"}': Diverged(
        30, "a weight is no longer finite"
    ),
}


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "metrics.jsonl")


def test_each_entry_is_one_line_that_reads_as_it(journal):
    for entry in LINES.values():
        journal.append(entry)
    assert [json.loads(line) for line in journal.path.read_text().splitlines()] == [json.loads(line) for line in LINES]
    assert journal.read() == list(LINES.values())
    found = journal.read()[3]
    assert isinstance(found.provenance, Provenance)
    assert found.provenance.line() == PROVENANCE.line()
    assert type(found.metrics["modes"]) is int


def test_a_line_that_a_kill_cut_short_is_left_out_and_cutting_back_keeps_lines_as_they_are(journal):
    journal.path.write_text("\n".join(LINES) + '\n{"images": 40, "sec')
    assert journal.read() == list(LINES.values())
    old = '{"images": 5, "event": "eval", "metrics": {"fid": 2}, "protocol": "reference mnist"}'
    journal.path.write_text("\n".join([old, *LINES]) + '\n{"images": 40}')
    assert journal.read()[0] == Evaluated(5, {"fid": 2})
    journal.cut_back(20)
    assert journal.path.read_text().splitlines() == [old, *list(LINES)[:-1]]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"images": 40, "sec', "line 7: Unterminated string"),
        ("[1]", "line 7: it is no object: [1]"),
        ('{"seconds": 1}', "line 7: images (="),
        (next(iter(LINES)).replace("1.5", '"low"'), "generator/adversarial (='low'): Input should be a valid number"),
        ('{"images": 40, "event": "vanishing", "message": "x"}', "line 7: event (='vanishing'): Input should be 'coll"),
        ('{"images": 40, "event": "eval", "metrics": {"fid": true}}', "line 7: metrics.fid"),
        (list(LINES)[3].replace('"resizer": "none", ', ""), "provenance.resizer"),
    ],
)
def test_a_line_that_is_no_entry_is_named(journal, line, said):
    journal.path.write_text("\n".join([*LINES, line]) + "\n")
    with pytest.raises(RunError) as raised:
        journal.read()
    assert f"{journal.path}, line 7: " in str(raised.value)
    assert said in str(raised.value)
    assert str(raised.value).endswith("; repair the line, or remove it")
    assert "\n" not in str(raised.value)


def test_one_broken_journal_does_not_hide_the_other_runs(ganzoo, tiny, tmp_path):
    for name in ("a", "b"):
        ganzoo(*tiny.train, "--images", 100, "--out", f"runs/{name}", "-q")
    with (tmp_path / "runs/a/metrics.jsonl").open("a") as file:
        file.write("{}\n")
    listed = json.loads(ganzoo("runs", "--json").out)
    assert [run["status"] for run in listed] == ["broken journal", "finished"]
    assert "metrics.jsonl, line " in ganzoo("report", "runs/a", code=1).err


def test_half_a_surrogate_pair_does_not_end_a_run(journal):
    """A path that is no UTF-8 may be in what a callback raised."""
    journal.append(CallbackFailure(10, "no file bad\udcff"))
    assert journal.read() == [CallbackFailure(10, "no file bad?")]


def test_what_a_callback_raised_is_no_news_of_the_training(journal):
    for entry in (LINES_OF := list(LINES.values()))[:5]:
        journal.append(entry)
    assert not isinstance(journal.news(), Diverged)
    journal.append(LINES_OF[-1])
    journal.append(CallbackFailure(30, "it raised"))
    assert isinstance(journal.news(), Diverged)
    assert warnings_of(journal.read()) == [LINES_OF[2], LINES_OF[5]]


def test_the_curves_mark_what_went_wrong_and_no_callback(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    marked, labels = [], []
    monkeypatch.setattr(Axes, "axvline", lambda self, x, **_: marked.append(x))
    monkeypatch.setattr(Axes, "set_xlabel", lambda self, text: labels.append(text))
    curves.plot_curves(list(LINES.values()), tmp_path / "curves.png")
    assert marked == [20, 30]
    assert labels == ["real images shown; red: vanishing generator, diverged"]


def lines_of(count, every_event=0):
    for index in range(count):
        yield to_record(Tick(index, float(index), 1.0, 1, {"loss": 0.5}))
        if every_event and index % every_event == 0:
            yield to_record(Alarm(index, "collapse", "collapse: all alike"))


@pytest.fixture
def long(journal):
    """A journal of 5,000 ticks and 50 alarms, longer than a block that is read at once."""
    journal.path.write_text("".join(f"{json.dumps(record)}\n" for record in lines_of(5000, 100)))
    return journal


@pytest.fixture
def parsed(monkeypatch):
    """What was made an entry."""
    from ganzoo.runs import journal as module

    found, made = [], module.from_record

    def note(record):
        found.append(record)
        return made(record)

    monkeypatch.setattr(module, "from_record", note)
    return found


def test_the_last_news_need_one_line(long, parsed):
    assert long.news().images == 4999
    assert len(parsed) == 1


def test_cutting_back_looks_at_what_is_dropped_alone(long, parsed):
    before = long.path.read_bytes()
    long.cut_back(4989)
    assert [record["images"] for record in parsed] == [*range(4999, 4988, -1)]
    kept = long.path.read_bytes()
    assert before.startswith(kept)
    assert json.loads(kept.splitlines()[-1])["images"] == 4989
    long.cut_back(-1)
    assert long.path.read_bytes() == b""


def test_thinned_ticks_are_evenly_spread_and_all_else_is_there(long, parsed):
    entries = long.read(ticks=100)
    ticks = [entry.images for entry in entries if isinstance(entry, Tick)]
    assert sum(isinstance(entry, Alarm) for entry in entries) == 50
    assert 90 <= len(ticks) <= 100
    assert ticks[-1] == 4999
    # By bytes; where that is an alarm's, the next tick is a stretch later.
    gaps = [after - before for before, after in itertools.pairwise(ticks)]
    assert 45 <= statistics.median(gaps) <= 55
    assert max(gaps) <= 110
    # The end of the file is looked for by its last line.
    assert len(parsed) == len(entries) + 1
    assert [type(entry) for entry in long.read(ticks=0)] == [Alarm] * 50
    assert len(long.read(ticks=6000)) == 5050


@pytest.mark.parametrize("place", [0, 1, 2500, 5049])
def test_the_end_is_read_as_the_beginning(long, place):
    lines = long.path.read_bytes().splitlines(keepends=True)
    lines[place] = b'{"images": "many"}\n'
    long.path.write_bytes(b"".join(lines))
    said = rf"metrics\.jsonl, line {place + 1}: images \(='many'\)"
    with pytest.raises(RunError, match=said):
        long.read()
    with pytest.raises(RunError, match=said):
        long.cut_back(-1)


@pytest.mark.parametrize("content", [b"", b"\n", b'{"images"', b"x" * 200_000])
def test_no_whole_line_is_no_news(journal, content):
    journal.path.write_bytes(content)
    if content != b"\n":
        assert journal.news() is None
        assert journal.read() == []
    journal.path.unlink()
    assert journal.news() is None
    assert journal.read(ticks=10) == []


def test_a_line_without_end_is_refused(journal):
    with journal.path.open("wb") as file:
        file.write(b"x" * 2**25 + b"\n")
    with pytest.raises(RunError, match=r"a line of more than 16,777,216 bytes"):
        journal.news()
