"""The conformance kit for pytest: the marker `ganzoo_plugin` and the fixture `conformance`.

Loaded wherever torch-ganzoo is installed, so nothing large is imported before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ganzoo.testing.cases import Case

FIXTURE = "conformance"
MARKER = "ganzoo_plugin"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, so that `--strict-markers` passes."""
    config.addinivalue_line("markers", f"{MARKER}(*packages): plugins whose conformance is checked, by import package")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each check and each form of the plugins in the marker."""
    if FIXTURE not in metafunc.fixturenames:
        return
    packages = [str(name) for mark in metafunc.definition.iter_markers(MARKER) for name in mark.args]
    if not packages:
        pytest.fail(f'no plugin is named: write @pytest.mark.{MARKER}("ganzoo_mygan") above the test', pytrace=False)
    from ganzoo.errors import GanzooError
    from ganzoo.testing.cases import cases_of

    refused = ""
    try:
        cases = [case for package in packages for case in cases_of(package)]
    except GanzooError as error:
        refused = str(error)
    # Not above, where pytest would show the error that was handled too.
    if refused:
        pytest.fail(refused, pytrace=False)
    metafunc.parametrize(FIXTURE, cases, indirect=True, ids=[case.id for case in cases])


@pytest.fixture
def conformance(request: pytest.FixtureRequest) -> Iterator[Case]:
    """One case of the kit: `conformance.run()`. Torch has one thread meanwhile, as bits depend on their number."""
    case: Case = request.param
    if case.check.level != "form":
        yield case
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield case
    torch.set_num_threads(before)
