"""The one way from a text to a terminal: no markup is read from it, and it is shown as `ganzoo.utils.text` has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ganzoo.utils.text import printable, shown


class PlainConsole(Console):
    """A console that takes every string as it is: brackets, emoji codes and escapes in it do nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def on_broken_pipe(self) -> None:
        # Not rich's, which exits: a training has more to do.
        raise BrokenPipeError

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(shown(text), **{**options, "markup": False, "emoji": False})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        # What was no string before: a title of a bar, a Text.
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text, kept="\n"))


def styled(text: str, style: str) -> Text:
    """A text in a color."""
    return Text(shown(text), style)
