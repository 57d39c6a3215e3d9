"""docs/conformance.md against the kit."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from testing.test_pytest_plugin import THREE_LINES

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text()


@pytest.mark.slow
def test_the_table_is_as_generated():
    printed = subprocess.run([sys.executable, "-m", "ganzoo.testing"], capture_output=True, text=True, check=True)
    assert printed.stdout.count("\n") > 20
    assert printed.stdout in PAGE, "put what `python -m ganzoo.testing` prints into docs/conformance.md"


def test_the_three_lines_are_those_that_are_tested():
    (block,) = re.findall(r"```python\n(import pytest.*?)```", PAGE, re.DOTALL)
    assert block.split() == THREE_LINES.split()
