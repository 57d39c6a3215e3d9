"""`python -m ganzoo` is `ganzoo`."""

from __future__ import annotations

from ganzoo.cli.app import main

if __name__ == "__main__":
    main()
