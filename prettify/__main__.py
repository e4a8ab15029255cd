"""`python -m prettify`."""

from __future__ import annotations

import sys

from prettify.cli import main

if __name__ == "__main__":
    sys.exit(main())
