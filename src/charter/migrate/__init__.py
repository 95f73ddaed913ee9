"""Migrations: from what a contract was to what it is, in steps that a running service survives."""
