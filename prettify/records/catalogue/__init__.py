"""Formats of the catalogue: what says where the records of a file are, and what reads that."""
