"""`python -m prettify`."""

from __future__ import annotations

from prettify.cli import entry

if __name__ == "__main__":
    entry()
