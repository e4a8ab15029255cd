"""`dwarf_job.py FILE CACHE [NAME]`: find one name in the DWARF of a file, or index them all.

CACHE is the folder for indices; empty: there is none.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """What is measured: the library alone."""
    path, cache, *names = sys.argv[1:]
    os.environ["XDG_CACHE_HOME"] = cache
    if not cache:
        os.environ["HOME"] = "/"  # no place for a cache
    from prettify.sources.dwarf.image import open_image
    from prettify.sources.dwarf.lookup import Lookup
    from prettify.sources.dwarf.sections import Sections
    from prettify.sources.dwarf.units import read_units

    image = open_image(path)
    assert image is not None
    sections = Sections(image)
    lookup = Lookup(sections, read_units(sections))
    if names:
        lookup.find(names[0])
    else:
        lookup.index()


if __name__ == "__main__":
    main()
