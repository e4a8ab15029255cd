"""The compiled pieces: typed Python that Cython compiles, and that also runs as it is.

A module here has one source. Compiled, its annotations are C types; uncompiled, they are ignored,
and `cython` is the stand-in of `prettify.core.plain`.
"""
