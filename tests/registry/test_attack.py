"""The short form of `tests/attack.py`: a few tries of each attack."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_few_tries_of_each():
    script = Path(__file__).parents[1] / "attack.py"
    done = subprocess.run([sys.executable, script, "--tries", "24", "--minutes", "3"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    last = done.stdout.splitlines()[-1]
    assert last.startswith("24 tries, ")
    assert last.endswith(", 0 wrong")
    # Each attack did something: none of its tries all came through.
    assert not re.search(r"\w 0[,)]", last)
