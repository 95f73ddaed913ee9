"""Database I/O: statements in, rows out. Knows drivers, and nothing of contracts."""
