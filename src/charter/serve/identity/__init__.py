"""Accounts that run: registering, signing in, sessions, factors and keys, one module a flow."""
