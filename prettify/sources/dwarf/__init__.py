"""DWARF, versions 2 to 5: the debug information that compilers write, as a lazy type graph."""
