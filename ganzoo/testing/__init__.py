"""The conformance kit: what every variant must pass, whoever wrote it.

In a plugin's tests:

    import pytest
    from ganzoo.testing import Case

    @pytest.mark.ganzoo_plugin("ganzoo_mygan")
    def test_conformance(conformance: Case) -> None:
        conformance.run()

and without pytest `ganzoo plugins check PACKAGE|PATH`, or `check_plugin` from Python. `CHECKS` are all checks.

Importing this package imports no torch: the public names are loaded on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganzoo.testing.cases import Case, cases_of
    from ganzoo.testing.checks import CHECKS, Check
    from ganzoo.testing.forms import Form, forms_of, sizes_of
    from ganzoo.testing.report import Report, Result, check_plugin
    from ganzoo.testing.verdicts import Nonconforming, Skipped

_HOMES = {
    "ganzoo.testing.cases": ("Case", "cases_of"),
    "ganzoo.testing.checks": ("CHECKS", "Check"),
    "ganzoo.testing.forms": ("Form", "forms_of", "sizes_of"),
    "ganzoo.testing.report": ("Report", "Result", "check_plugin"),
    "ganzoo.testing.verdicts": ("Nonconforming", "Skipped"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Form",
    "Nonconforming",
    "Report",
    "Result",
    "Skipped",
    "cases_of",
    "check_plugin",
    "forms_of",
    "sizes_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
