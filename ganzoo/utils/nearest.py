"""The name that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def did_you_mean(
    name: str, known: Iterable[str], otherwise: str = "", *, most: int = 1, spelled: Mapping[str, str] | None = None
) -> str:
    """A question for a message, or `otherwise` where no known name is near.

    Args:
        name: What was typed.
        known: Names that there are.
        otherwise: What the message says in its place.
        most: How many names it may offer.
        spelled: How the message writes a known name, where that differs.
    """
    # Not at the top: only messages need it.
    import difflib

    near = [(spelled or {}).get(one, one) for one in difflib.get_close_matches(name, list(known), n=most)]
    return f"did you mean {' or '.join(near)}?" if near else otherwise
