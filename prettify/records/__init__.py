"""Where records' bytes come from, and where each ends."""
