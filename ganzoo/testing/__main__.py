"""`python -m ganzoo.testing` prints the table of all checks, as docs/conformance.md has it."""

from __future__ import annotations

from ganzoo.testing.checks.table import CHECKS


def table() -> str:
    """All checks as a table in Markdown."""
    of = {
        "plugin": "the plugin", "variant": "each variant", "all": "each form", "networks": "each set of networks",
        "structures": "each set of networks, numbers apart",
        "plain": "each plain form", "kinds": "a plain form of each kind", "sizes": "each size",
    }  # fmt: skip
    rows = [
        f"| `{check.name}` | {of[check.forms if check.level == 'form' else check.level]} | {check.why} |"
        for check in CHECKS
    ]
    return "\n".join(["| check | is asked of | why it matters |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    print(table())
