"""What may stand in a page: code that is run, or text that cannot be taken for a command."""

from __future__ import annotations

import re

import pytest
from docs.commands import mistakes, typed
from docs.pages import ROOT, Block, blocks, pages

LANGUAGES = {"sh", "python", "text", "toml", "ts", "yaml"}
PARTS = {".py", ".toml", ".sh", ".slurm", ".yaml"}
"""Of files that pages show a part of."""

EXCUSED = 14
"""Blocks that are not run, with a reason. This number may fall."""


@pytest.mark.parametrize("page", pages())
def test_every_block_names_its_language(page):
    for block in blocks(page):
        # What CI runs; `.ci/run` looks for it as it stands.
        if page == "README.md" and block.text.startswith("python3 -m venv"):
            assert not block.language
            continue
        assert block.language in LANGUAGES, f"{block}: fence it, as one of {', '.join(sorted(LANGUAGES))}"
        if block.language == "text":
            assert not re.search(r"^(ganzoo|python3?|pip|\$) ", block.text, re.MULTILINE), f"{block} is a command"


@pytest.mark.parametrize("page", pages())
def test_no_command_stands_outside_of_blocks(page):
    """Below a list, indented lines are a paragraph of it."""
    inside = {block.line + number for block in blocks(page) for number in range(len(block.text.splitlines()))}
    lines = enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1)
    assert not [text for number, text in lines if number not in inside and re.match(r"\s+ganzoo ", text)]


def test_few_blocks_are_not_run():
    there = [block for page in pages() for block in blocks(page) if block.excuse]
    excused = [f"{block}: {block.excuse}" for block in there if not part_of(block)]
    assert len(excused) <= EXCUSED, "\n".join(excused)


def test_parts_of_tested_files_are_in_them():
    for block in (block for page in pages() for block in blocks(page) if part_of(block)):
        files = [path for path in sorted((ROOT / part_of(block)).rglob("*")) if path.suffix in PARTS]
        assert any(block.text in path.read_text() for path in files), f"{block} is not in {part_of(block)}"


def part_of(block: Block) -> str:
    """The folder of whose tested files a block is a part."""
    match = re.fullmatch("a part of ((examples|scripts)/.+)", block.excuse)
    return match[1] if match else ""


@pytest.mark.parametrize("page", pages())
def test_commands_in_prose_exist(page):
    for line in typed(page):
        assert not mistakes(line), f"{page}: `{line}`"


def test_mistakes_are_seen():
    assert mistakes("ganzoo train dcgan --imges 2M") == ["--imges"]
    assert mistakes("ganzoo pull x && ganzoo sampel") == ["sampel"]
    assert mistakes("ganzoo models prun") == ["prun"]
    assert not mistakes("ganzoo train VARIANT --images 2M --no-plugin x  # --nothing")
