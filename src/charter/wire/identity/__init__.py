"""Accounts and sessions over HTTP: reading, writing, describing."""
