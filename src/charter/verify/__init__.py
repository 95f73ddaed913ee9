"""Verification: what a contract promises, held against a database that is filled for it."""
