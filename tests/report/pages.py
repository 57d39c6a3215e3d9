"""What the tests see in a page."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "img"}


class Outline(HTMLParser):
    """Tags, attributes and text; a tag that is not closed, or closed out of order, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def assert_safe(self) -> None:
        """Runs nothing and asks the network for nothing."""
        for tag, attributes in self.tags:
            assert tag not in ("script", "iframe", "object", "embed", "base", "form")
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                if name in ("src", "href", "srcset", "xlink:href", "action", "poster"):
                    assert value is not None
                    assert value.startswith(("data:", "#")), (tag, name, value[:80])
