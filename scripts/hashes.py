"""Write hashes.txt: constraints.txt with the sha256 of each distribution, for `pip install --require-hashes`.

    python scripts/hashes.py [--again]

Pip is asked what it would install here for each pin that has no hash in the file yet (`--again`: for all). Nothing is
installed, and no index is named: pip's own settings say which. A pin for which the index gives no hash is told and left
out. The result holds for this platform and Python, as its first line says.

The hashes are in a file of their own: pip installs nothing by constraints with hashes, as it then wants one in every
requirement.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS, HASHES = ROOT / "constraints.txt", ROOT / "hashes.txt"


def pins() -> list[str]:
    """`name==1.0`, in order."""
    return [line.strip() for line in PINS.read_text().splitlines() if "==" in line and not line.startswith("#")]


def known() -> dict[str, str]:
    """Lines of the file, by pin."""
    lines = HASHES.read_text().splitlines() if HASHES.exists() else []
    return {line.partition(" --hash=")[0]: line for line in lines if " --hash=" in line}


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
    parser.add_argument("--again", action="store_true", help="ask for all, also for those that are there")
    there = {} if parser.parse_args().again else known()
    lines = {pin: there.get(pin) or hashed(pin) for pin in pins()}
    python = ".".join(platform.python_version_tuple()[:2])
    head = f"# By scripts/hashes.py, for {platform.system()} on {platform.machine()}, Python {python}"
    HASHES.write_text("\n".join([head, *filter(None, lines.values())]) + "\n")
    without = [pin for pin, line in lines.items() if not line]
    print(f"{HASHES.name}: {len(lines) - len(without)} of {len(lines)} pins have a hash")
    if without:
        sys.exit(f"no hash: {', '.join(without)}")


if __name__ == "__main__":
    main()
