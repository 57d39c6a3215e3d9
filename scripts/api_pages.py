"""Write signatures and docstrings into the pages of docs/api: `python scripts/api_pages.py [FOLDER]`.

A page has its outline: headings, sentences, and for each public name a comment `<!-- api: ganzoo.train -->`. What
follows a comment, up to the next one or the next heading of level two, is written by this script from the source, and
so the reference can be read in a clone as on the built site.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "api"
WIDTH = 100
MARK = re.compile(r"<!-- api: (\S+)( inherited)? -->\n")
TITLES = {
    "parameters": "Args",
    "attributes": "Attributes",
    "raises": "Raises",
    "returns": "Returns",
    "yields": "Yields",
}


def source() -> griffe.ModulesCollection:
    """The package as it is written, without running it."""
    loader = griffe.GriffeLoader(search_paths=[ROOT], docstring_parser=griffe.Parser.google)
    loader.load("ganzoo")
    loader.resolve_aliases()
    return loader.modules_collection


def filled(page: str, modules: griffe.ModulesCollection) -> str:
    """A page with what stands behind each of its comments made new."""
    first, *rest = re.split(r"(?m)^(?=<!-- api: |## )", page)
    parts = [first.rstrip("\n")]
    for part in rest:
        found = MARK.match(part)
        parts.append(f"{found[0]}\n{entry(modules[found[1]], found[1], bool(found[2]))}" if found else part.strip("\n"))
    return "\n\n".join(part for part in parts if part) + "\n"


def entry(thing: Any, name: str, inherited: bool) -> str:
    """A name with its anchor, signature, docstring, and what a class has: fields and properties, then methods."""
    short = name.rpartition(".")[2]
    # Public names are aliases of where they are written, and members of an alias are aliases too.
    thing = thing.final_target if thing.is_alias else thing
    parts = [f'<a id="{name}"></a>\n\n### {short}', *described(thing, short)]
    if thing.is_class:
        members = list(told(thing, inherited))
        fields = [f"- `{label}: {one.annotation}`: {summary(one)}" for label, one in members if one.is_attribute]
        parts += ["Attributes:\n\n" + "\n".join(fields)] if fields else []
        for label, member in members:
            if not member.is_attribute:
                parts += [f"#### {short}.{label}", *described(member, label)]
    return "\n\n".join(parts)


def told(thing: Any, inherited: bool) -> Iterator[tuple[str, Any]]:
    """Public members that have a docstring; what a dataclass is made of stands under its Args."""
    fields = {parameter.name for parameter in thing.parameters}
    for label, member in (thing.all_members if inherited else thing.members).items():
        own = inherited or not member.is_alias
        if own and not label.startswith("_") and label not in fields and member.docstring is not None:
            yield label, member


def summary(member: Any) -> str:
    """A docstring on one line."""
    return " ".join(" ".join(sections(member.docstring.parsed)).split())


def described(thing: Any, short: str) -> Iterator[str]:
    """Signature and docstring."""
    if thing.is_attribute:
        yield fenced(f"{short} = {thing.value}")
    elif thing.is_function:
        yield fenced(signature(short, thing.parameters, f" -> {thing.returns}" if thing.returns else ""))
    elif thing.is_class:
        # An error takes a message, whatever it is called.
        called = any(parameter.name not in ("self", "arguments") for parameter in thing.parameters)
        bases = ", ".join(map(str, thing.bases))
        made = signature(short, thing.parameters, "") if called else short + f"({bases})" * bool(bases)
        yield fenced(f"class {made}")
    if thing.docstring is not None:
        yield from sections(thing.docstring.parsed)


def signature(name: str, parameters: Iterable[Any], returns: str) -> str:
    """As it is written, a line a parameter where it is long."""
    words: list[str] = []
    starred = False
    for parameter in parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not starred:
            words.append("*")
            starred = True
        starred |= parameter.kind is griffe.ParameterKind.var_positional
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
        word = stars.get(parameter.kind, "") + parameter.name
        if parameter.annotation is not None:
            word += f": {parameter.annotation}"
        if parameter.default is not None and not stars.get(parameter.kind):
            word += f" = {parameter.default}" if parameter.annotation is not None else f"={parameter.default}"
        words.append(word)
    line = f"{name}({', '.join(words)}){returns}"
    if len(line) <= WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){returns}"


def fenced(text: str) -> str:
    """Text that is no command and is not run."""
    return f"```text\n{text}\n```"


def sections(parsed: Iterable[Any]) -> Iterator[str]:
    """A docstring as Markdown: its text, and lists of arguments, results and errors."""
    for section in parsed:
        if section.kind is griffe.DocstringSectionKind.text:
            # Indented lines, as in a list of another method's arguments, would be code.
            yield re.sub(r"(?m)^ {4}(?=\S)", "- ", section.value.strip())
            continue
        kind = section.kind.value
        if kind not in TITLES:
            raise SystemExit(f"{kind}: a kind of section that api_pages.py does not know")
        described = [" ".join(item.description.split()) for item in section.value]
        if kind in ("returns", "yields"):
            yield f"{TITLES[kind]}: {' '.join(described)}"
        else:
            names = [str(item.annotation if kind == "raises" else item.name) for item in section.value]
            lines = [f"- `{name}`: {text}" for name, text in zip(names, described, strict=True)]
            yield f"{TITLES[kind]}:\n\n" + "\n".join(lines)


def main(folder: Path = PAGES) -> None:
    """Fill the pages, into their own place or another folder."""
    modules = source()
    for path in sorted(PAGES.glob("*.md")):
        (folder / path.name).write_text(filled(path.read_text(encoding="utf-8"), modules), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
