"""HTML and SVG as nested calls: what is opened is closed, and all text that is not markup is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = frozenset({"meta", "link", "img"})
"""Elements of HTML that have no end tag."""


class Markup(str):
    """Text that is HTML already. Only this module makes it, save for the style sheet."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element.

    Args:
        name: Of the element.
        *children: Markup, or anything else, whose `str` is escaped; None is left out.
        **attributes: A trailing `_` is dropped and others become `-`: `class_`, `stroke_width`. None is left out.
    """
    pairs = (
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    start = f"<{name}{''.join(pairs)}>"
    return Markup(start if name in VOID else f"{start}{join(children)}</{name}>")


def join(children: Iterable[object]) -> Markup:
    """Children of no element of their own."""
    return Markup("".join(text(child) for child in children if child is not None))


def text(value: object) -> Markup:
    """A value as text; Markup stays what it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Markup:
    """A table that scrolls by itself where it is too wide; the first cell of a row names it."""
    columns = tag("tr", *(tag("th", cell, scope="col") for cell in head))
    body = []
    for row in rows:
        name, *cells = row
        body.append(tag("tr", tag("th", name, scope="row"), *(tag("td", cell) for cell in cells)))
    # A region that scrolls must be reachable by keyboard.
    return tag("div", tag("table", tag("thead", columns), tag("tbody", *body)), class_="scroll", tabindex=0)


def definitions(pairs: Iterable[tuple[object, object]]) -> Markup:
    """Names and values as a list."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs))
