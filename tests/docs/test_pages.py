"""Every block of code in the documentation is run, from the top of a page to its bottom."""

from __future__ import annotations

import pytest
from docs import shorter
from docs.pages import Block, blocks, pages
from docs.sandbox import NEEDS, Sandboxes


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory):
    made = Sandboxes(tmp_path_factory.mktemp("docs"))
    yield made
    made.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", [page for page in pages() if any(block.runs for block in blocks(page))])
def test_page(page, sandboxes):
    code, said = sandboxes.run(page, [block for block in blocks(page) if block.runs])
    assert code == 0, f"{page}:\n{said[-4000:]}"


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("sh", "ganzoo train nothing --images 2M", "exit code 2"),
        ("sh", "ganzoo list | grep nothing\necho not reached", "exit code 1"),
        ("python", "import ganzoo\nganzoo.load('nothing')", "RegistryError"),
        ("python", "raise SystemExit(3)", "exit code 3"),
    ],
)
def test_a_page_that_is_wrong_fails(language, text, said, sandboxes):
    wrong = Block("wrong.md", 7, language, f"{text}\n")
    code, told = sandboxes.run(f"wrong-{abs(hash(text))}.md", [wrong, Block("wrong.md", 9, "sh", "echo next\n")])
    assert code == 1
    assert said in told
    assert "wrong.md:7: exit code" in told
    assert "not reached" not in told.splitlines()
    assert "next" not in told.splitlines()


def test_a_page_is_run_from_top_to_bottom_in_one_place(sandboxes):
    first = Block("good.md", 1, "python", "import pathlib\npathlib.Path('a b').write_text('found')\n")
    then = Block("good.md", 3, "sh", "ls && GANZOO_PLUGINS= ganzoo list 'dc*' > list.txt\ncat 'a b'  # this\n")
    last = Block("good.md", 5, "python", "assert 'dcgan' in pathlib.Path('list.txt').read_text()\n")
    code, told = sandboxes.run("good.md", [first, then, last])
    assert code == 0, told
    assert "found" in told


def test_nothing_of_a_command_is_changed_but_its_length():
    typed = ["train", "dcgan", "--width", "8", "--images", "2M", "--batch-size", "64"]
    assert shorter.command(typed)[: len(typed)] == typed
    assert "--width" not in shorter.command(typed)[len(typed) :]
    assert shorter.command(typed)[-4:] != typed[-4:]
    assert shorter.command(["train", "dcgan", "--help"]) == ["train", "dcgan", "--help"]
    assert shorter.command(["sample", "-n", "3"]) == ["sample", "-n", "3"]


def test_what_pages_need_is_of_pages_that_there_are():
    assert set(NEEDS) <= set(pages())
