"""Runs the command under test, whatever folder it is run in: `python tests/launch.py ARGUMENTS`.

`python -m prettify` would take a package in the current folder before the one that is tested.
"""

from __future__ import annotations

from prettify.cli import entry

if __name__ == "__main__":
    entry()
