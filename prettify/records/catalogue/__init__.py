"""Formats of the catalogue: where the records of a kind of file are, as data, and what reads that."""
