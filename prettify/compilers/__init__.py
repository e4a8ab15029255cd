"""What a layout is compiled to for Python: a construct parser and a numpy dtype."""
