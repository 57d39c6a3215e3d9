"""Write constraints.txt with the sha256 of each distribution, for `pip install --require-hashes`.

    python scripts/hashes.py [--out requirements.txt] [NAME...]

Pip is asked what it would install here for each pin. Nothing is installed, and no index is named: pip's own settings
say which. A pin for which the index gives no hash is told and left out. The result holds for this platform and Python.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parents[1] / "constraints.txt"


def hashed(pin: str) -> str:
    """`name==1.0 --hash=sha256:...`; empty where there is none."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"]
    done = subprocess.run([*command, "--report", "-", pin], capture_output=True, text=True)
    if done.returncode:
        return ""
    (found,) = json.loads(done.stdout)["install"]
    digest = found["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
    return f"{pin} --hash=sha256:{digest}" if digest else ""


def main() -> None:
    """Write the file; the exit code is 1 where a hash is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("requirements.txt"))
    parser.add_argument("names", nargs="*", help="only these of constraints.txt")
    asked = parser.parse_args()
    pins = [line.strip() for line in PINS.read_text().splitlines() if "==" in line and not line.startswith("#")]
    pins = [pin for pin in pins if not asked.names or pin.partition("==")[0] in asked.names]
    lines = {pin: hashed(pin) for pin in pins}
    asked.out.write_text("".join(f"{line}\n" for line in lines.values() if line))
    without = [pin for pin, line in lines.items() if not line]
    print(f"{asked.out}: {len(pins) - len(without)} of {len(pins)} pins have a hash")
    if without:
        sys.exit(f"no hash: {', '.join(without)}")


if __name__ == "__main__":
    main()
