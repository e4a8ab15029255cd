"""How text looks: each dialect is a module that makes a program of a layout."""
