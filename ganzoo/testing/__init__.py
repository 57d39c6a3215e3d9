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

from typing import TYPE_CHECKING

from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.testing.cases import Case, cases_of
    from ganzoo.testing.checks.table import CHECKS, Check
    from ganzoo.testing.diagnosis import Diagnosis, diagnose
    from ganzoo.testing.forms import Form, forms_of, sizes_of
    from ganzoo.testing.outcome import Nonconforming, Skipped
    from ganzoo.testing.report import Report, Result, check_plugin


__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Diagnosis",
    "Form",
    "Nonconforming",
    "Report",
    "Result",
    "Skipped",
    "cases_of",
    "check_plugin",
    "diagnose",
    "forms_of",
    "sizes_of",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.testing.cases": (
            "Case",
            "cases_of",
        ),
        "ganzoo.testing.checks.table": (
            "CHECKS",
            "Check",
        ),
        "ganzoo.testing.diagnosis": (
            "Diagnosis",
            "diagnose",
        ),
        "ganzoo.testing.forms": (
            "Form",
            "forms_of",
            "sizes_of",
        ),
        "ganzoo.testing.outcome": (
            "Nonconforming",
            "Skipped",
        ),
        "ganzoo.testing.report": (
            "Report",
            "Result",
            "check_plugin",
        ),
    },
)
