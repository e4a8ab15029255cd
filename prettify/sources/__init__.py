"""Where type information comes from: files of each format, and the order they are searched in."""
