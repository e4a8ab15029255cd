"""Recordings of Linux's perf: what is in their headers, and their records through any form."""
