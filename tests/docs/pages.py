"""The pages of the documentation, and the blocks of code in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
SKETCHES = {"docs/design.md"}
"""Its blocks are contracts with their bodies left out."""

_EXCUSE = re.compile(r"<!-- not run: (.+?) -->")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Args:
        page: Path from the root of the repository.
        line: Of its first line of code.
        language: As written behind the fence; empty: none, or indented instead of fenced.
        excuse: Why it is not run, from a comment right before it.
    """

    page: str
    line: int
    language: str
    text: str
    excuse: str = ""

    @property
    def runs(self) -> bool:
        return self.language in ("sh", "python") and not self.excuse

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page with blocks that are run, as paths from the root."""
    paths = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md")]
    names = {path.relative_to(ROOT).as_posix() for path in paths}
    return sorted(names - SKETCHES)


def blocks(page: str) -> list[Block]:
    """The blocks of a page from top to bottom."""
    found, excuse = [], ""
    for token in MarkdownIt("commonmark").parse((ROOT / page).read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            assert token.map
            line = token.map[0] + (2 if token.type == "fence" else 1)
            found.append(Block(page, line, token.info.strip(), token.content, excuse))
        if token.type == "html_block":
            match = _EXCUSE.fullmatch(token.content.strip())
            excuse = match[1] if match else ""
        elif token.block and token.nesting >= 0:
            excuse = ""
    return found


def inline_code(text: str) -> list[str]:
    """What stands between single backticks, in prose and in tables."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return [child.content for token in tokens for child in token.children or [] if child.type == "code_inline"]
