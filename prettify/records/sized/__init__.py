"""Records that say themselves how long they are, and of which type: read, gathered, put out."""
