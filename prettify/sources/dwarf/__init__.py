"""DWARF, versions 2 to 5: what compilers write for debuggers, as a lazy type graph."""
