"""CTF, the Compact C Type Format, as a type graph: `graph.Ctf` is all that others need.

forms        what the versions of the format look like, as data
archive      several dictionaries in one file
dictionary   one dictionary: its header, compressed or not, and its sections
kinds        one type's record -> a type of the model
repairs      what compilers are known to write wrongly
graph        all dictionaries of a source as one type graph
"""
