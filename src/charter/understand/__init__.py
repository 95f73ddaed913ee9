"""Understanding what exists: a live database is read, and a contract for it is drafted."""
