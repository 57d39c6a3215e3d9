"""Checks that every variant must pass, whoever wrote it.

`forms_of(variant)` gives the forms in which it is offered, and each function in `ganzoo.testing.checks` and
`ganzoo.testing.runs` takes one of them: it raises `Nonconforming`, which says what was seen and how to mend it.
"""

from __future__ import annotations

from ganzoo.testing.forms import Form, forms_of, sizes_of

__all__ = ["Form", "forms_of", "sizes_of"]
