"""The process in which `check_plugin` runs the kit: `python -m ganzoo.testing.process NAME CHECK...`.

It says on stdout, in a line of JSON each, how many cases there are, which begins, and what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO

from ganzoo.testing.cases import Case, cases_of
from ganzoo.testing.outcome import Nonconforming, Skipped


def outcome(case: Case) -> dict[str, Any]:
    """Run a case; the fields of a `Result`."""
    status, seen, start = "passed", "", time.perf_counter()
    try:
        case.run()
    except Nonconforming as error:
        status, seen = "failed", str(error)
    except Skipped as reason:
        status, seen = "skipped", str(reason)
    seconds = time.perf_counter() - start
    return {
        "check": case.check.name, "subject": case.subject.name, "status": status, "seen": seen, "seconds": seconds,
    }  # fmt: skip


def main() -> None:
    """Run the cases, with what plugins print kept away from stdout."""
    name, *checks = sys.argv[1:]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        cases = cases_of(name, checks)
        _say(out, {"total": len(cases)})
        for case in cases:
            _say(out, {"check": case.check.name, "subject": case.subject.name})
            _say(out, outcome(case))
    # Threads that a plugin may have started keep nothing waiting.
    sys.stdout.flush()
    os._exit(0)


def _say(out: TextIO, values: dict[str, Any]) -> None:
    out.write(json.dumps(values) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
