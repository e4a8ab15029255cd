"""What is asked of records: which of them, which of their members, numbers of their header."""
