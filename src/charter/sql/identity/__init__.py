"""The tables of accounts and sessions, and the statements over them."""
